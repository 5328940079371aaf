"""What an estimator keeps of a picture to compare the next with."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from vtcore.instances import Int64Array
from vtcore.state import Stateful

__all__ = ["Look"]


class Look(Stateful):
    """A picture as an estimator looks at it; blank before the first.

    Attributes:
        sizes: int64 ``(4,)``, height and width of the picture, then of the small one; zeros when blank.
        small: The picture in grey, made small, None where it is not needed again.
        points: Corners or features in the small picture, None where there are none.
        descriptors: What tells the features apart, in the same order.
    """

    __slots__ = ("descriptors", "points", "sizes", "small")

    _STATE: ClassVar[tuple[str, ...]] = __slots__

    def __init__(
        self,
        image: Any = None,
        small: Any = None,
        points: Any = None,
        descriptors: Any = None,
        *,
        keeps_small: bool = True,
    ) -> None:
        """Keep what is given; nothing for a blank one.

        Args:
            image: ``(height, width, 3)``, of which the size is kept.
            small: ``(height, width)``, the same made small.
            points: As the estimator likes them.
            descriptors: The same.
            keeps_small: Keep the small picture itself, and not its size alone.
        """
        self.sizes: Int64Array = np.zeros(4, np.int64)
        if image is not None:
            self.sizes[:] = *image.shape[:2], *small.shape
        self.small: Any = small if keeps_small else None
        self.points: Any = points
        self.descriptors: Any = descriptors

    @property
    def blank(self) -> bool:
        """Whether there is no picture."""
        return not self.sizes.any()
