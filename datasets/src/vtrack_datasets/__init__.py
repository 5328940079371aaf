"""Readers of public data sets, and a synthetic one that needs no download."""

__version__ = "0.1.0"
