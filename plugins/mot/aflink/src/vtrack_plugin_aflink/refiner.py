"""AFLink, appearance-free link: tracks joined by a network that sees where and when they were.

Paper: Du et al., "StrongSORT: Make DeepSORT Great Again", IEEE TMM 2023, https://arxiv.org/abs/2202.13514. Followed:
MMDetection 3.3.0 (Apache-2.0), ``mmdet/models/task_modules/tracking/aflink.py``. That code takes the places of tracks
for their ids, which is repeated with ``compat="mmdetection"``; what differs otherwise is in the documentation.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from torch import Tensor

from vtcore.components import BuildContext
from vtcore.instances import Float32Array, Float64Array, Int64Array
from vtcore.tables import TrackTable
from vtrack_common_mot.table_tracks import Tracks, with_columns
from vtrack_nets.device import resolve_device
from vtrack_nets.loading import load_weights
from vtrack_plugin_aflink.config import AFLinkConfig
from vtrack_plugin_aflink.features import beginnings, endings, standardised
from vtrack_plugin_aflink.linking import best_pairs, first_rows, joined_ids, joined_ids_by_number
from vtrack_plugin_aflink.network import LinkNetwork
from vtrack_plugin_aflink.pairs import near_pairs

__all__ = ["AFLink"]

_EXACT = partial(torch.backends.cudnn.flags, enabled=True, allow_tf32=False, deterministic=True)
"""Convolutions in TF32 would move confidences by a thousandth from one device to the next."""

_FIRST_FRAME = 1
"""Number of the first frame for the network: as in MOT text, which the published code works on."""


class AFLink:
    """Joins tracks; the joined one has the id of the earliest. Rows without an identity stay.

    Boxes stay as they are. A row is dropped only where both tracks have one in the same frame. Gaps stay open.

    Attributes:
        network: The network, in evaluation mode, on its device.
    """

    def __init__(
        self,
        weights: str,
        temporal_threshold: tuple[int, int] = (0, 30),
        spatial_threshold: float = 75.0,
        confidence_threshold: float = 0.95,
        per_class: bool = True,
        length: int = 30,
        batch_size: int = 256,
        device: str = "",
        compat: str = "",
        weights_sha256: str = "",
        *,
        context: BuildContext | None = None,
    ) -> None:
        """Load the network.

        Args:
            weights: File or address of its weights.
            temporal_threshold: Least and most frames from the last row of a track to the first of the other.
            spatial_threshold: Farthest that the left upper corners of these boxes may lie apart, in pixels.
            confidence_threshold: Least confidence in two tracks that are joined.
            per_class: Join tracks of the same class only.
            length: Rows of either track that the network looks at.
            batch_size: Pairs judged at once.
            device: Where the network computes; empty takes the context's.
            compat: ``"mmdetection"`` takes a track's place in order of appearance for its id.
            weights_sha256: SHA-256 of the weights' file, whole or its first 8 digits or more; empty does not check it.
            context: Device of the run.

        Raises:
            ValueError: An option is out of bounds.
            CheckpointError: The weights are missing, damaged, or another network's.
            DownloadError: An address cannot be fetched.
            DeviceError: There is no such device.
        """
        self.config = AFLinkConfig(
            weights=str(weights),
            temporal_threshold=temporal_threshold,
            spatial_threshold=spatial_threshold,
            confidence_threshold=confidence_threshold,
            per_class=per_class,
            length=length,
            batch_size=batch_size,
            device=device,
            compat=compat,
            weights_sha256=weights_sha256,
        )
        self._device = resolve_device(device or (context or BuildContext()).device)
        self.network = LinkNetwork()
        load_weights(self.network, weights, sha256=weights_sha256, convert=self.convert_weights)
        self.network.eval().to(self._device)

    @staticmethod
    def convert_weights(state: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return a checkpoint's tensors under our names, which are the published ones.

        Args:
            state: Tensors by name.
        """
        return dict(state)

    def refine(self, table: TrackTable, *, sequence: str = "", length: int | None = None) -> TrackTable:
        """Return the table with tracks joined.

        Args:
            table: Tracks; a track is all rows of an id.
            sequence: Not used.
            length: Not used.
        """
        config, tracks = self.config, Tracks.of(table, by_appearance=True)
        before, after = near_pairs(
            table, tracks, config.temporal_threshold, config.spatial_threshold, per_class=config.per_class
        )
        confidence = self.confidence(table, tracks, before, after)
        sure = confidence >= np.float32(config.confidence_threshold)
        before, after = best_pairs(before[sure], after[sure], confidence[sure], len(tracks))
        if len(before) == 0:
            return table
        if config.compat:
            return _with_ids(table, joined_ids_by_number(table, before, after), np.sort(tracks.rows))
        return _with_ids(table, joined_ids(table, tracks, before, after), tracks.rows)

    def confidence(self, table: TrackTable, tracks: Tracks, before: Int64Array, after: Int64Array) -> Float32Array:
        """Judge pairs of tracks, near or not.

        Args:
            table: The table.
            tracks: Its tracks, by appearance.
            before: int64 ``(P,)``, numbers of the earlier tracks.
            after: int64 ``(P,)``, numbers of the later ones.

        Returns:
            float32 ``(P,)``, how sure the network is that each pair is one track, 0 to 1.
        """
        rows = tracks.rows
        places = np.column_stack((table.frames[rows] + float(_FIRST_FRAME), table.ltwh[rows, :2]))
        found = np.empty(len(before), np.float32)
        for start in range(0, len(before), self.config.batch_size):
            batch = slice(start, start + self.config.batch_size)
            found[batch] = self._judge(places, tracks, before[batch], after[batch])
        return found

    def _judge(self, places: Float64Array, tracks: Tracks, before: Int64Array, after: Int64Array) -> Float32Array:
        size = self.config.length
        first = endings(places, tracks.starts[before], tracks.lengths[before], size)
        second = beginnings(places, tracks.starts[after], tracks.lengths[after], size)
        with torch.inference_mode(), _EXACT():
            inputs = [
                torch.from_numpy(each[:, None].astype(np.float32)).to(self._device)
                for each in standardised(first, second)
            ]
            judged: Float32Array = self.network(*inputs).cpu().numpy()
        return judged


def _with_ids(table: TrackTable, ids: Int64Array, rows: Int64Array) -> TrackTable:
    """Return the table with other ids; of rows of one frame and id the first in the order of `rows` stays."""
    renamed = with_columns(table, ids=ids)
    stays = first_rows(table.frames, ids, rows)
    return renamed if stays.all() else renamed.select(stays)
