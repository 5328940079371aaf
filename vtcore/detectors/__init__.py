"""The core's own detectors: `given`, detections that come with the data or from a file, and `function`."""
