"""Recipes: how a network is trained, as data (`recipe`), and in numpy (`reference`)."""
