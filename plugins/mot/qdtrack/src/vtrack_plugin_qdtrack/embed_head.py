"""What a box looks like, told by a small network, and the losses by which it learns.

Paper: Pang et al., "Quasi-Dense Similarity Learning for Multiple Object Tracking", CVPR 2021,
https://arxiv.org/abs/2006.06664. Layers, their names, targets and losses are those of ``QuasiDenseEmbedHead`` of
https://github.com/open-mmlab/mmtracking (Apache-2.0).
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Seq
from itertools import pairwise
from typing import NamedTuple

import attrs
import torch
import torch.nn.functional as F  # noqa: N812 - everyone calls it so
from torch import Tensor, nn

from vtrack_nets.convolution import ConvModule
from vtrack_nets.errors import CheckpointError
from vtrack_nets.losses import l2_loss, multi_positive_cross_entropy

__all__ = ["EmbedHead", "EmbedRules", "Similarities"]


@attrs.frozen(kw_only=True)
class EmbedRules:
    """What embeddings are learnt by.

    Attributes:
        weight: Of the loss over products.
        auxiliary_weight: Of the loss over cosines; 0 does without it.
        negatives_per_positive: Pairs in the latter that match not, for each that does, at most.
        positive_margin: Taken off the cosines of pairs that match.
        negative_margin: Taken off those of others.
        hard: Take the others of greatest loss; otherwise they are drawn.
        temperature: Products are cosines divided by it; 0 leaves products as they are.
    """

    weight: float = 0.25
    auxiliary_weight: float = 1.0
    negatives_per_positive: float = 3.0
    positive_margin: float = 0.0
    negative_margin: float = 0.1
    hard: bool = True
    temperature: float = 0.0


class Similarities(NamedTuple):
    """How alike the boxes of one picture are to those of another.

    Attributes:
        products: float ``(P, M)``.
        cosines: float ``(P, M)``.
    """

    products: Tensor
    cosines: Tensor


class EmbedHead(nn.Module):
    """Convolutions, hidden layers, and one layer to the embedding.

    Attributes:
        rules: What `loss` and `match` go by; may be replaced.
        embedding_length: Numbers of an embedding.
        size: Cells along each side of what comes in.
    """

    def __init__(
        self,
        *,
        in_channels: int = 256,
        size: int = 7,
        num_convs: int = 4,
        conv_channels: int = 256,
        num_fcs: int = 1,
        fc_channels: int = 1024,
        embedding_length: int = 256,
        norm: str = "group",
        rules: EmbedRules | None = None,
    ) -> None:
        """Make the layers.

        Args:
            in_channels: Of what comes in.
            size: Its cells along each side.
            num_convs: Convolutions, each normalised and followed by a ReLU.
            conv_channels: Their outputs.
            num_fcs: Hidden layers.
            fc_channels: Their outputs.
            embedding_length: Numbers of an embedding.
            norm: ``group`` (of 32 groups) or empty.
            rules: What is learnt by; None for mmtracking's.
        """
        super().__init__()
        self.rules = EmbedRules() if rules is None else rules
        self.size = size
        self.embedding_length = embedding_length
        channels = [in_channels, *[conv_channels] * num_convs]
        self.convs = nn.ModuleList(
            ConvModule(before, after, 3, norm=norm, activate=True) for before, after in pairwise(channels)
        )
        widths = [channels[-1] * size * size, *[fc_channels] * num_fcs]
        self.fcs = nn.ModuleList(nn.Linear(before, after) for before, after in pairwise(widths))
        self.fc_embed = nn.Linear(widths[-1], embedding_length)
        for layer in self.fcs:
            nn.init.xavier_uniform_(layer.weight)  # type: ignore[arg-type]
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
        nn.init.normal_(self.fc_embed.weight, std=0.01)
        nn.init.zeros_(self.fc_embed.bias)

    @classmethod
    def like(cls, state: Mapping[str, Tensor]) -> EmbedHead:
        """Return the head that weights are of, with other weights.

        Args:
            state: Under our names: ``convs.0.conv.weight``, ``fcs.0.weight``, ``fc_embed.weight``.

        Raises:
            CheckpointError: They are another network's.
        """
        convs = sum(name.startswith("convs.") and name.endswith(".conv.weight") for name in state)
        fcs = sum(name.startswith("fcs.") and name.endswith(".weight") for name in state)
        first = state.get("convs.0.conv.weight")
        widths = [state[name] for name in ("fcs.0.weight", "fc_embed.weight") if name in state]
        if first is None or first.ndim != 4 or "fc_embed.weight" not in state or any(each.ndim != 2 for each in widths):
            raise CheckpointError("holds no head that describes boxes; give the weights of a QDTrack")
        cells = widths[0].shape[1] // first.shape[0]
        return cls(
            in_channels=first.shape[1],
            size=round(cells**0.5),
            num_convs=convs,
            conv_channels=first.shape[0],
            num_fcs=fcs,
            fc_channels=widths[0].shape[0],
            embedding_length=widths[-1].shape[0],
            norm="group" if "convs.0.gn.weight" in state else "",
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return embeddings ``(n, D)`` of what was cut out of feature maps, ``(n, C, size, size)``."""
        for conv in self.convs:
            x = conv(x)
        x = x.flatten(1)
        for layer in self.fcs:
            x = F.relu(layer(x))
        embeddings: Tensor = self.fc_embed(x)
        return embeddings

    def match(
        self, keys: Tensor, references: Tensor, key_counts: Seq[int], reference_counts: Seq[int]
    ) -> list[Similarities]:
        """Return how alike the boxes of each picture are to those of its partner.

        Args:
            keys: Embeddings ``(sum of P, D)`` of the boxes that find something, picture after picture.
            references: Embeddings ``(sum of M, D)`` of all boxes of the partners.
            key_counts: P of each picture.
            reference_counts: M of each partner.
        """
        pairs = zip(torch.split(keys, list(key_counts)), torch.split(references, list(reference_counts)), strict=True)
        return [self._similarities(key.float(), reference.float()) for key, reference in pairs]

    def targets(
        self, matches: Seq[Tensor], key_objects: Seq[Tensor], reference_objects: Seq[Tensor], counts: Seq[int]
    ) -> list[tuple[Tensor, Tensor]]:
        """Return which boxes of each picture and its partner are one object.

        Args:
            matches: int64 ``(G,)`` for each picture, the partner's object that each of its objects is; -1 for none.
            key_objects: int64 ``(P,)``, the object that each box of the picture finds.
            reference_objects: int64 ``(Q,)``, the object that each of the first Q boxes of the partner finds.
            counts: M, all boxes of each partner.

        Returns:
            For each int32 ``(P, M)``, 1 where they are one object, and float32 ``(P,)``, 1 where there is one at all.
        """
        found = []
        for match, keys, references, count in zip(matches, key_objects, reference_objects, counts, strict=True):
            same = torch.zeros((len(keys), count), dtype=torch.int32, device=keys.device)
            same[:, : len(references)] = match[keys][:, None] == references
            found.append((same, (same.sum(dim=1) > 0).float()))
        return found

    def loss(self, similarities: Seq[Similarities], targets: Seq[tuple[Tensor, Tensor]]) -> dict[str, Tensor]:
        """Return ``loss_track`` and, unless it has no weight, ``loss_track_aux``, each the mean over pictures.

        Args:
            similarities: As `match` returns them.
            targets: As `targets` returns them.
        """
        rules, count = self.rules, len(similarities)
        losses: dict[str, Tensor] = {}
        for alike, (same, weights) in zip(similarities, targets, strict=True):
            found = {
                "loss_track": rules.weight
                * multi_positive_cross_entropy(alike.products, same, weights=weights, average=weights.sum())
            }
            if rules.auxiliary_weight:
                found["loss_track_aux"] = rules.auxiliary_weight * l2_loss(
                    alike.cosines,
                    same,
                    negatives_per_positive=rules.negatives_per_positive,
                    positive_margin=rules.positive_margin,
                    negative_margin=rules.negative_margin,
                    hard=rules.hard,
                )
            for name, value in found.items():
                losses[name] = losses.get(name, value.new_zeros(())) + value / count
        return losses

    def _similarities(self, keys: Tensor, references: Tensor) -> Similarities:
        cosines = F.normalize(keys, dim=1) @ F.normalize(references, dim=1).T
        warm = self.rules.temperature
        return Similarities(cosines / warm if warm > 0 else keys @ references.T, cosines)
