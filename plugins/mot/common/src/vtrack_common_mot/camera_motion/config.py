"""Options of the estimators of camera motion."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import attrs

from vtcore.options import option

__all__ = ["EccConfig", "FeatureMatchingConfig", "FileConfig", "SparseFlowConfig", "StillConfig"]

_PIXELS = frozenset({"image"})


@attrs.frozen(kw_only=True)
class EccConfig:
    """Options of the estimator that aligns whole pictures."""

    motion: str = option(
        "euclidean",
        "What the camera may do: shift; shift and turn; or any affine warp.",
        choices=("translation", "euclidean", "affine"),
    )
    iterations: int = option(100, "Steps after which an alignment is given up or taken as it is.", ge=1)
    epsilon: float = option(1e-5, "Growth of the correlation in a step that ends the alignment.", gt=0)
    downscale: int = option(
        2, "Pictures are made smaller by this factor, raising it makes the estimate faster and coarser.", ge=1
    )
    width: int = option(
        0,
        "Pictures are made so wide instead, without smoothing them before; 0 leaves it to downscale.",
        unit="px",
        ge=0,
    )
    smoothing: int = option(
        1, "Size of the Gaussian filter that the alignment smooths with, an odd number.", unit="px", ge=1
    )

    def __attrs_post_init__(self) -> None:
        """Refuse a filter without a middle."""
        if self.smoothing % 2 == 0:
            raise ValueError(f"smoothing: must be odd, got {self.smoothing}")

    @property
    def needs(self) -> frozenset[str]:
        """Decoded pictures."""
        return _PIXELS


@attrs.frozen(kw_only=True)
class SparseFlowConfig:
    """Options of the estimator that follows corners; in brackets the names of OpenCV."""

    max_corners: int = option(1000, "Corners that are followed, the strongest [maxCorners].", ge=5)
    quality: float = option(
        0.01,
        "Least strength of a corner as a share of the strongest, raising it leaves fewer [qualityLevel].",
        gt=0,
        le=1,
    )
    min_distance: float = option(1.0, "Least distance between corners [minDistance].", unit="px", ge=0)
    block_size: int = option(3, "Side of the patch that tells a corner's strength [blockSize].", unit="px", ge=1)
    downscale: int = option(
        2, "Pictures are made smaller by this factor, raising it makes the estimate faster and coarser.", ge=1
    )
    mask_detections: bool = option(False, "Take no corners on detected objects, which move by themselves.")

    @property
    def needs(self) -> frozenset[str]:
        """Decoded pictures."""
        return _PIXELS


@attrs.frozen(kw_only=True)
class FeatureMatchingConfig:
    """Options of the estimators that match features."""

    ratio: float = option(
        0.9,
        "A match is kept when its distance is less than this share of the second best's, raising it keeps more.",
        gt=0,
        le=1,
    )
    max_shift: float = option(
        0.25, "Matches farther apart than this share of the picture's width or height are left out.", gt=0, le=1
    )
    border: float = option(0.02, "Share of the picture along each side in which no features are taken.", ge=0, lt=0.5)
    downscale: int = option(
        2, "Pictures are made smaller by this factor, raising it makes the estimate faster and coarser.", ge=1
    )
    mask_detections: bool = option(True, "Take no features on detected objects, which move by themselves.")

    @property
    def needs(self) -> frozenset[str]:
        """Decoded pictures."""
        return _PIXELS


@attrs.frozen(kw_only=True)
class FileConfig:
    """Options of the estimator that reads warps from files."""

    path: str = option(
        help="File with a line of numbers per frame: anything, then the warp's two rows; '{sequence}' stands for the "
        "sequence's name, '{scene}' for the name without a public detector's (MOT17-02 for MOT17-02-FRCNN)."
    )

    @property
    def needs(self) -> frozenset[str]:
        """Nothing of the sequence."""
        return frozenset()

    def check(self) -> Iterator[str]:
        """Yield that the file, or the folder of the files, is missing."""
        if "{" not in self.path:
            if not Path(self.path).is_file():
                yield f"path: there is no file {self.path}"
            return
        folder = Path(self.path.partition("{")[0] + "_").parent
        if not folder.is_dir():
            yield f"path: there is no folder {folder}"


@attrs.frozen(kw_only=True)
class StillConfig:
    """A camera that stands still has no options."""

    @property
    def needs(self) -> frozenset[str]:
        """Nothing."""
        return frozenset()
