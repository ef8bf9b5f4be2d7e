"""From Fluid 1.8 on: the official table to Paddle 2, checked, and what a reader's file calls."""
