"""The core's own detector, `given`: detections that come with the data or from a file."""
