"""Detections and embeddings that are computed once and replayed by any run.

An entry holds what a detector returned for the frames of one sequence. It is found by what it was computed from: the
transforms' and the detector's options and code, the files that they name, the run options that change detections, and
the data itself (see `vtcore.detection_cache.identity`). Names load on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtcore.detection_cache.cache import CacheEntry as CacheEntry
    from vtcore.detection_cache.cache import DetectionCache as DetectionCache
    from vtcore.detection_cache.once import DetectOnce as DetectOnce
    from vtcore.detection_cache.once import detect_once as detect_once
    from vtcore.detection_cache.run_cache import RunCache as RunCache
    from vtcore.detection_cache.stored import StoredDetections as StoredDetections

_HOMES = {
    "CacheEntry": "cache",
    "DetectOnce": "once",
    "DetectionCache": "cache",
    "RunCache": "run_cache",
    "StoredDetections": "stored",
    "detect_once": "once",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    """Import a public name from its home on first use."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'vtcore.detection_cache' has no attribute {name!r}")
    value = getattr(import_module(f"vtcore.detection_cache.{home}"), name)
    globals()[name] = value
    return value
