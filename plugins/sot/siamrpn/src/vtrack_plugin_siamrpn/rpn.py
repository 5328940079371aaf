"""Heads of SiamRPN and SiamRPN++: what of a template is laid over a map to find it there.

Li et al., High Performance Visual Tracking with Siamese Region Proposal Network, CVPR 2018, and SiamRPN++, CVPR 2019,
https://arxiv.org/abs/1812.11703; structure and names of weights are those of pysot
(https://github.com/STVIR/pysot, Apache-2.0). Other than there, what comes of the template alone is computed once, by
`kernels`, and not anew in every frame.
"""

from __future__ import annotations

from collections.abc import Sequence as Seq

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["DepthwiseHead", "DepthwiseRpn", "MultiRpn", "UpChannelRpn", "correlate", "correlate_depthwise"]

Maps = tuple[Tensor, Tensor]
"""Scores ``(N, 2 * A, h, w)``, all of the background before all of the target, and boxes ``(N, 4 * A, h, w)``."""


def correlate(x: Tensor, kernels: Tensor) -> Tensor:
    """Lay kernels of many outputs over maps, each target's over its own.

    Args:
        x: ``(N, C, H, W)``.
        kernels: ``(N, outputs * C, h, w)``.

    Returns:
        ``(N, outputs, H - h + 1, W - w + 1)``.
    """
    count, channels, height, width = x.shape
    rows = kernels.reshape(-1, channels, *kernels.shape[2:])
    found = functional.conv2d(x.reshape(1, count * channels, height, width), rows, groups=count)
    return found.reshape(count, -1, *found.shape[2:])


def correlate_depthwise(x: Tensor, kernels: Tensor) -> Tensor:
    """Lay kernels over maps, channel by channel, each target's over its own.

    Args:
        x: ``(N, C, H, W)``.
        kernels: ``(N, C, h, w)``.

    Returns:
        ``(N, C, H - h + 1, W - w + 1)``.
    """
    count, channels = kernels.shape[:2]
    groups = count * channels
    rows = kernels.reshape(groups, 1, *kernels.shape[2:])
    found = functional.conv2d(x.reshape(1, groups, *x.shape[2:]), rows, groups=groups)
    return found.reshape(count, channels, *found.shape[2:])


class DepthwiseHead(nn.Module):
    """Lays a template over a map channel by channel, and reads scores or boxes from what fits.

    Args:
        inside: Channels that come in.
        hidden: Channels that are compared.
        outputs: Channels that go out.
        kernel: Edge of the first convolutions.
    """

    def __init__(self, inside: int, hidden: int, outputs: int, kernel: int = 3) -> None:
        super().__init__()
        self.conv_kernel = _convolution(inside, hidden, kernel)
        self.conv_search = _convolution(inside, hidden, kernel)
        self.head = nn.Sequential(*_convolution(hidden, hidden, 1), nn.Conv2d(hidden, outputs, 1))

    def kernel(self, template: Tensor) -> Tensor:
        """Return what is laid over maps, of a template's map."""
        found: Tensor = self.conv_kernel(template)
        return found

    def forward(self, x: Tensor, kernel: Tensor) -> Tensor:
        """Return ``(N, outputs, h, w)``."""
        found: Tensor = self.head(correlate_depthwise(self.conv_search(x), kernel))
        return found


class DepthwiseRpn(nn.Module):
    """Scores and boxes of one level.

    Args:
        anchors: Per cell.
        inside: Channels that come in.
        hidden: Channels that are compared.
        kernel: Edge of the first convolutions.
    """

    def __init__(self, anchors: int, inside: int, hidden: int, kernel: int = 3) -> None:
        super().__init__()
        self.cls = DepthwiseHead(inside, hidden, 2 * anchors, kernel)
        self.loc = DepthwiseHead(inside, hidden, 4 * anchors, kernel)

    def kernels(self, templates: Seq[Tensor]) -> tuple[Tensor, ...]:
        """Return what is laid over maps, of a template's map: for scores, for boxes."""
        (template,) = templates
        return self.cls.kernel(template), self.loc.kernel(template)

    def forward(self, maps: Seq[Tensor], kernels: Seq[Tensor]) -> Maps:
        """Return scores and boxes."""
        (x,) = maps
        return self.cls(x, kernels[0]), self.loc(x, kernels[1])


