"""What the plugins published with the core bring, so that a missing one can be named with its ``pip install``.

Nothing but error messages reads this table: a plugin works the same whether it stands here or not.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

__all__ = [
    "KNOWN_PLUGINS",
    "KnownPlugin",
    "bringer",
    "command_bringer",
    "known_components",
    "known_plugin",
    "none_installed",
]


@attrs.frozen
class KnownPlugin:
    """A published plugin.

    Attributes:
        name: Of its entry point.
        distribution: What ``pip install`` takes.
        components: Names of its components by kind.
        commands: Names of the subcommands that it brings.
    """

    name: str
    distribution: str
    components: Mapping[str, tuple[str, ...]]
    commands: tuple[str, ...] = ()

    @property
    def pip_install(self) -> str:
        """The command that brings it."""
        return f"pip install {self.distribution}"


KNOWN_PLUGINS = (
    KnownPlugin("sort", "vtrack-plugin-sort", {"tracker": ("sort",)}),
    KnownPlugin("bytetrack", "vtrack-plugin-bytetrack", {"tracker": ("bytetrack",)}),
    KnownPlugin("ocsort", "vtrack-plugin-ocsort", {"tracker": ("ocsort",)}),
    KnownPlugin("hybridsort", "vtrack-plugin-hybridsort", {"tracker": ("hybridsort",)}),
    KnownPlugin("deepocsort", "vtrack-plugin-deepocsort", {"tracker": ("deepocsort",)}),
    KnownPlugin("boosttrack", "vtrack-plugin-boosttrack", {"tracker": ("boosttrack",)}),
    KnownPlugin("botsort", "vtrack-plugin-botsort", {"tracker": ("botsort",)}),
    KnownPlugin("deepsort", "vtrack-plugin-deepsort", {"tracker": ("deepsort",)}),
    KnownPlugin("strongsort", "vtrack-plugin-strongsort", {"tracker": ("strongsort",)}),
    KnownPlugin("qdtrack", "vtrack-plugin-qdtrack", {"tracker": ("qdtrack", "qdtrack-tao"), "detector": ("qdtrack",)}),
    KnownPlugin("tracktor", "vtrack-plugin-tracktor", {"tracker": ("tracktor",), "camera-motion": ("ecc-normalised",)}),
    KnownPlugin(
        "common-mot",
        "vtrack-common-mot",
        {"camera-motion": ("sparse-flow", "ecc", "orb", "sift", "file", "none")},
    ),
    KnownPlugin("mot-metrics", "vtrack-plugin-mot-metrics", {"metric": ("hota", "clear", "identity", "count")}),
    KnownPlugin(
        "mot-refine",
        "vtrack-plugin-mot-refine",
        {"refiner": ("linear-interpolation", "gaussian-smoothing", "minimum-length", "score-floor", "merge")},
    ),
    KnownPlugin("ostrack", "vtrack-plugin-ostrack", {"tracker": ("ostrack",)}),
    KnownPlugin("mixformer", "vtrack-plugin-mixformer", {"tracker": ("mixformer", "mixformer-vit", "mixformerv2")}),
    KnownPlugin("stark", "vtrack-plugin-stark", {"tracker": ("stark",)}),
    KnownPlugin("nanotrack", "vtrack-plugin-nanotrack", {"tracker": ("nanotrack",)}),
    KnownPlugin("correlation", "vtrack-plugin-correlation", {"tracker": ("kcf", "mosse")}),
    KnownPlugin("siamrpn", "vtrack-plugin-siamrpn", {"tracker": ("siamrpn",)}),
    KnownPlugin(
        "sot-metrics",
        "vtrack-plugin-sot-metrics",
        {
            "metric": ("ope", "got10k", "vot", "vot-lt"),
            "protocol": ("vot-reset",),
            "writer": ("track-times", "box-text", "vot-text"),
        },
        commands=("submission", "plots"),
    ),
    KnownPlugin("aflink", "vtrack-plugin-aflink", {"refiner": ("aflink",)}),
    KnownPlugin("reid", "vtrack-plugin-reid", {"reid": ("osnet", "resnet50-reid", "onnx-reid")}),
    KnownPlugin(
        "classic",
        "vtrack-plugin-classic",
        {"detector": ("hog", "background-subtraction"), "transform": ("clahe",)},
    ),
    KnownPlugin("yolox", "vtrack-plugin-yolox", {"detector": ("yolox",)}),
    KnownPlugin("faster-rcnn", "vtrack-plugin-faster-rcnn", {"detector": ("faster-rcnn",)}),
    KnownPlugin("onnx", "vtrack-plugin-onnx", {"detector": ("onnx",)}),
    KnownPlugin("torchvision", "vtrack-plugin-torchvision", {"detector": ("torchvision",)}),
    KnownPlugin("transformers", "vtrack-plugin-transformers", {"detector": ("transformers",)}),
    KnownPlugin(
        "nets",
        "vtrack-nets",
        {"backbone": ("resnet", "timm"), "neck": ("fpn",), "head": ("rpn", "box")},
        commands=("weights",),
    ),
    KnownPlugin(
        "datasets",
        "vtrack-datasets",
        {
            "dataset": (
                *("mot-challenge", "synthetic", "lasot", "got10k", "trackingnet", "otb100", "uav123", "vot"),
                *("coco-video", "coco", "imagenet-vid", "imagenet-det"),
            )
        },
        commands=("convert",),
    ),
)


def bringer(kind: str, name: str) -> KnownPlugin | None:
    """Return the published plugin that brings a component, None if none does."""
    return next((known for known in KNOWN_PLUGINS if name in known.components.get(kind, ())), None)


def command_bringer(name: str) -> KnownPlugin | None:
    """Return the published plugin that brings a subcommand, None if none does."""
    return next((known for known in KNOWN_PLUGINS if name in known.commands), None)


def known_components(kind: str) -> tuple[str, ...]:
    """Return the names of the components of a kind that published plugins bring."""
    return tuple(name for known in KNOWN_PLUGINS for name in known.components.get(kind, ()))


def known_plugin(name: str) -> KnownPlugin | None:
    """Return the published plugin of that entry point or distribution, None if there is none."""
    return next((known for known in KNOWN_PLUGINS if name in (known.name, known.distribution)), None)


def none_installed(kind: str) -> str:
    """Say that nothing of a kind is installed, and which published plugins bring one."""
    distributions = [known.distribution for known in KNOWN_PLUGINS if kind in known.components]
    remedy = f": pip install {' or '.join(distributions)}" if distributions else ""
    return f"no installed plugin offers a {kind}{remedy}"
