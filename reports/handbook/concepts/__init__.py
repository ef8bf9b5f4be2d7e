"""Concepts, each with snippets that ran in five frameworks."""
