"""A plugin as it was written for vtcore 0.1."""
