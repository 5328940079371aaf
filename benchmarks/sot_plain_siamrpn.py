"""SiamRPN++ in its plain form."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from sot_plain import Weights
from torch import Tensor

__all__ = ["PlainSiamRpn"]


class PlainSiamRpn:
    """Li et al., CVPR 2019, https://arxiv.org/abs/1812.11703: SiamRPN++ with a ResNet-50 and three levels."""

    def __init__(self, state: Mapping[str, Tensor], device: str) -> None:
        self.weights, self.device = Weights(state, device), device
        ratios = (0.33, 0.5, 1.0, 2.0, 3.0)
        widths = [int(math.sqrt(64 / ratio)) for ratio in ratios]
        extents = np.array([(8 * width, 8 * int(width * ratio)) for width, ratio in zip(widths, ratios, strict=True)])
        ys, xs = np.meshgrid(*[8.0 * (np.arange(25) - 12)] * 2, indexing="ij")
        places = np.tile(np.stack((xs.ravel(), ys.ravel())), 5)
        self.anchors = np.vstack((places, np.repeat(extents.T, 625, axis=1))).astype(np.float32)
        self.window = np.tile(np.outer(np.hanning(25), np.hanning(25)).ravel(), 5)

    def start(self, image: Any, box: list[int]) -> None:
        x, y, width, height = box
        self.centre, self.size = np.array((x + (width - 1) / 2, y + (height - 1) / 2)), np.array((width, height))
        self.colour = image.mean(axis=(0, 1))
        crop = self.subwindow(image, 127, round(self.context()))
        with torch.no_grad():
            self.template = [level[:, :, 4:-4, 4:-4] for level in self.features(crop)]

    def context(self) -> float:
        return float(np.sqrt(np.prod(self.size + 0.5 * self.size.sum())))

    def subwindow(self, image: Any, size: int, edge: int) -> Tensor:
        """Return a piece of the picture; beyond it lies its mean colour."""
        left, top = (int(np.floor(middle - (edge + 1) / 2 + 0.5)) for middle in self.centre)
        height, width = image.shape[:2]
        before = max(0, -left), max(0, -top)
        behind = max(0, left + edge - width), max(0, top + edge - height)
        if any((*before, *behind)):
            padded = np.zeros((height + before[1] + behind[1], width + before[0] + behind[0], 3), np.uint8)
            padded[:] = self.colour
            padded[before[1] : before[1] + height, before[0] : before[0] + width] = image
            image = padded
        left, top = left + before[0], top + before[1]
        piece = image[top : top + edge, left : left + edge]
        scaled = piece if edge == size else cv2.resize(piece, (size, size))
        return torch.from_numpy(scaled.transpose(2, 0, 1)[None].astype(np.float32)).to(self.device)

    def features(self, x: Tensor) -> list[Tensor]:
        w = self.weights
        x = F.relu_(w.batch_norm(w.convolution(x, "backbone.conv1", 2), "backbone.bn1"))
        x = F.max_pool2d(x, 3, 2, 1)
        levels = []
        for stage, (count, stride, dilation) in enumerate(((3, 1, 1), (4, 2, 1), (6, 1, 2), (3, 1, 4)), start=1):
            for block in range(count):
                half = max(dilation // 2, 1)
                if block:
                    options: tuple[Any, ...] = (1, dilation, dilation, None)
                elif stage == 1:
                    options = (1, 1, 1, (1,))
                else:
                    padding = half if dilation > 1 else 0
                    options = (stride, half if dilation > 1 else 2 - stride, half, (stride, padding, half))
                x = w.bottleneck(x, f"backbone.layer{stage}.{block}", *options)
            levels.append(x)
        found = []
        for level, maps in enumerate(levels[1:], start=2):
            name = f"neck.downsample{level}.downsample"
            found.append(w.batch_norm(w.convolution(maps, f"{name}.0"), f"{name}.1"))
        return found

    def head(self, search: list[Tensor], what: str) -> Tensor:
        w, found = self.weights, []
        for level, (template, maps) in enumerate(zip(self.template, search, strict=True), start=2):
            name = f"rpn_head.rpn{level}.{what}"
            kernel = w.batch_norm(w.convolution(template, f"{name}.conv_kernel.0"), f"{name}.conv_kernel.1").relu_()
            maps = w.batch_norm(w.convolution(maps, f"{name}.conv_search.0"), f"{name}.conv_search.1").relu_()
            maps = F.conv2d(maps, kernel.transpose(0, 1), groups=kernel.shape[1])
            maps = w.batch_norm(w.convolution(maps, f"{name}.head.0"), f"{name}.head.1").relu_()
            found.append(w.convolution(maps, f"{name}.head.3"))
        shares = w[f"rpn_head.{what}_weight"].softmax(dim=0)
        return torch.stack([level * share for level, share in zip(found, shares, strict=True)]).sum(dim=0)

    @torch.no_grad()
    def step(self, image: Any) -> Any:
        context = self.context()
        scale = 127 / context
        search = self.features(self.subwindow(image, 255, round(context * 255 / 127)))
        scores = self.head(search, "cls").view(2, -1).softmax(dim=0)[1].cpu().numpy()
        boxes = self.head(search, "loc").view(4, -1).cpu().numpy()
        boxes[:2] = boxes[:2] * self.anchors[2:] + self.anchors[:2]
        boxes[2:] = np.exp(boxes[2:]) * self.anchors[2:]
        grown = _either(_edge(boxes[2], boxes[3]) / _edge(*(self.size * scale)))
        bent = _either((self.size[0] / self.size[1]) / (boxes[2] / boxes[3]))
        penalty = np.exp(-(bent * grown - 1) * 0.05)
        best = int((penalty * scores * (1 - 0.42) + self.window * 0.42).argmax())
        share, limits = penalty[best] * scores[best] * 0.38, np.array(image.shape[1::-1])
        found = boxes[:, best] / scale
        self.centre = np.clip(found[:2] + self.centre, 0, limits)
        self.size = np.maximum(10, np.minimum(self.size * (1 - share) + found[2:] * share, limits))
        return np.concatenate((self.centre - self.size / 2, self.size))


def _edge(width: Any, height: Any) -> Any:
    margin = (width + height) * 0.5
    return np.sqrt((width + margin) * (height + margin))


def _either(ratio: Any) -> Any:
    return np.maximum(ratio, 1 / ratio)
