"""What readers open: pages and plots, rendered from records alone."""
