"""Trackers that match by appearance first: what DeepSORT and StrongSORT share."""
