"""The commands and the API, the dialects, the workers, the ladder."""

from common import signals as signals  # before all else
