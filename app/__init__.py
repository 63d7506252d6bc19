"""The reference for neural-network activation functions: exact values and derivatives over HTTP."""

__version__ = "0.1.0"
