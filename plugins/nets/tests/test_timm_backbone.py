from __future__ import annotations

import sys
from importlib.util import find_spec
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from vtcore.errors import MissingPackageError
from vtrack_nets.backbone_config import TimmConfig
from vtrack_nets.timm_backbone import TimmBackbone


class Model(nn.Module):
    """What timm makes with ``features_only``: as much of it as is asked for here."""

    def __init__(self, levels: tuple[int, ...]) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(nn.Conv2d(3, 2 + level, 2**level, 2**level) for level in levels)
        channels, strides = [2 + level for level in levels], [2**level for level in levels]
        self.feature_info = SimpleNamespace(channels=lambda: channels, reduction=lambda: strides)

    def forward(self, images: torch.Tensor) -> list[torch.Tensor]:
        return [each(images) for each in self.convolutions]


@pytest.fixture
def timm(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    calls = []

    def create_model(name: str, *, pretrained: bool, features_only: bool, out_indices: Any = (0, 1, 2, 3, 4)) -> Model:
        calls.append({"name": name, "out_indices": out_indices})
        assert not pretrained
        assert features_only
        if name == "unknown":
            raise RuntimeError("Unknown model (unknown)")
        return Model(tuple(level + 1 for level in out_indices))

    module = ModuleType("timm")
    module.create_model = create_model  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "timm", module)
    return calls


def test_the_last_four_levels_by_default(timm: list[dict[str, Any]]) -> None:
    backbone = TimmBackbone(model="any")
    assert timm[-1] == {"name": "any", "out_indices": (1, 2, 3, 4)}
    assert (backbone.channels, backbone.strides) == ((4, 5, 6, 7), (4, 8, 16, 32))
    assert backbone(torch.zeros(1, 3, 64, 64))[0].shape == (1, 4, 16, 16)


def test_chosen_levels(timm: list[dict[str, Any]]) -> None:
    assert TimmBackbone(model="any", out_indices=(2,)).strides == (8,)


def test_what_timm_cannot_make(timm: list[dict[str, Any]]) -> None:
    with pytest.raises(ValueError, match=r"model: timm cannot make 'unknown' return maps: Unknown model \(unknown\)"):
        TimmBackbone(model="unknown")


def test_without_timm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(
        MissingPackageError, match=r"model 'any' needs the package timm: pip install 'vtrack-nets\[timm\]'"
    ):
        TimmBackbone(model="any")


def test_the_preflight_tells_that_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vtrack_nets.backbone_config.find_spec", lambda name: None)
    assert list(TimmConfig(model="any").check()) == ["timm is not installed: pip install 'vtrack-nets[timm]'"]


@pytest.mark.skipif(find_spec("timm") is None, reason="timm is not installed")
def test_a_model_of_timm_itself() -> None:
    backbone = TimmBackbone(model="resnet18")
    assert (backbone.channels, backbone.strides) == ((64, 128, 256, 512), (4, 8, 16, 32))
    assert [each.shape[-1] for each in backbone(torch.zeros(1, 3, 64, 64))] == [16, 8, 4, 2]
