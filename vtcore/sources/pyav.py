"""Opening with PyAV, the same in every version that is supported."""

from __future__ import annotations

from typing import Any

__all__ = ["open_pyav"]


def open_pyav(address: str, **options: Any) -> Any:
    """Open a file or stream for reading; titles and comments that are no UTF-8 must not stop anyone.

    Args:
        address: Path or URL.
        options: As for ``av.open``.
    """
    import av

    # PyAV 19 replaces what it cannot decode without being told, and no longer knows the argument.
    if int(av.__version__.partition(".")[0]) < 19:
        options["metadata_errors"] = "replace"
    return av.open(address, **options)
