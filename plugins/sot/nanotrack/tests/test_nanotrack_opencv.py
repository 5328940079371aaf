"""With the options of OpenCV's tracker, the boxes of OpenCV's tracker: in every frame, to the pixel."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from vtcore.components import BuildContext
from vtcore.frames import Frame
from vtcore.instances import Instances
from vtrack_plugin_nanotrack import NanoTrack

DATA = Path(os.environ.get("VTCORE_REFERENCE_DATA", Path(__file__).parents[5] / "shared" / "data")) / "real"
FILES = [DATA / "weights" / f"nanotrackv2_{part}.onnx" for part in ("backbone", "head")]


@pytest.mark.data
@pytest.mark.skipif(not all(file.is_file() for file in FILES), reason="the weights are not in the reference data")
@pytest.mark.parametrize(
    ("name", "box"), [("sot_vot15_bag", (292, 125, 150, 140)), ("sot_otb_crossing", (204, 150, 17, 50))]
)
def test_boxes_of_opencv(name: str, box: tuple[int, int, int, int]) -> None:
    files = sorted((DATA / name / "img").glob("*.jpg"))[:60]
    if not files:
        pytest.skip(f"{name} is not in the reference data")
    images = [np.asarray(cv2.imread(str(file)), np.uint8) for file in files]
    parameters = cv2.TrackerNano_Params()
    parameters.backbone, parameters.neckhead = map(str, FILES)
    theirs = cv2.TrackerNano_create(parameters)
    theirs.init(images[0], box)
    ours = NanoTrack(
        str(FILES[0]),
        head=str(FILES[1]),
        compat="opencv",
        channel_order="rgb",
        penalty_k=0.055,
        window_influence=0.455,
        lr=0.37,
        context=BuildContext(device="cpu"),
    )
    ours.start(Frame(0, images[0]), Instances.from_ltwh([box], ids=[0]))
    for index, image in enumerate(images[1:], 1):
        x, y, width, height = theirs.update(image)[1]
        tracks = ours.update(Frame(index, image), Instances.empty())
        assert tracks.boxes[0].tolist() == [x, y, x + width, y + height], index
        assert tracks.scores[0] == pytest.approx(theirs.getTrackingScore(), abs=1e-3)
