"""Detectors whose feature maps a tracker looks at: what it asks of them, and which of their classes it keeps."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as Seq
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from vtcore.errors import OptionError
from vtcore.instances import BoolArray, Float32Array, Int64Array
from vtcore.suggestions import did_you_mean_or_list

if TYPE_CHECKING:
    from vtcore.frames import Image

__all__ = ["FeatureDetector", "KeptClasses", "require_feature_detector", "runs_of_one_size"]


@runtime_checkable
class FeatureDetector(Protocol):
    """A two-stage detector that hands out what lies between its stages, such as ``faster-rcnn``.

    What `extract` returns has ``features``, maps ``(N, C, h, w)``, finest first; ``sizes``, int64 ``(N, 2)``, height
    and width of each scaled picture; ``factors``, float32 ``(N, 4)``, what ``x1, y1, x2, y2`` in the original were
    multiplied with; and ``images``, the scaled and normalised pictures. All are tensors on the detector's device.

    Attributes:
        network: The network, a `vtrack_nets.faster_rcnn.FasterRcnn`.
    """

    network: Any

    @property
    def classes(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def batch_size(self) -> int: ...  # noqa: D102

    def extract(self, images: Seq[Image]) -> Any:
        """Return pictures of one size, uint8 ``(height, width, 3)``, and their feature maps."""

    def detect_in(self, extracted: Any) -> Seq[Any]:
        """Return boxes ``(n, 4)`` in original pixels, scores and the network's labels, for each picture."""

    def regress(self, extracted: Any, boxes: Seq[Float32Array]) -> Seq[tuple[Float32Array, Float32Array]]:
        """Return better boxes ``(n, C, 4)`` for given ones ``(n, 4)``, and scores ``(n, C)``, for each picture."""


def require_feature_detector(detector: Any) -> FeatureDetector:
    """Return a detector that hands out its feature maps and all of its classes.

    Raises:
        OptionError: It is another one, or leaves out some of its network's classes.
    """
    if not isinstance(detector, FeatureDetector):
        raise OptionError(
            "detector: must be one that hands out its feature maps, such as faster-rcnn (FasterRcnnDetector), "
            f"got {type(detector).__name__}"
        )
    count = detector.network.roi_head.bbox_head.num_classes
    if len(detector.classes) != count:
        raise OptionError(
            f"detector: finds {len(detector.classes)} of its network's {count} classes; leave classes out there, and "
            "name them in the table around it"
        )
    return detector


class KeptClasses:
    """Knows which of a network's classes are kept, and numbers them anew.

    Attributes:
        names: Those that are kept, in the network's order.
    """

    def __init__(self, known: Seq[str], wanted: Seq[str] = ()) -> None:
        """Look the names up.

        Args:
            known: All classes of the network, in its order.
            wanted: Names of those to keep; empty for all.

        Raises:
            OptionError: The network has no class of a name.
        """
        for name in wanted:
            if name not in known:
                raise OptionError(f"classes: the detector finds no {name!r}; {did_you_mean_or_list(name, known)}")
        self.names = tuple(name for name in known if not wanted or name in wanted)
        self._kept: BoolArray = np.array([name in self.names for name in known], np.bool_)
        self._numbers: Int64Array = np.cumsum(self._kept, dtype=np.int64) - 1

    def kept(self, labels: Int64Array) -> BoolArray:
        """Return which of the network's labels ``(N,)`` are kept."""
        kept: BoolArray = self._kept[labels]
        return kept

    def numbered(self, labels: Int64Array) -> Int64Array:
        """Return the places in `names` of the network's labels ``(N,)``, all of them kept."""
        numbers: Int64Array = self._numbers[labels]
        return numbers

    def columns(self) -> Int64Array:
        """Return the network's labels of `names`, int64."""
        return self._kept.nonzero()[0]


def runs_of_one_size(images: Seq[Image], most: int) -> Iterator[list[Image]]:
    """Yield the pictures in order, in runs of up to `most` of one size: a batch is one array."""
    run: list[Image] = []
    for image in images:
        if run and (image.shape != run[0].shape or len(run) == most):
            yield run
            run = []
        run.append(image)
    if run:
        yield run
