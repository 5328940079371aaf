"""Embeddings that a re-identification puts into detections: stored with them, and found again only with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vtcore
from vtcore.detection_cache import DetectionCache, detect_once
from vtcore.experiments import Experiment
from vtcore.runs import Run
from vtcore.sweeps.replay import detection_key

Load = Callable[..., Experiment]
ALL = list(range(9))
FACE = {"type": "face"}


def run(experiment: Experiment) -> tuple[dict[str, bytes], list[str]]:
    """Run and return the bytes of the results by file, and the notes."""
    made = Run(experiment)
    made.execute(overwrite=True)
    return {path.name: path.read_bytes() for path in sorted(made.folder.results.iterdir())}, made.notes


def entries(folder: Path) -> list[bool]:
    """Whether each entry of the cache is one with embeddings, sorted."""
    return sorted("reid" in entry.about["setup"] for entry in DetectionCache(folder).entries())


def test_files_are_the_same_to_the_last_byte(experiment: Load, eyes: Any, cache_folder: Path) -> None:
    plain, _ = run(experiment("run.cache=off", reid=FACE))
    without, _ = run(experiment("run.cache=off"))
    assert plain != without
    assert (len(eyes.seen), eyes.described) == (18, ALL)
    filled, notes = run(experiment("run.cache=fill", reid=FACE))
    assert notes == [
        f"detections and embeddings of street stored in cache ({cache_folder})",
        f"detections of street stored in cache ({cache_folder})",
    ]
    assert (eyes.seen, eyes.described) == (ALL, ALL)
    assert entries(cache_folder) == [False, True]
    eyes.made, eyes.faces_made  # noqa: B018 - forgotten
    replayed, notes = run(experiment(reid=FACE))
    assert notes == [f"detections and embeddings of street replayed from cache ({cache_folder})"]
    assert (eyes.seen, eyes.described, eyes.made, eyes.faces_made) == ([], [], 0, 0)
    assert plain == filled == replayed


@pytest.mark.parametrize("batch", [1, 4])
def test_stored_detections_are_only_described(experiment: Load, eyes: Any, cache_folder: Path, batch: int) -> None:
    """What was detected without the re-identification, or with another, need not be detected again."""
    options = f"detector.batch={batch}"
    plain, _ = run(experiment("run.cache=off", options, reid=FACE))
    longer, _ = run(experiment("run.cache=off", options, reid=FACE | {"length": 7}))
    run(experiment("run.cache=fill", options))
    assert entries(cache_folder) == [False]
    eyes.seen, eyes.described, eyes.made, eyes.faces_made  # noqa: B018 - forgotten
    described, notes = run(experiment(options, reid=FACE))
    assert notes == [f"detections of street replayed from cache ({cache_folder})"]
    assert (eyes.seen, eyes.described, eyes.made, eyes.faces_made) == ([], ALL, 0, 1)
    assert described == plain
    filled, _ = run(experiment("run.cache=fill", options, reid=FACE | {"length": 7}))
    assert (eyes.seen, eyes.described) == ([], ALL)
    assert filled == longer
    assert entries(cache_folder) == [False, True]
    events = [json.loads(line) for line in Path("runs/experiment/log.jsonl").read_text().splitlines()]
    assert [event["sequence"] for event in events if event["event"] == "detections_replayed"] == ["street"]


def test_detections_with_embeddings_serve_no_run_without(experiment: Load, eyes: Any) -> None:
    plain, _ = run(experiment("run.cache=off"))
    detect_once(experiment(reid=FACE), _sequence(experiment()))
    replayed, _ = run(experiment())
    assert eyes.seen == ALL * 2
    assert replayed == plain


@pytest.mark.parametrize("change", [{"length": 4}, {"weights": "face.bin"}])
def test_another_re_identification_is_another_entry(experiment: Load, eyes: Any, change: dict[str, Any]) -> None:
    Path("face.bin").write_bytes(b"1")
    for _ in range(2):
        detect_once(experiment(reid=FACE), _sequence(experiment()))
    assert (eyes.seen, eyes.described) == (ALL, ALL)
    changed = experiment(reid=FACE | change)
    detect_once(changed, _sequence(changed))
    assert (eyes.seen, eyes.described) == ([], ALL)
    Path("face.bin").write_bytes(b"2")
    detect_once(changed, _sequence(changed))
    assert (eyes.seen, eyes.described) == ([], ALL if "weights" in change else [])


def test_options_that_networks_compute_by_are_part_of_the_key(experiment: Load, eyes: Any) -> None:
    for option in ("run.seed=0", "run.channels_last=true", "run.compile=true", "run.dtype=float16"):
        run(experiment("run.cache=fill", option))
        assert eyes.seen == ALL


def test_once_with_embeddings(experiment: Load) -> None:
    loaded = experiment(reid=FACE)
    stored = detect_once(loaded, _sequence(loaded))
    assert not stored.temporary
    for index in range(9):
        embeddings = stored.detections(index).embeddings
        assert embeddings is not None
        assert embeddings.shape == (index % 4, 3)


def test_a_re_identification_that_is_not_to_be_cached(experiment: Load, eyes: Any, cache_folder: Path) -> None:
    loaded = experiment("run.cache=fill", reid=FACE | {"cacheable": False})
    _, notes = run(loaded)
    assert notes == [
        "detections are not cached: reid 'face' is never cached: its config says so",
        f"detections of street stored in cache ({cache_folder})",
    ]
    assert entries(cache_folder) == [False]
    stored = detect_once(loaded, _sequence(loaded))
    assert stored.temporary
    assert stored.detections(3).embeddings is not None
    assert eyes.seen == ALL


def test_given_detections_are_stored_with_embeddings_only(
    experiment: Load, eyes: Any, cache_folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "found.txt"
    file.write_text("".join(f"{frame},-1,{frame},2,9,9,0.8\n" for frame in range(1, 10)))
    given = {"type": "given", "path": str(file)}
    plain, _ = run(experiment("run.cache=off", detector=given, reid=FACE))
    filled, notes = run(experiment("run.cache=fill", detector=given, reid=FACE))
    assert notes == [f"detections and embeddings of street stored in cache ({cache_folder})"]
    assert eyes.described == ALL * 2
    replayed, _ = run(experiment(detector=given, reid=FACE))
    assert eyes.described == []
    assert plain == filled == replayed
    assert entries(cache_folder) == [True]
    file.write_text(file.read_text().replace("0.8", "0.7"))
    run(experiment(detector=given, reid=FACE))
    assert eyes.described == ALL


def test_sweeps_tell_re_identifications_apart(experiment: Load) -> None:
    keys = {detection_key(experiment(**tables)) for tables in ({}, {"reid": FACE}, {"reid": FACE | {"length": 4}})}
    assert len(keys) == 3


def test_a_swept_re_identification_is_replayed(experiment: Load, eyes: Any, sequences: Any) -> None:
    from vtcore.components import BuildContext
    from vtcore.sweeps.replay import Replay

    first = experiment(reid=FACE)
    replay = Replay(sequences(first), BuildContext(), eyes.host)
    for length in (3, 4, 3):
        ((replayed),) = replay.sequences(experiment(reid=FACE | {"length": length}))
        shapes = [each.embeddings.shape for each in replayed.detections if each.embeddings is not None]
        assert shapes == [(index % 4, length) for index in ALL]
    assert (eyes.seen, eyes.described) == (ALL, ALL * 2)
    np.testing.assert_array_equal([frame.index for frame in replayed.frames], ALL)


def _sequence(experiment: Experiment) -> Any:
    from vtcore.components import build

    assert experiment.dataset is not None
    (sequence,) = build(experiment.dataset).sequences()
    return sequence


def test_an_object_that_describes_is_handed_stored_detections(experiment: Load, eyes: Any, street: Path) -> None:
    """Nobody knows what it would say in another run, so only the detections are replayed."""

    class Place:
        def embed(self, frames: Any, boxes: Any) -> Any:
            return [each[:, :2].copy() for each in boxes]

    detect_once(experiment(reid=FACE), _sequence(experiment()))
    eyes.seen, eyes.described  # noqa: B018 - forgotten
    scores = {}
    for name, reid in (("place", Place()), ("face", "face")):
        tracked = list(vtcore.track(street, detector="eyes", reid=reid, tracker="numbers"))
        scores[name] = [float(each.scores.sum()) for each in tracked]
        assert (eyes.seen, eyes.described) == ([], [])
    assert len(scores["place"]) == 9
    assert scores["place"] != scores["face"]
    # The tracker sums what it is handed: the upper left corners.
    stored = detect_once(experiment(reid=FACE), _sequence(experiment()))
    expected = [float(stored.detections(index).boxes[:, :2].sum(axis=1).sum()) for index in ALL]
    assert scores["place"] == pytest.approx(expected)
