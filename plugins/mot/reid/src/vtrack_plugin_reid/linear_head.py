"""The head that mmtracking puts on a backbone for re-identification.

Followed: ``LinearReIDHead`` of https://github.com/open-mmlab/mmtracking (Apache-2.0), whose names the weights have.
"""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional

from vtrack_plugin_reid.triplet import batch_hard_triplet_loss

__all__ = ["LinearReIdHead"]


class _FullyConnected(nn.Module):
    """A linear layer, batch normalisation, ReLU."""

    def __init__(self, inside: int, outside: int) -> None:
        super().__init__()
        self.fc = nn.Linear(inside, outside)
        self.bn = nn.BatchNorm1d(outside)

    def forward(self, x: Tensor) -> Tensor:
        normalised: Tensor = self.bn(self.fc(x))
        return normalised.relu()


class LinearReIdHead(nn.Module):
    """Linear layers from features to an embedding; for training, a classifier of identities behind it.

    Attributes:
        fcs: Hidden layers.
        fc_out: Its output is the embedding.
        bn, classifier: Of the embedding; None without classes.
        margin: Of the triplet loss.
        triplet_weight: Factor of the triplet loss.
        class_weight: Factor of the cross entropy.
    """

    def __init__(
        self,
        *,
        in_channels: int = 2048,
        fc_channels: int = 1024,
        out_channels: int = 128,
        num_fcs: int = 1,
        num_classes: int = 0,
        margin: float = 0.3,
        triplet_weight: float = 1.0,
        class_weight: float = 1.0,
    ) -> None:
        """Make the head; weights are drawn at random.

        Args:
            in_channels: Numbers of a feature.
            fc_channels: Numbers between the linear layers.
            out_channels: Numbers of an embedding.
            num_fcs: Linear layers before the last.
            num_classes: Identities that are told apart in training; 0 for no classifier.
            margin: What the furthest of the same identity must be nearer by than the nearest other.
            triplet_weight: Factor of the triplet loss; raising it makes distances count for more than classes.
            class_weight: Factor of the cross entropy.
        """
        super().__init__()
        widths = [in_channels] + [fc_channels] * num_fcs
        self.fcs = nn.ModuleList(_FullyConnected(*pair) for pair in pairwise(widths))
        self.fc_out = nn.Linear(widths[-1], out_channels)
        self.bn = nn.BatchNorm1d(out_channels) if num_classes else None
        self.classifier = nn.Linear(out_channels, num_classes) if num_classes else None
        self.margin = margin
        self.triplet_weight = triplet_weight
        self.class_weight = class_weight

    def forward(self, features: Tensor) -> Tensor:
        """Return embeddings ``(N, out_channels)``, before their normalisation, of features ``(N, in_channels)``."""
        for layer in self.fcs:
            features = layer(features)
        embeddings: Tensor = self.fc_out(features)
        return embeddings

    def classify(self, embeddings: Tensor) -> Tensor:
        """Return a score for each identity, ``(N, num_classes)``, before softmax.

        Raises:
            ValueError: The head has no classifier.
        """
        if self.bn is None or self.classifier is None:
            raise ValueError("this head has no classifier: make it with num_classes, or load weights that have one")
        scores: Tensor = self.classifier(self.bn(embeddings))
        return scores

    def loss(self, features: Tensor, identities: Tensor) -> dict[str, Tensor]:
        """Return the losses of a batch, each a scalar: ``triplet_loss``, and with a classifier ``ce_loss``.

        Args:
            features: float ``(N, in_channels)``.
            identities: int64 ``(N,)``, of 0 to ``num_classes - 1``; several crops of each, for triplets.
        """
        embeddings = self(features)
        triplets = batch_hard_triplet_loss(embeddings, identities, margin=self.margin, weight=self.triplet_weight)
        losses = {"triplet_loss": triplets}
        if self.classifier is not None:
            losses["ce_loss"] = self.class_weight * functional.cross_entropy(self.classify(embeddings), identities)
        return losses
