"""What single-object trackers share; it offers no component of its own."""
