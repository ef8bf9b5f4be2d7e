"""The specification of a network, and what needs no framework."""

from common import signals as signals  # before all else
