"""Options of the detectors and the transform."""

from __future__ import annotations

from typing import ClassVar

import attrs

from vtcore.options import option

__all__ = ["BackgroundSubtractionConfig", "ClaheConfig", "HogConfig"]


@attrs.frozen(kw_only=True)
class HogConfig:
    """How people are searched for in a picture."""

    needs: ClassVar[frozenset[str]] = frozenset({"image"})

    min_score: float = option(0.0, "Least score of what is kept.", ge=0, le=1)
    classes: tuple[str, ...] = option((), "Classes to keep: this detector finds 'person' only; empty for all.")
    resize_width: int = option(
        1280,
        "Pictures that are wider are scaled down to this width first; less is faster, but people below 96 px of height "
        "in the scaled picture are not found. 0 never scales.",
        unit="px",
        ge=0,
    )
    win_stride: int = option(
        8, "Step of the search window; 4 finds a little more at four times the cost.", unit="px", ge=4
    )
    padding: int = option(16, "Border added to the picture, to find people at its edges.", unit="px", ge=0, le=64)
    scale: float = option(
        1.08, "Ratio of one search size to the next; nearer to 1 finds more and is slower.", gt=1, le=2
    )
    hit_threshold: float = option(
        0.0, "Least distance to the SVM's plane; below 0 finds more, and much that is no person.", ge=-2, le=5
    )
    nms_overlap: float = option(
        0.5, "Of two boxes whose intersection over union exceeds this only the better one stays.", ge=0, le=1
    )
    nested_overlap: float = option(
        0.8, "As nms_overlap, for the intersection over the smaller box; 1 keeps boxes inside others.", ge=0, le=1
    )

    def __attrs_post_init__(self) -> None:
        """Refuse values that OpenCV cannot work with."""
        if self.win_stride % 4:
            raise ValueError(f"win_stride: must be a multiple of 4, got {self.win_stride}")
        if self.padding % 8:
            raise ValueError(f"padding: must be a multiple of 8, got {self.padding}")
        _refuse_unknown_classes(self.classes, "person")


@attrs.frozen(kw_only=True)
class BackgroundSubtractionConfig:
    """How a fixed camera's background is learnt and what stands out from it becomes boxes."""

    needs: ClassVar[frozenset[str]] = frozenset({"image"})

    min_score: float = option(0.0, "Least score of what is kept.", ge=0, le=1)
    classes: tuple[str, ...] = option((), "Classes to keep: this detector finds 'class_name' only; empty for all.")
    class_name: str = option("object", "Name of the one class that everything moving is given.")
    method: str = option(
        "mog2",
        "How pixels are modelled: mog2 (mixtures of Gaussians) or knn (nearest samples; forgets sooner what stood in "
        "the first frames, but no two runs give quite the same).",
        choices=("mog2", "knn"),
    )
    history: int = option(500, "Frames that the background remembers; fewer forgets parked objects sooner.", ge=1)
    threshold: float = option(
        0.0,
        "Squared distance beyond which a pixel is foreground; more finds less. 0 takes the method's own (mog2 16, "
        "knn 400).",
        ge=0,
    )
    learning_rate: float = option(
        -1.0,
        "Share of a new frame in the background; more forgets parked objects sooner, slow ones too. 0 keeps the first "
        "frame as it is; -1 starts high, so that what stood in the first frames is soon forgotten, and falls to "
        "1 / history.",
        ge=-1,
        le=1,
    )
    drop_shadows: bool = option(True, "Tell shadows from objects, and leave them out.")
    warm_up: int = option(
        3, "Frames from which the background is learnt before anything is detected.", unit="frames", ge=0
    )
    resize_width: int = option(
        800,
        "Pictures that are wider are scaled down to this width first; less is faster. 0 never scales.",
        unit="px",
        ge=0,
    )
    opening: int = option(
        3, "Specks thinner than this are wiped out, in the scaled picture; 0 keeps them.", unit="px", ge=0, le=99
    )
    closing: int = option(
        7, "Gaps narrower than this are filled, in the scaled picture; 0 leaves them.", unit="px", ge=0, le=99
    )
    merge_gap: int = option(
        3, "Blobs whose boxes are no further apart are one object, in the scaled picture.", unit="px", ge=0, le=999
    )
    min_area: float = option(0.0005, "Least foreground of an object, as a share of the frame's area.", ge=0, lt=1)
    max_foreground: float = option(
        0.5,
        "When more of the frame than this stands out, the light has changed or the camera moves: nothing is detected.",
        gt=0,
        le=1,
    )

    def __attrs_post_init__(self) -> None:
        """Refuse what contradicts itself."""
        if not self.class_name:
            raise ValueError("class_name: must not be empty")
        if -1 < self.learning_rate < 0:
            raise ValueError(f"learning_rate: must be -1 or between 0 and 1, got {self.learning_rate!r}")
        _refuse_unknown_classes(self.classes, self.class_name)


@attrs.frozen(kw_only=True)
class ClaheConfig:
    """How strongly brightness is evened out."""

    needs: ClassVar[frozenset[str]] = frozenset({"image"})

    clip_limit: float = option(2.0, "How much contrast may be raised; more also raises noise.", gt=0, le=100)
    tiles: int = option(8, "Tiles along each side, each evened out by itself.", ge=1, le=64)


def _refuse_unknown_classes(classes: tuple[str, ...], known: str) -> None:
    unknown = next((name for name in classes if name != known), None)
    if unknown is not None:
        raise ValueError(f"classes: this detector finds {known!r} only, not {unknown!r}; leave classes out")
