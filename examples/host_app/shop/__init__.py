"""A small shop whose orders bring tasks for its warehouse, in the transactions that place them."""
