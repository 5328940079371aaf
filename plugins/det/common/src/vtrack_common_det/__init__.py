"""What detectors share: options, batches of frames, letterbox and resizing, class names and filters, NMS."""
