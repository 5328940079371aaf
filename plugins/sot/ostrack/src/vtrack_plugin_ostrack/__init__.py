"""The single-object tracker OSTrack for vtcore."""
