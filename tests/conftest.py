"""For every test of the core."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

# The FFmpeg inside OpenCV reads its log level once, at the first video that any test opens.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")


@pytest.fixture(autouse=True, scope="session")
def no_cache_of_its_user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test replays, fills or empties the cache of whoever runs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VTCORE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield
