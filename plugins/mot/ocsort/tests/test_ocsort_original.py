"""OC-SORT against what the original code made of the same detections, in every similarity.

``ocsort_original.npz`` was written by a script that ran ``trackers/ocsort_tracker`` of
https://github.com/noahcao/OC_SORT (MIT licence) at commit 8462e7e, unchanged, with numpy 2.4 and lapx 0.11, over a
scene drawn at random: objects that cross and hide, unsure and false detections. Boxes are float32, handed over in
double precision as scores are. For each set of options it holds a row per reported box: frame, identity, and which of
the frame's detections it is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vtcore.instances import Instances
from vtrack_plugin_ocsort import OcSort

STORED = Path(__file__).with_name("ocsort_original.npz")


@pytest.mark.parametrize("use_byte", [False, True])
@pytest.mark.parametrize("similarity", ["iou", "giou", "diou", "ciou", "centre-distance"])
def test_tracks_are_the_originals(similarity: str, use_byte: bool) -> None:
    with np.load(STORED) as file:
        stored: dict[str, Any] = dict(file)
    parts = [np.flatnonzero(stored["frames"] == frame) for frame in range(90)]
    scene = [Instances(stored["boxes"][part], stored["scores"][part]) for part in parts]
    for delta_t, inertia in ((3, 0.2), (1, 0.6), (6, 0.05)):
        tracker = OcSort(similarity=similarity, use_byte=use_byte, delta_t=delta_t, inertia=inertia, max_age=15)
        rows = stored[f"{similarity}/{use_byte}/{delta_t}/{inertia}"].tolist()
        wanted = {(frame, index): identity for frame, identity, index in rows}
        found = {}
        for frame, detections in enumerate(scene):
            tracks = tracker.update(None, detections)
            for identity, index in zip(tracks.ids.tolist(), tracks.detection_index.tolist(), strict=True):
                found[frame, index] = identity
        assert sorted(found) == sorted(wanted)
        # The original numbers tracks in another order.
        names = {(wanted[key], identity) for key, identity in found.items()}
        assert len(names) == len({theirs for theirs, _ in names}) == len({ours for _, ours in names})
