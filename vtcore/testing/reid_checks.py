"""What a re-identification must answer."""

from __future__ import annotations

import numpy as np

from vtcore.testing.comparisons import difference, plain_copy
from vtcore.testing.definitions import define
from vtcore.testing.drivers import driver_of
from vtcore.testing.failures import CheckFailure, NotChecked, expect
from vtcore.testing.scenes import Scene
from vtcore.testing.subjects import Subject

__all__ = ["embed_each_same", "embeddings_typed", "odd_crops"]


@define("reid")
def embeddings_typed(subject: Subject) -> None:
    """Every box has a finite embedding, all of one length, also where a frame has no boxes."""
    scene = driver_of(subject).scene(subject)
    reid = subject.make()
    boxes = [found.boxes for found in scene.detections]
    sizes = set()
    for number, (found, given) in enumerate(zip(reid.embed(scene.frames, boxes), boxes, strict=True)):
        expect(
            isinstance(found, np.ndarray) and found.dtype == np.float32 and found.ndim == 2,
            f"the answer to frame {number} is {_told(found)}; answer float32 (n, D) for each frame",
        )
        expect(len(found) == len(given), f"frame {number} has {len(given)} boxes, but {len(found)} embeddings")
        expect(
            np.isfinite(found).all(), f"an embedding of frame {number} is not finite; mind a division by a norm of 0"
        )
        sizes.add(found.shape[1])
    expect(
        len(sizes) == 1,
        f"embeddings have lengths {sorted(sizes)}; D is the same for all frames: np.zeros((0, D)) for none",
    )


@define("reid")
def odd_crops(subject: Subject) -> None:
    """Boxes without an area and beyond the picture are described too."""
    scene = Scene.made(0, 1)
    boxes = np.array(
        [[20, 20, 20, 60], [-90, -90, -20, -20], [180, 150, 400, 500], [30.4, 30.6, 30.5, 30.7]], np.float32
    )
    reid = subject.make()
    try:
        (found,) = reid.embed(scene.frames, [boxes])
    except Exception as error:
        raise CheckFailure(
            f"it fails on boxes of no area or beyond the picture: {type(error).__name__}: {error}; clip them, and "
            "describe at least one pixel"
        ) from error
    right = np.shape(found) == (4, np.shape(found)[-1]) and np.isfinite(found).all()
    expect(right, f"of 4 boxes of no area or beyond the picture it answers {_told(found)}; answer 4 finite rows")
    alone = [plain_copy(reid.embed(scene.frames, [boxes[[row]]])[0])[0] for row in range(4)]
    told = difference(list(plain_copy(found)), alone, tolerance=1e-3, place="box")
    expect(not told, f"what it says of a box changes with the boxes beside it ({told}); describe each by itself")


@define("reid")
def embed_each_same(subject: Subject) -> None:
    """Where there is an `embed_each`, it answers as `embed` does."""
    reid = subject.make()
    if not hasattr(reid, "embed_each"):
        raise NotChecked("it has no embed_each, so batches come one after the other")
    scene = Scene.made(0, 4)
    boxes = [found.boxes for found in scene.detections]
    batches = [(scene.frames[part], boxes[part]) for part in (slice(0, 2), slice(2, 3), slice(3, 4))]
    plain = [plain_copy(list(reid.embed(*batch))) for batch in batches]
    each = [plain_copy(list(found)) for found in reid.embed_each(iter(batches))]
    told = difference(plain, each, tolerance=1e-4, place="batch")
    expect(not told, f"embed_each answers otherwise than embed ({told}); yield what embed returns, in the same order")


def _told(found: object) -> str:
    return f"{found.dtype} {found.shape}" if isinstance(found, np.ndarray) else type(found).__name__
