"""The head of the second stage: two hidden layers, a class, and a better box for each class.

As in Lin et al., "Feature Pyramid Networks", CVPR 2017; names of weights are those of MMDetection's Shared2FCBBoxHead
(https://github.com/open-mmlab/mmdetection, Apache-2.0), which counts the background as the last class.
"""

from __future__ import annotations

import torch.nn.functional as F  # noqa: N812 - everyone calls it so
from torch import Tensor, nn

__all__ = ["BoxHead"]


class BoxHead(nn.Module):
    """Classifies what was cut out of feature maps, and corrects its box.

    Weights are named ``shared_fcs.0``, ``shared_fcs.1``, ``fc_cls``, ``fc_reg``.

    Attributes:
        num_classes: Classes without the background.
        class_agnostic: Whether there is one box for all classes.
    """

    def __init__(self, in_features: int, num_classes: int, *, hidden: int = 1024, class_agnostic: bool = False) -> None:
        """Make the layers.

        Args:
            in_features: Numbers cut out of the maps for a box: channels x size x size.
            num_classes: Classes without the background.
            hidden: Outputs of each hidden layer.
            class_agnostic: One box for all classes instead of one for each.
        """
        super().__init__()
        self.num_classes = num_classes
        self.class_agnostic = class_agnostic
        first, second = nn.Linear(in_features, hidden), nn.Linear(hidden, hidden)
        self.shared_fcs = nn.ModuleList([first, second])
        self.fc_cls = nn.Linear(hidden, num_classes + 1)
        self.fc_reg = nn.Linear(hidden, 4 if class_agnostic else 4 * num_classes)
        for layer in (first, second):
            nn.init.xavier_uniform_(layer.weight)
        nn.init.normal_(self.fc_cls.weight, std=0.01)
        nn.init.normal_(self.fc_reg.weight, std=0.001)
        for layer in (first, second, self.fc_cls, self.fc_reg):
            nn.init.zeros_(layer.bias)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Return scores ``(n, C + 1)`` before softmax, background last, and differences of boxes ``(n, 4 * C)``.

        Args:
            features: ``(n, channels, size, size)``.
        """
        x = features.flatten(1)
        for layer in self.shared_fcs:
            x = F.relu(layer(x))
        return self.fc_cls(x), self.fc_reg(x)
