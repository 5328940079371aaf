from __future__ import annotations

import numpy as np
import pytest

from vtcore.frames import Frame
from vtrack_plugin_classic.clahe import Clahe


def dim() -> Frame:
    random = np.random.default_rng(0)
    return Frame(4, random.integers(10, 40, (120, 160, 3)).astype(np.uint8), time=0.5)


def test_returns_a_new_frame_with_more_contrast() -> None:
    frame = dim()
    assert frame.image is not None
    before = frame.image.copy()
    changed = Clahe()(frame)
    assert changed is not frame
    assert changed.image is not None
    assert (changed.index, changed.time, changed.sequence) == (4, 0.5, None)
    assert changed.image.shape == frame.image.shape
    assert changed.image.dtype == np.uint8
    assert changed.image.mean(axis=2).std() > 1.3 * before.mean(axis=2).std()
    assert np.array_equal(frame.image, before)


def test_more_clip_limit_gives_more_contrast() -> None:
    images = [Clahe(clip_limit=limit)(dim()).image for limit in (1.0, 8.0)]
    assert images[0] is not None
    assert images[1] is not None
    assert images[1].std() > images[0].std()


def test_grey_stays_grey() -> None:
    grey = np.repeat(np.random.default_rng(1).integers(0, 255, (64, 64, 1)), 3, axis=2).astype(np.uint8)
    changed = Clahe()(Frame(0, grey)).image
    assert changed is not None
    assert np.ptp(changed.astype(int), axis=2).max() <= 2


def test_a_frame_without_image_is_refused() -> None:
    with pytest.raises(ValueError, match=r"<Frame 0> has no image; the transform needs one"):
        Clahe()(Frame(0))


@pytest.mark.parametrize(
    ("options", "message"), [({"clip_limit": 0.0}, "clip_limit: must be > 0"), ({"tiles": 0}, "tiles: must be >= 1")]
)
def test_options_out_of_bounds_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        Clahe(**options)
