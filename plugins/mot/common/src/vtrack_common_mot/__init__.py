"""What trackers of boxes share: Kalman filters, overlap, assignment and tracks as arrays."""
