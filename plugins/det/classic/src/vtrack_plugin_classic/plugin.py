"""What this distribution offers to vtcore."""

from __future__ import annotations

from collections.abc import Iterable

from vtcore.components import Component
from vtcore.hookspecs import hookimpl


@hookimpl
def vtcore_detectors() -> Iterable[Component]:
    """Return the detectors."""
    return (
        Component(
            kind="detector",
            name="hog",
            config="vtrack_plugin_classic.config:HogConfig",
            target="vtrack_plugin_classic.hog:HogDetector",
            summary="Upright people, by histograms of oriented gradients and OpenCV's own linear SVM.",
            paper="Dalal and Triggs, Histograms of Oriented Gradients for Human Detection, CVPR 2005, "
            "https://doi.org/10.1109/CVPR.2005.177",
        ),
        Component(
            kind="detector",
            name="background-subtraction",
            config="vtrack_plugin_classic.config:BackgroundSubtractionConfig",
            target="vtrack_plugin_classic.background_subtraction:BackgroundSubtractionDetector",
            summary="Whatever moves before a fixed camera, of one class.",
            paper="Zivkovic and van der Heijden, Efficient Adaptive Density Estimation per Image Pixel for the Task of "
            "Background Subtraction, Pattern Recognition Letters 2006, https://doi.org/10.1016/j.patrec.2005.11.005",
        ),
    )


@hookimpl
def vtcore_transforms() -> Iterable[Component]:
    """Return the transforms."""
    return (
        Component(
            kind="transform",
            name="clahe",
            config="vtrack_plugin_classic.config:ClaheConfig",
            target="vtrack_plugin_classic.clahe:Clahe",
            summary="Evens out the brightness of dark and hazy pictures, tile by tile.",
            paper="Zuiderveld, Contrast Limited Adaptive Histogram Equalization, Graphics Gems IV, 1994",
        ),
    )
