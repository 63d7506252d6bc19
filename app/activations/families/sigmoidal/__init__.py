"""Functions that run from one level to another, and their inverses."""
