"""Bytes to arrays and back: one module a format, each with MEDIA_TYPE, decode and encode.

Knows no activation function and no web framework.
"""
