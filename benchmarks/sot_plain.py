"""Single-object trackers in their plain form, for where the published code is not at hand: what they have in common.

They are written from the papers, operator by operator, as the published codes compute: attention as a whole, batch
norms by themselves, template and search region looked at together in every frame where the original does so. Weights
are a dictionary by the names of our networks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from torch import Tensor

from vtrack_common_sot.crops import box_in_picture, clip_box

__all__ = ["Cropping", "Weights"]

MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
DEVIATION = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)


class Weights:
    """Operators by the names of their weights."""

    def __init__(self, state: Mapping[str, Tensor], device: str) -> None:
        self.state = {name: value.to(device) for name, value in state.items()}

    def __getitem__(self, name: str) -> Tensor:
        return self.state[name]

    def linear(self, x: Tensor, name: str) -> Tensor:
        return F.linear(x, self[f"{name}.weight"], self.state.get(f"{name}.bias"))

    def layer_norm(self, x: Tensor, name: str, eps: float = 1e-5) -> Tensor:
        return F.layer_norm(x, x.shape[-1:], self[f"{name}.weight"], self[f"{name}.bias"], eps)

    def convolution(self, x: Tensor, name: str, stride: int = 1, padding: int = 0, dilation: int = 1) -> Tensor:
        return F.conv2d(x, self[f"{name}.weight"], self.state.get(f"{name}.bias"), stride, padding, dilation)

    def batch_norm(self, x: Tensor, name: str) -> Tensor:
        running = self[f"{name}.running_mean"], self[f"{name}.running_var"]
        return F.batch_norm(x, *running, self[f"{name}.weight"], self[f"{name}.bias"])

    def bottleneck(self, x: Tensor, name: str, stride: int, padding: int, dilation: int, shortcut: Any) -> Tensor:
        found = F.relu_(self.batch_norm(self.convolution(x, f"{name}.conv1"), f"{name}.bn1"))
        found = self.convolution(found, f"{name}.conv2", stride, padding, dilation)
        found = F.relu_(self.batch_norm(found, f"{name}.bn2"))
        found = self.batch_norm(self.convolution(found, f"{name}.conv3"), f"{name}.bn3")
        if shortcut is not None:
            x = self.batch_norm(self.convolution(x, f"{name}.downsample.0", *shortcut), f"{name}.downsample.1")
        return F.relu_(found + x)


class Cropping:
    """What OSTrack, STARK and MixFormer have in common: crops in, boxes out, the corner head of the last two."""

    search_factor: float
    search_size: int

    def __init__(self, state: Mapping[str, Tensor], device: str) -> None:
        self.weights, self.device = Weights(state, device), device
        self.box: Any = None

    def picture(self, crop: Any) -> Tensor:
        image = torch.tensor(np.ascontiguousarray(crop[..., ::-1])).to(self.device).float().permute(2, 0, 1)[None]
        return (image / 255.0 - MEAN.to(self.device)) / DEVIATION.to(self.device)

    def settled(self, image: Any, found: Tensor, scale: float) -> Any:
        box = (found * self.search_size / scale).cpu().numpy()
        height, width = image.shape[:2]
        self.box = clip_box(box_in_picture(box, self.box, scale, self.search_size), height, width, 10)
        return self.box

    def corner(self, maps: Tensor, corner: str) -> tuple[Tensor, Tensor]:
        """Return the mean place of the corner head's map, in pixels of the search region."""
        w = self.weights
        for layer in range(1, 5):
            name = f"box_head.conv{layer}_{corner}"
            maps = F.relu_(w.batch_norm(w.convolution(maps, f"{name}.0", padding=1), f"{name}.1"))
        chances = w.convolution(maps, f"box_head.conv5_{corner}").flatten().softmax(dim=0).view(20, 20)
        places = torch.arange(20, device=maps.device) * 16.0
        return (chances.sum(dim=0) * places).sum(), (chances.sum(dim=1) * places).sum()
