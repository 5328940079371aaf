"""The published single-object trackers, out of checkouts of their repositories.

OSTrack (botaoye/OSTrack), STARK (researchmm/Stark) and MixFormer (MCG-NJU/MixFormer), all MIT, and SiamRPN++
(STVIR/pysot, Apache-2.0); NanoTrack is OpenCV's own (Apache-2.0). The checkouts need ``pip install easydict pyyaml
timm==0.5.4 einops yacs`` beside torch and torchvision; what only their training and plots need, and an operator of
MixFormer's that is not run here, stand-ins replace. Nothing in a checkout is changed.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import os
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

__all__ = ["PUBLISHED", "PublishedNano"]

STAND_INS = (
    *("decord", "external", "jpeg4py", "lmdb", "matplotlib", "pandas", "tensorboard"),
    *("tensorboardX", "tikzplotlib", "visdom", "wandb"),
)
TOPS = ("lib", "pysot")
"""Packages of the repositories; several are called the same."""


class StandIn(types.ModuleType):
    """A module in which every name is a class that does nothing."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(
            name, (torch.nn.Module,), {"__init__": lambda self, *given, **named: torch.nn.Module.__init__(self)}
        )


class StandInFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds stand-ins for packages that are not installed, and for those of the repositories' own that are compiled."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        known = name.partition(".")[0] in STAND_INS
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if known else None

    def create_module(self, spec: Any) -> StandIn:
        return StandIn(spec.name)

    def exec_module(self, module: Any) -> None:
        pass


def restore_old_names() -> None:
    """Give back what torch, torchvision and numpy had when the repositories were written."""
    six, utils = types.ModuleType("torch._six"), types.ModuleType("torchvision.models.utils")
    vars(six).update(string_classes=(str,), int_classes=int)
    vars(utils).update(load_state_dict_from_url=torch.hub.load_state_dict_from_url)
    for module in (six, utils):
        sys.modules.setdefault(module.__name__, module)
    operators = importlib.import_module("torchvision.ops")
    vars(operators).setdefault("_new_empty_tensor", lambda x, shape: x.new_empty(shape))
    vars(operators.misc).setdefault("_output_size", None)
    for kind in (float, int, bool):
        vars(np).setdefault(kind.__name__, kind)


@contextmanager
def imports_from(root: Path, device: str) -> Iterator[None]:
    """Import a repository's modules from a checkout, and forget them afterwards; what was made of them goes on."""
    finder = StandInFinder()
    restore_old_names()
    if device == "cpu":
        # They move everything to the first GPU.
        torch.Tensor.cuda = torch.nn.Module.cuda = lambda self, *given, **named: self  # type: ignore[method-assign,assignment]
    # Before what is installed: a checkout may have a folder that is called like a stand-in.
    sys.meta_path.insert(0, finder)
    sys.path.insert(0, str(root))
    before = Path.cwd()
    os.chdir(root)
    try:
        yield
    finally:
        os.chdir(before)
        sys.path.remove(str(root))
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if name.partition(".")[0] in TOPS]:
            del sys.modules[name]


class LibTracker:
    """A tracker of OSTrack, STARK or MixFormer, which share their frame."""

    experiment: str
    family: str
    maker: str
    """``module:function`` that builds the network."""

    def __init__(self, root: Path, device: str) -> None:
        with imports_from(root, device):
            config = importlib.import_module(f"lib.config.{self.family}.config")
            config.update_config_from_file(str(root / "experiments" / self.family / f"{self.experiment}.yaml"))
            self.config = config.cfg
            self.edit()
            module, _, function = self.maker.partition(":")
            self.build = getattr(importlib.import_module(module), function)
            self.module = importlib.import_module(f"lib.test.tracker.{self.family}")
            self.network = self.made()

    def edit(self) -> None:
        """Change the configuration before anything is built."""

    def made(self) -> Any:
        return self.build(self.config, training=False)

    def shapes(self) -> dict[str, Any]:
        return {name: tuple(value.shape) for name, value in self.network.state_dict().items()}

    def load(self, weights: Path) -> None:
        test = self.config.TEST
        given = types.SimpleNamespace(
            cfg=self.config,
            template_factor=test.TEMPLATE_FACTOR,
            template_size=test.TEMPLATE_SIZE,
            search_factor=test.SEARCH_FACTOR,
            search_size=test.SEARCH_SIZE,
            checkpoint=str(weights),
            debug=False,
            save_all_boxes=False,
        )
        self.tracker = self.module.get_tracker_class()(given, "lasot")

    def prepared(self, image: Any) -> Any:
        return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)

    def start(self, image: Any, box: list[int]) -> None:
        with torch.no_grad():
            self.tracker.initialize(image, {"init_bbox": list(box)})

    def step(self, image: Any) -> Any:
        with torch.no_grad():
            return np.array(self.tracker.track(image)["target_bbox"])


