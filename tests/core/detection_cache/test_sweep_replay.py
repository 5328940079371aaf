"""Detections of a detector that looks at pictures, replayed for many settings."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vtcore.components import BuildContext
from vtcore.experiments import Experiment
from vtcore.sweeps.replay import _KEPT, Replay

Load = Callable[..., Experiment]


def found(replay: Replay, experiment: Experiment) -> list[bytes]:
    return [each.scores.tobytes() for replayed in replay.sequences(experiment) for each in replayed.detections]


@pytest.mark.parametrize("cacheable", ["true", "false"])
def test_more_settings_than_are_kept_in_memory(experiment: Load, eyes: Any, sequences: Any, cacheable: str) -> None:
    first = experiment()
    replay = Replay(sequences(first), BuildContext(), eyes.host)
    many = [
        experiment(f"detector.cacheable={cacheable}", f"detector.threshold={number / 20}")
        for number in range(_KEPT + 3)
    ]
    answers = [found(replay, each) for each in many]
    assert len({tuple(answer) for answer in answers}) == len(many)
    assert len(eyes.seen) == 9 * len(many)
    assert [found(replay, each) for each in many] == answers
    assert eyes.seen == []


def test_what_was_taken_away_meanwhile_is_computed_anew(
    experiment: Load, eyes: Any, sequences: Any, cache_folder: Path
) -> None:
    loaded = experiment()
    replay = Replay(sequences(loaded), BuildContext(), eyes.host)
    answer = found(replay, loaded)
    shutil.rmtree(cache_folder)
    other = Replay(sequences(loaded), BuildContext(), eyes.host, replay.stored)
    assert found(other, loaded) == answer
    assert len(eyes.seen) == 18


def test_pictures_are_there_for_those_who_look(experiment: Load, eyes: Any, sequences: Any) -> None:
    blind = experiment("detector.replace=true")
    looking = experiment("detector.replace=true", "tracker.image=true")
    replay = Replay(sequences(blind), BuildContext(), eyes.host)
    for loaded, looks in ((blind, False), (looking, True), (blind, False)):
        (replayed,) = replay.sequences(loaded)
        assert [frame.image is not None for frame in replayed.frames] == [looks] * 9
    assert eyes.made == 0
