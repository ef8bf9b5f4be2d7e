"""What readers open: pages and plots, rendered from records alone."""

from common import signals as signals  # before all else