class PublishedOstrack(LibTracker):
    experiment, family = "vitb_256_mae_ce_32x4_ep300", "ostrack"
    maker = "lib.models.ostrack:build_ostrack"


class PublishedStark(LibTracker):
    experiment, family = "baseline", "stark_s"
    maker = "lib.models.stark:build_starks"

    def edit(self) -> None:
        # Weights come from a file; nothing is fetched.
        vars(importlib.import_module("lib.models.stark.backbone")).update(is_main_process=lambda: False)

    def made(self) -> Any:
        return self.build(self.config)


class PublishedMixFormer(LibTracker):
    experiment, family = "baseline", "mixformer_cvt"
    maker = "lib.models.mixformer_cvt:build_mixformer_cvt"

    def edit(self) -> None:
        self.config.MODEL.BACKBONE.PRETRAINED = False

    def made(self) -> Any:
        # Its tracker hands over an argument that its builder does not take.
        vars(self.module).update(build_mixformer_cvt=lambda config, **named: self.build(config))
        return self.build(self.config)


class PublishedSiamRpn:
    """SiamRPN++ of pysot."""

    def __init__(self, root: Path, device: str) -> None:
        with imports_from(root, device):
            self.config = importlib.import_module("pysot.core.config").cfg
            self.config.merge_from_file(str(root / "experiments" / "siamrpn_r50_l234_dwxcorr" / "config.yaml"))
            self.config.CUDA = device != "cpu"
            self.network = importlib.import_module("pysot.models.model_builder").ModelBuilder().to(device).eval()
            self.make = importlib.import_module("pysot.tracker.siamrpn_tracker").SiamRPNTracker

    def shapes(self) -> dict[str, Any]:
        return {name: tuple(value.shape) for name, value in self.network.state_dict().items()}

    def load(self, weights: Path) -> None:
        held = torch.load(weights, map_location="cpu", weights_only=True)
        self.network.load_state_dict(held.get("net", held))
        self.tracker = self.make(self.network)

    def prepared(self, image: Any) -> Any:
        return image

    def start(self, image: Any, box: list[int]) -> None:
        with torch.no_grad():
            self.tracker.init(image, np.array(box))

    def step(self, image: Any) -> Any:
        with torch.no_grad():
            return np.array(self.tracker.track(image)["bbox"], float)


class PublishedNano:
    """NanoTrack as OpenCV has it; it is there wherever OpenCV is."""

    def __init__(self, files: dict[str, str]) -> None:
        # Stubs of OpenCV do not know them.
        opencv: Any = cv2
        given = opencv.TrackerNano_Params()
        given.backbone, given.neckhead = files["backbone"], files["head"]
        self.tracker = opencv.TrackerNano_create(given)

    def start(self, image: Any, box: list[int]) -> None:
        self.tracker.init(image, [int(value) for value in box])

    def step(self, image: Any) -> Any:
        return np.array(self.tracker.update(image)[1], float)


PUBLISHED = {
    "mixformer": PublishedMixFormer,
    "ostrack": PublishedOstrack,
    "siamrpn": PublishedSiamRpn,
    "stark": PublishedStark,
}
"""By the name of the tracker."""
