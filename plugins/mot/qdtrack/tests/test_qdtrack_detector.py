"""The head that describes boxes, and the detector that has one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
import torch

import vtcore
from vtcore import load_experiment
from vtcore.components import BuildContext, build
from vtcore.errors import OptionError
from vtcore.frames import Frame
from vtrack_nets import CheckpointError
from vtrack_nets.roi_head import RoISamples
from vtrack_plugin_qdtrack import EmbedHead, EmbedRules, QDTrackDetector, TrackHead, load_track_head

PICTURES = np.random.default_rng(0).integers(0, 255, (3, 48, 64, 3)).astype(np.uint8)
FRAMES = [Frame(index, picture) for index, picture in enumerate(PICTURES)]


def made(options: dict[str, Any], kind: str = "detector", **others: Any) -> Any:
    tables = {f"{kind}.{key}": value for key, value in {**options, **others}.items()}
    return build(getattr(load_experiment({}, tables), kind), BuildContext(device="cpu"))


def test_the_head_is_as_its_weights(checkpoint: Path) -> None:
    head = load_track_head(checkpoint).embed_head
    assert (head.embedding_length, head.size, len(head.convs), len(head.fcs)) == (8, 7, 2, 1)
    again = TrackHead(EmbedHead.like(head.state_dict()))
    assert [each.shape for each in again.state_dict().values()] == [each.shape for each in head.state_dict().values()]
    bare = EmbedHead(in_channels=32, conv_channels=24, num_fcs=0, num_convs=1, norm="", embedding_length=5, size=3)
    like = EmbedHead.like(bare.state_dict())
    assert like(torch.ones(2, 32, 3, 3)).shape == (2, 5)


def test_other_networks_weights_are_refused(tmp_path: Path) -> None:
    torch.save({"detector.backbone.conv1.weight": torch.ones(3)}, tmp_path / "other.pth")
    with pytest.raises(CheckpointError, match="holds no head that describes boxes; give the weights of a QDTrack"):
        load_track_head(tmp_path / "other.pth")
    with pytest.raises(ValueError, match='weights: none are given; write weights = "file or address"'):
        load_track_head("")


def test_names_of_weights_are_ours_once_converted(checkpoint: Path) -> None:
    state = torch.load(checkpoint, weights_only=True)["state_dict"]
    ours = QDTrackDetector.convert_weights(state)
    assert ours.keys() == load_track_head(checkpoint).state_dict().keys()
    assert QDTrackDetector.convert_weights(ours).keys() == ours.keys()


def test_boxes_are_described(options: dict[str, Any]) -> None:
    detector = made(options)
    assert detector.classes == ("class 0", "class 1") or len(detector.classes) == 2
    found = detector.detect(FRAMES)
    assert [each.embeddings.shape for each in found] == [(8, 8)] * 3
    assert {"embed", "forward"} <= detector.seconds.keys()
    # Two of them at once, and a picture of another size between: the same.
    others = made(options, **{"detector.batch_size": 2})
    wide = Frame(3, np.ascontiguousarray(PICTURES[0][:32]))
    for one, other in zip(found, others.detect([*FRAMES, wide])[:3], strict=True):
        assert one.boxes == pytest.approx(other.boxes, abs=1e-3)
        assert one.embeddings == pytest.approx(other.embeddings, abs=1e-4)
    assert detector.detect([]) == []
    with pytest.raises(ValueError, match=r"<Frame 5> has no image; detector 'qdtrack' needs one"):
        detector.detect([Frame(5)])


def test_an_embedding_is_of_its_box(options: dict[str, Any]) -> None:
    detector = made(options)
    extracted = detector.extract([PICTURES[0]])
    (found,) = detector.detect_in(extracted)
    with torch.inference_mode():
        boxes = torch.from_numpy(found.boxes) * extracted.factors[0]
        wanted = detector.head(*extracted.features, [boxes])
    assert found.embeddings == pytest.approx(wanted.numpy(), abs=1e-5)


def test_classes_may_be_chosen(options: dict[str, Any]) -> None:
    everything = made(options)
    names = everything.classes
    only = made(options, classes=[names[1]])
    assert only.classes == names[1:]
    (all_found,), (found,) = everything.detect(FRAMES[:1]), only.detect(FRAMES[:1])
    assert len(found) == (all_found.labels == 1).sum()
    assert not found.labels.any()
    with pytest.raises(ValueError, match="classes: the detector finds no 'dragon'"):
        made(options, classes=["dragon"])
    with pytest.raises(ValueError, match="finds 1 of its network's 2 classes; leave classes out there"):
        made(options, **{"detector.classes": [names[0]]})


def test_it_wants_a_detector_with_feature_maps(checkpoint: Path) -> None:
    with pytest.raises(OptionError, match="detector: must be one that hands out its feature maps, such as faster-rcnn"):
        QDTrackDetector(weights=str(checkpoint), detector=vtcore)


def test_the_networks_defaults_are_mmtrackings() -> None:
    inner = load_experiment({}, {"detector.type": "qdtrack"}).detector.config.detector.config  # type: ignore[union-attr]
    assert (inner.backbone.config.style, inner.clip_border, inner.scale) == ("caffe", False, (1088, 1088))
    assert (inner.mean, inner.std, inner.channel_order) == ((103.53, 116.28, 123.675), (1, 1, 1), "bgr")


def test_a_tracker_with_a_detector_is_both(options: dict[str, Any]) -> None:
    detector = made(options)
    separate = made({"type": "qdtrack", "new_track_threshold": 0.0}, "tracker")
    inner = {f"detector.{key}": value for key, value in options.items()}
    together = made({"type": "qdtrack", "new_track_threshold": 0.0, **inner}, "tracker")
    for frame in FRAMES:
        (found,) = detector.detect([frame])
        wanted, tracks = separate.update(frame, found), together.update(frame)
        assert tracks.ids.tolist() == wanted.ids.tolist()
        assert tracks.boxes == pytest.approx(wanted.boxes, abs=1e-3)
        assert together.fates.tolist() == separate.fates.tolist()


@pytest.mark.parametrize("whole", [False, True])
def test_it_runs(options: dict[str, Any], tmp_path: Path, whole: bool) -> None:
    keys = {
        "dataset.type": "synthetic",
        "dataset.sequences": 1,
        "dataset.frames": 4,
        "dataset.width": 96,
        "dataset.height": 64,
        "tracker.type": "qdtrack",
        "tracker.new_track_threshold": 0.0,
        "run.output": str(tmp_path / "run"),
        "run.device": "cpu",
        "run.report": False,
        # The network's classes are two, the data's one: by name the first is that one.
        "tracker.per_class": False,
    }
    place = "tracker.detector" if whole else "detector"
    names = {f"{place}.detector.class_names": ["person", "cat"]}
    keys |= {f"{place}.{key}": value for key, value in options.items()} | names
    vtcore.run(load_experiment({}, keys))
    (results,) = (tmp_path / "run" / "results").iterdir()
    assert len(results.read_text().splitlines()) > 4


def test_the_head_learns(checkpoint: Path) -> None:
    head = load_track_head(checkpoint).train()
    head.embed_head.rules = attrs.evolve(EmbedRules(), hard=True)
    maps = [torch.randn(1, 32, 64 // step, 64 // step) for step in (4, 8, 16, 32)]
    boxes = torch.tensor([[0.0, 0, 30, 30], [20, 20, 60, 60], [5, 30, 25, 60], [30, 2, 60, 20]])
    samples = [RoISamples(boxes, torch.tensor([0, 1]))]
    # The second object is not in the other picture.
    losses = head.loss(maps, samples, maps, samples, [torch.tensor([0, -1])])
    assert losses.keys() == {"loss_track", "loss_track_aux"}
    sum(losses.values()).backward()
    assert all(bool(each.grad.isfinite().all()) and bool(each.grad.any()) for each in head.parameters())
    head.embed_head.rules = EmbedRules(auxiliary_weight=0, temperature=0.1)
    assert head.loss(maps, samples, maps, samples, [torch.tensor([0, -1])]).keys() == {"loss_track"}


def test_the_ready_experiment_loads(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VTCORE_DATA", str(tmp_path))
    experiment = load_experiment("qdtrack:mot17")
    assert experiment.detector is not None
    inner = experiment.detector.config.detector.config
    assert inner.weights == experiment.detector.config.weights
    assert inner.class_names == ("pedestrian",)
