"""AlexNet as Siamese trackers shrink it: no padding, stride 8, and an odd-sized template comes out with cells to spare.

Both forms of pysot (https://github.com/STVIR/pysot, Apache-2.0) compute the same; their weights are named differently.
"""

from __future__ import annotations

from collections.abc import Sequence as Seq

from torch import Tensor, nn

__all__ = ["AlexNet"]

_KERNELS = (11, 5, 3, 3, 3)


class AlexNet(nn.Module):
    """Five convolutions.

    Args:
        channels: Of the five outputs; 96, 256, 384, 384 and 256 as published.
        legacy: Name the weights ``features.0``, ``features.1``, ... instead of ``layer1.0`` to ``layer5.1``.

    Attributes:
        channels: Of each map that `forward` returns.
    """

    def __init__(self, channels: Seq[int] = (96, 256, 384, 384, 256), *, legacy: bool = False) -> None:
        super().__init__()
        inside, layers = 3, []
        for place, (outside, kernel) in enumerate(zip(channels, _KERNELS, strict=True)):
            layer = [nn.Conv2d(inside, outside, kernel, stride=1 if place else 2), nn.BatchNorm2d(outside)]
            pooled = [nn.MaxPool2d(3, stride=2)] if place < 2 else []
            layers.append([*layer, *pooled, *([nn.ReLU(inplace=True)] if place < 4 else [])])
            inside = outside
        self.channels = (inside,)
        if legacy:
            self.features = nn.Sequential(*(part for layer in layers for part in layer))
        else:
            for place, layer in enumerate(layers, start=1):
                self.add_module(f"layer{place}", nn.Sequential(*layer))

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return the last map.

        Args:
            images: float ``(N, 3, H, W)``, blue first, 0 to 255.
        """
        for part in self.children():
            images = part(images)
        return (images,)
