"""Smooth relatives of ReLU, and their inverses."""
