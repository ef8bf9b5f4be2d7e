"""Training in several panels: what goes on from what, what is kept, recorded and shown."""
