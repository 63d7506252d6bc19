"""Functions that turn the elements along an axis into shares of a whole."""
