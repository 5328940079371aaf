"""Embeddings put into detections, of those rows that a tracker looks at."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from collections.abc import Sequence as Seq
from contextlib import closing
from typing import Any

import attrs
import numpy as np

from vtcore.errors import PluginError
from vtcore.frames import Frame
from vtcore.instances import BoolArray, Float32Array, Instances
from vtcore.interfaces import ReId
from vtcore.runs.asking import asked

__all__ = ["Looks", "each_described", "embedded"]


def embedded(
    reid: ReId, frames: Seq[Frame], found: Seq[Instances], wants: Callable[[Instances], BoolArray] | None = None
) -> list[Instances]:
    """Return detections with embeddings, whatever they had before; the given ones stay as they are.

    Args:
        reid: Computes the embeddings.
        frames: Frames with images.
        found: The detections of each.
        wants: Tells for which rows, bool ``(N,)``, embeddings are looked at; the others are zeros. None wants all.

    Raises:
        PluginError: `reid` or `wants` returned something else than what their interfaces ask for.
    """
    looks = Looks.of(frames, found, wants)
    return looks.described(reid, reid.embed(looks.frames, looks.boxes))


def each_described(
    reid: ReId, looks: Iterator[Looks], spent: Callable[[float], None], *, several: bool
) -> Generator[tuple[list[Frame], list[Instances]], None, None]:
    """Yield frames and their detections with embeddings.

    Args:
        reid: Computes the embeddings.
        looks: What it is asked about.
        spent: Told the seconds it took each time, without those in which the next was waited for.
        several: Whether it may be asked about several at once, where it can.

    Raises:
        PluginError: It answered something else than what its interface asks for.
    """
    embed_each: Any = getattr(reid, "embed_each", None) if several else None

    def one(asking: Looks) -> Seq[Float32Array]:
        return reid.embed(asking.frames, asking.boxes)

    def each(asking: Iterable[Looks]) -> Iterator[Seq[Float32Array]]:
        yield from embed_each((some.frames, some.boxes) for some in asking)

    name = f"{_name(reid)}.embed_each"
    with closing(asked(one, None if embed_each is None else each, looks, spent, name=name)) as answers:
        for asking, embeddings in answers:
            yield asking.frames, asking.described(reid, embeddings)


@attrs.frozen(eq=False)
class Looks:
    """What a re-identification is asked about.

    Attributes:
        frames: Frames with images.
        found: The detections of each.
        boxes: For each frame those to describe, float32 ``(n, 4)``.
    """

    frames: list[Frame]
    found: list[Instances]
    boxes: list[Float32Array]
    _masks: list[BoolArray | None]

    @classmethod
    def of(
        cls, frames: Seq[Frame], found: Seq[Instances], wants: Callable[[Instances], BoolArray] | None = None
    ) -> Looks:
        """Ask about detections, as `embedded` takes them."""
        masks = [None if wants is None else _mask(wants, each) for each in found]
        boxes = [each.boxes if mask is None else each.boxes[mask] for each, mask in zip(found, masks, strict=True)]
        return cls(list(frames), list(found), boxes, masks)

    def described(self, reid: ReId, answer: Seq[Float32Array]) -> list[Instances]:
        """Return the detections with the embeddings that `reid` answered.

        Raises:
            PluginError: It answered something else than what its interface asks for.
        """
        if len(answer) != len(self.found):
            raise PluginError(f"{_name(reid)} returned embeddings of {len(answer)} frames, not of {len(self.found)}")
        return [
            _with(each, _spread(_checked(reid, embeddings, len(rows)), mask))
            for each, rows, mask, embeddings in zip(self.found, self.boxes, self._masks, answer, strict=True)
        ]


def _mask(wants: Callable[[Instances], BoolArray], detections: Instances) -> BoolArray | None:
    """Return which rows are wanted, None for all."""
    mask = np.asarray(wants(detections))
    if mask.dtype != np.bool_ or mask.shape != (len(detections),):
        raise PluginError(
            f"wants_embeddings of {_name(getattr(wants, '__self__', wants))} must return bool ({len(detections)},), "
            f"got {mask.dtype} {mask.shape}"
        )
    return None if mask.all() else mask


def _checked(reid: ReId, embeddings: Float32Array, count: int) -> Float32Array:
    array = np.asarray(embeddings)
    if array.ndim != 2 or len(array) != count or array.dtype != np.float32:
        raise PluginError(
            f"{_name(reid)} must return float32 ({count}, D) for {count} boxes, got {array.dtype} {array.shape}"
        )
    if not np.isfinite(array).all():
        raise PluginError(
            f'{_name(reid)} returned embeddings that are not finite; with run.dtype = "float16", try "bfloat16"'
        )
    return array


def _spread(embeddings: Float32Array, mask: BoolArray | None) -> Float32Array:
    if mask is None:
        return embeddings
    spread = np.zeros((len(mask), embeddings.shape[1]), np.float32)
    spread[mask] = embeddings
    return spread


def _with(instances: Instances, embeddings: Float32Array) -> Instances:
    made = Instances.trusted(
        instances.boxes,
        instances.scores,
        instances.labels,
        instances.ids,
        instances.detection_index,
        instances.masks,
        embeddings,
    )
    made.frame = instances.frame
    return made


def _name(thing: object) -> str:
    return thing.__name__ if callable(thing) and hasattr(thing, "__name__") else type(thing).__name__
