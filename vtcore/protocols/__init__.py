"""Protocols: which targets a tracker is shown, when, and what counts as its results."""
