"""Detectors that need no download, and a transform, on what OpenCV brings."""

__version__ = "0.1.0"