class MultiRpn(nn.Module):
    """Scores and boxes of several levels, as their mean or with learnt weights.

    Args:
        anchors: Per cell.
        inside: Channels that come in at each level.
        hidden: Channels that are compared at each level.
        weighted: Whether levels count as was learnt, instead of equally.
        kernel: Edge of the first convolutions.
    """

    def __init__(self, anchors: int, inside: Seq[int], hidden: Seq[int], *, weighted: bool, kernel: int = 3) -> None:
        super().__init__()
        self._count, self._plain_sum = len(inside), False
        for level, channels in enumerate(zip(inside, hidden, strict=True), start=2):
            self.add_module(f"rpn{level}", DepthwiseRpn(anchors, *channels, kernel))
        self.weighted = weighted
        if weighted:
            self.cls_weight = nn.Parameter(torch.ones(self._count))
            self.loc_weight = nn.Parameter(torch.ones(self._count))

    def kernels(self, templates: Seq[Tensor]) -> tuple[Tensor, ...]:
        """Return what is laid over maps, level by level, for scores and for boxes."""
        levels = zip(self._levels(), templates, strict=True)
        return tuple(kernel for level, template in levels for kernel in level.kernels((template,)))

    def forward(self, maps: Seq[Tensor], kernels: Seq[Tensor]) -> Maps:
        """Return scores and boxes."""
        found = [
            level((x,), kernels[2 * place : 2 * place + 2])
            for place, (level, x) in enumerate(zip(self._levels(), maps, strict=True))
        ]
        scores, boxes = zip(*found, strict=True)
        if self._plain_sum:
            return _sum(scores), _sum(boxes)
        return _fused(scores, self._shares("cls")), _fused(boxes, self._shares("loc"))

    def fold(self) -> None:
        """Make the levels' weights part of their last convolutions, for a network that no longer learns."""
        for name in () if self._plain_sum else ("cls", "loc"):
            for level, share in zip(self._levels(), self._shares(name).detach(), strict=True):
                last = getattr(level, name).head[3]
                last.weight.data.mul_(share)
                last.bias.data.mul_(share)
        self._plain_sum = True

    def _levels(self) -> list[DepthwiseRpn]:
        return [getattr(self, f"rpn{level}") for level in range(2, 2 + self._count)]

    def _shares(self, name: str) -> Tensor:
        if self.weighted:
            return functional.softmax(getattr(self, f"{name}_weight"), 0)
        weight = next(self.parameters())
        return torch.full((self._count,), 1 / self._count, dtype=weight.dtype, device=weight.device)


class UpChannelRpn(nn.Module):
    """SiamRPN's own head: a template makes whole convolutions, one for each output.

    Args:
        anchors: Per cell.
        inside: Channels that come in.
        kernel: Edge of the convolutions.
    """

    def __init__(self, anchors: int, inside: int, kernel: int = 3) -> None:
        super().__init__()
        self.template_cls_conv = nn.Conv2d(inside, inside * 2 * anchors, kernel)
        self.template_loc_conv = nn.Conv2d(inside, inside * 4 * anchors, kernel)
        self.search_cls_conv = nn.Conv2d(inside, inside, kernel)
        self.search_loc_conv = nn.Conv2d(inside, inside, kernel)
        self.loc_adjust = nn.Conv2d(4 * anchors, 4 * anchors, 1)

    def kernels(self, templates: Seq[Tensor]) -> tuple[Tensor, ...]:
        """Return what is laid over maps, of a template's map: for scores, for boxes."""
        (template,) = templates
        return self.template_cls_conv(template), self.template_loc_conv(template)

    def forward(self, maps: Seq[Tensor], kernels: Seq[Tensor]) -> Maps:
        """Return scores and boxes."""
        (x,) = maps
        boxes: Tensor = self.loc_adjust(correlate(self.search_loc_conv(x), kernels[1]))
        return correlate(self.search_cls_conv(x), kernels[0]), boxes


def _convolution(inside: int, outside: int, kernel: int) -> nn.Sequential:
    convolution = nn.Conv2d(inside, outside, kernel, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outside), nn.ReLU(inplace=True))


def _fused(levels: Seq[Tensor], shares: Tensor) -> Tensor:
    weighted = [level * share for level, share in zip(levels, shares, strict=True)]
    return _sum(weighted)


def _sum(levels: Seq[Tensor]) -> Tensor:
    total = levels[0]
    for level in levels[1:]:
        total = total + level
    return total
