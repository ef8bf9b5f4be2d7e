"""The proof, negative controls, searches; the packages of tests mirror the rooms."""

from common import signals as signals  # before all else
