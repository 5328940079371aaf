"""Compiled inner loops of vtcore's box trackers.

Nothing here is called by users: `vtrack_common_mot` takes these functions in place of its numpy code where this package
is installed and was compiled. The results are the same to the last digit.

All arrays are float64 unless told otherwise; results are written into the last argument (`add_weighted`: the first).
``second``, ``centres``, ``weights``, ``overlap``, the variances and all results are contiguous along their last axis.
Wrong shapes and layouts raise ValueError, wrong types TypeError.

- ``overlaps(first, second, out)``: edges ``(6 or more, n)`` and ``(6 or more, m)``, overlaps ``(n, m)``.
- ``direction_cosines(origins, directions, centres, out)``: ``(2, n)``, ``(2, n)``, ``(2, m)``, cosines ``(n, m)``.
- ``add_weighted(gain, weights, overlap)``: ``gain * weights + overlap`` of ``(n, m)``, ``(m,)``, ``(n, m)``, in place.
- ``walk(states, before, after, gaps, steps, process, noise, out)``: states ``(23, n)``, edges ``(4 or more, n)`` before
  and after, int64 ``(n,)`` gaps and steps, variances ``(8,)`` and ``(4,)``, states ``(23, n)`` after the way.
"""

from __future__ import annotations

try:
    from vtrack_native_mot._loops import add_weighted, direction_cosines, overlaps, walk
except ImportError as error:
    raise ImportError(
        "vtrack-native-mot was installed without its compiled module, so the trackers go on with numpy; where there is "
        "a C compiler: pip install --force-reinstall --no-cache-dir --no-binary vtrack-native-mot vtrack-native-mot"
    ) from error

__all__ = ["add_weighted", "direction_cosines", "overlaps", "walk"]
