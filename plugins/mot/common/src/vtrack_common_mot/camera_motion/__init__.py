"""How a camera moves from one frame to the next, found in different ways; components of the kind ``camera-motion``."""
