"""From feature maps and boxes to embeddings: cutting, then the head that describes what was cut out."""

from __future__ import annotations

from collections.abc import Sequence as Seq
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from vtcore.errors import OptionError
from vtrack_nets.checkpoints import load_state
from vtrack_nets.loading import converted, load_weights
from vtrack_nets.roi_features import RoIExtractor
from vtrack_nets.roi_head import RoISamples
from vtrack_nets.sources import local_file
from vtrack_plugin_qdtrack.embed_head import EmbedHead

__all__ = ["TrackHead", "convert_track_head", "load_track_head"]

_PREFIX = "track_head."
_HEAD = "embed_head."


class TrackHead(nn.Module):
    """Describes boxes out of the maps of a pyramid; weights are named as in mmtracking.

    Attributes:
        extractor: Cuts boxes out of maps.
        embed_head: Describes what was cut out.
    """

    def __init__(self, embed_head: EmbedHead | None = None, *, strides: Seq[int] = (4, 8, 16, 32)) -> None:
        """Put the two together.

        Args:
            embed_head: The layers; None for those of the paper.
            strides: Of each map that is looked at, finest first.
        """
        super().__init__()
        self.embed_head = EmbedHead() if embed_head is None else embed_head
        self.extractor = RoIExtractor(strides, size=self.embed_head.size)

    def forward(self, *values: Any) -> Tensor:
        """Return embeddings ``(sum of n, D)``, picture after picture.

        Args:
            values: Maps ``(N, C, h, w)``, finest first, and then a list of boxes ``(n, 4)`` ``x1, y1, x2, y2`` of each
                picture, in pixels of the network's picture.
        """
        *maps, boxes = values
        embeddings: Tensor = self.embed_head(self.extractor(maps, boxes))
        return embeddings

    def loss(
        self,
        maps: Seq[Tensor],
        samples: Seq[RoISamples],
        partner_maps: Seq[Tensor],
        partner_samples: Seq[RoISamples],
        matches: Seq[Tensor],
    ) -> dict[str, Tensor]:
        """Return the losses over pairs of pictures.

        Args:
            maps: Of the pictures.
            samples: The boxes of each to learn from, as `vtrack_nets.roi_head.RoIHead.sample` chooses them; only those
                that find something are looked at.
            partner_maps: Of the other picture of each pair.
            partner_samples: Its boxes, all of them looked at.
            matches: int64 ``(G,)`` for each pair, the partner's object that each object is; -1 for none.
        """
        head = self.embed_head
        keys = [each.boxes[: len(each.objects)] for each in samples]
        references = [each.boxes for each in partner_samples]
        counts = [len(each) for each in references]
        alike = head.match(self(*maps, keys), self(*partner_maps, references), [len(each) for each in keys], counts)
        objects = [each.objects for each in samples], [each.objects for each in partner_samples]
        return head.loss(alike, head.targets(matches, *objects, counts))


def convert_track_head(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return a checkpoint's tensors under our names, ``embed_head.*``; what is ours already passes unchanged.

    Args:
        state: Of mmtracking's or mmdetection's QDTrack, whose detector is left out, or of its head alone.
    """
    names = {name.removeprefix(_PREFIX): value for name, value in state.items()}
    return {name: value for name, value in names.items() if name.startswith(_HEAD)}


def load_track_head(weights: str | Path, sha256: str = "") -> TrackHead:
    """Return the head that weights are of, with them.

    Args:
        weights: File or address.
        sha256: What the file must hash to; empty checks nothing.

    Raises:
        OptionError: No weights are given.
        CheckpointError: They cannot be read, or hold no such head.
    """
    if not str(weights):
        raise OptionError('weights: none are given; write weights = "file or address"')
    path = local_file(weights, sha256)

    def of_head(state: dict[str, Tensor]) -> dict[str, Tensor]:
        return {name.removeprefix(_HEAD): value for name, value in convert_track_head(state).items()}

    head = TrackHead(EmbedHead.like(converted(load_state(path, sha256=sha256), of_head, path)))
    load_weights(head, path, sha256=sha256, convert=convert_track_head)
    return head
