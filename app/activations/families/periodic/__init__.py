"""Functions that oscillate."""
