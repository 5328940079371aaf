"""For every test of the core."""

from __future__ import annotations

import os

# The FFmpeg inside OpenCV reads its log level once, at the first video that any test opens.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
