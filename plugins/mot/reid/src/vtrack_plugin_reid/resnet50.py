"""ResNet-50 with a linear head: mmtracking's network for re-identification.

Paper: He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, https://arxiv.org/abs/1512.03385. Followed:
``BaseReID`` of https://github.com/open-mmlab/mmtracking (Apache-2.0), whose names the weights have; its pooling over
8 x 4 cells is all there are of a crop of 256 x 128, and here all there are of a crop of any size.
"""

from __future__ import annotations

from torch import Tensor, nn

from vtrack_nets.resnet import ResNet
from vtrack_plugin_reid.linear_head import LinearReIdHead

__all__ = ["ResNet50ReIdNetwork"]


class ResNet50ReIdNetwork(nn.Module):
    """Crops to embeddings, which are neither normalised nor of length 1.

    Attributes:
        backbone: ResNet-50, torchvision's names.
        head: The linear layers, and the losses.
    """

    def __init__(
        self, *, fc_channels: int = 1024, embedding_length: int = 128, num_fcs: int = 1, num_classes: int = 0
    ) -> None:
        """Make the network; weights are drawn at random.

        Args:
            fc_channels: Numbers between the head's linear layers.
            embedding_length: Numbers of an embedding.
            num_fcs: The head's linear layers before the last.
            num_classes: Identities that its classifier tells apart in training; 0 for none.
        """
        super().__init__()
        self.backbone = ResNet(depth=50, out_indices=(3,), frozen_stages=-1, norm_eval=False)
        (channels,) = self.backbone.channels
        self.head = LinearReIdHead(
            in_channels=channels,
            fc_channels=fc_channels,
            out_channels=embedding_length,
            num_fcs=num_fcs,
            num_classes=num_classes,
        )

    @property
    def embedding_length(self) -> int:
        """Numbers of an embedding."""
        return self.head.fc_out.out_features

    def featuremaps(self, crops: Tensor) -> Tensor:
        """Return the last stage's map, ``(N, 2048, H / 32, W / 32)``, of crops ``(N, 3, H, W)``."""
        maps: Tensor = self.backbone(crops)[-1]
        return maps

    def features(self, crops: Tensor) -> Tensor:
        """Return what the head takes, ``(N, 2048)``: the mean of the last stage's map."""
        return self.featuremaps(crops).mean((2, 3))

    def forward(self, crops: Tensor) -> Tensor:
        """Return embeddings ``(N, D)``, of any length, of crops ``(N, 3, H, W)``, float, normalised."""
        embeddings: Tensor = self.head(self.features(crops))
        return embeddings

    def loss(self, crops: Tensor, identities: Tensor) -> dict[str, Tensor]:
        """Return the head's losses of a batch of crops, as `LinearReIdHead.loss`."""
        return self.head.loss(self.features(crops), identities)
