"""Machinery of trackers that trust what was observed of a track more than what a filter made of it (OC-SORT)."""
