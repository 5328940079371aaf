"""What is kept of a tracker that goes on from one sequence to the next, and which sequences a resumed run leaves."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pytest

from vtcore.errors import OutputError, ResumeError
from vtcore.runs.kept_states import KeptStates
from vtcore.state import Stateful

NAMES = ["a", "b", "c"]


class Counter(Stateful):
    _STATE: ClassVar[tuple[str, ...]] = ("count",)

    def __init__(self, count: int = 0) -> None:
        self.count = count


def kept(folder: Path, *counts: int) -> None:
    for name, count in zip(NAMES, counts, strict=False):
        KeptStates(folder, Counter(count), persist=True).keep(name)


def test_a_tracker_goes_on_from_the_last_sequence_that_is_done(tmp_path: Path) -> None:
    kept(tmp_path / "state", 5, 8)
    tracker = Counter()
    states = KeptStates(tmp_path / "state", tracker, persist=True)
    done = states.done(NAMES, {"a", "b"})
    assert done == {"a", "b"}
    states.go_on(NAMES, done)
    assert tracker.count == 8
    assert sorted(path.name for path in (tmp_path / "state").iterdir()) == ["a.npz", "b.npz"]


@pytest.mark.parametrize(
    ("finished", "states", "wanted"),
    [
        ({"a", "c"}, 3, {"a"}),
        ({"b", "c"}, 3, set()),
        ({"a", "b", "c"}, 1, {"a"}),
        ({"a", "b", "c"}, 3, {"a", "b", "c"}),
        (set(), 0, set()),
    ],
)
def test_what_follows_a_gap_is_tracked_again(tmp_path: Path, finished: Any, states: int, wanted: Any) -> None:
    kept(tmp_path, *range(states))
    tracker = Counter(-1)
    kept_states = KeptStates(tmp_path, tracker, persist=True)
    done = kept_states.done(NAMES, finished)
    assert done == wanted
    kept_states.go_on(NAMES, done)
    # Where nothing is done, and where nothing is left to do, the tracker is as it was made.
    assert tracker.count == (0 if wanted == {"a"} else -1)


@pytest.mark.parametrize("tracker", [Counter(), object(), None])
def test_nothing_is_kept_of_a_tracker_that_does_not_persist(tmp_path: Path, tracker: Any) -> None:
    states = KeptStates(tmp_path / "state", tracker, persist=False)
    states.keep("a")
    assert states.done(NAMES, {"c"}) == {"c"}
    states.go_on(NAMES, {"c"})
    assert not (tmp_path / "state").exists()


def test_a_tracker_without_state_is_refused_when_it_should_go_on(tmp_path: Path) -> None:
    states = KeptStates(tmp_path / "run/state", object(), persist=True, name="strange")
    states.keep("a")
    assert states.done(NAMES, {"a", "c"}) == {"a"}
    with pytest.raises(ResumeError) as refused:
        states.go_on(NAMES, {"a"})
    assert str(refused.value) == (
        f"{tmp_path / 'run'}: tracker 'strange' goes on from one sequence to the next (persist), but has no state_dict "
        "and load_state_dict to continue a run with; start again with --overwrite"
    )
    states.go_on(NAMES, set(NAMES))
    states.go_on(NAMES, set())


@pytest.mark.parametrize("content", [b"", b"nonsense", None])
def test_a_broken_state_is_named(tmp_path: Path, content: bytes | None) -> None:
    kept(tmp_path, 5)
    path = tmp_path / "a.npz"
    path.write_bytes(path.read_bytes()[:-40] if content is None else content)
    with pytest.raises(ResumeError) as refused:
        KeptStates(tmp_path, Counter(), persist=True).go_on(NAMES, {"a"})
    message = "no state to continue with: the file is damaged; start again with --overwrite"
    assert str(refused.value) == f"{path}: {message}"


def test_another_trackers_state_is_named(tmp_path: Path) -> None:
    class Other(Counter):
        pass

    kept(tmp_path, 5)
    with pytest.raises(ResumeError, match=r"a.npz: no state to continue with: this is no state of Other: it is one of"):
        KeptStates(tmp_path, Other(), persist=True).go_on(NAMES, {"a"})


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("in the way")
    with pytest.raises(OutputError, match=r"state/a.npz: cannot be written"):
        kept(tmp_path / "state", 5)
