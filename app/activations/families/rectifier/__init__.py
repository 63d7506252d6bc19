"""Piecewise functions with a corner: ReLU and its relatives."""
