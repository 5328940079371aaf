"""States: out of an object, through a file, into another."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path
from typing import Any, ClassVar

import attrs
import numpy as np
import pytest

from vtcore import state as state_module
from vtcore.errors import StateError, VtcoreError
from vtcore.state import Stateful


class Rows(Stateful):
    __slots__ = ("sums", "values")
    _STATE: ClassVar[tuple[str, ...]] = ("values",)

    def __init__(self) -> None:
        self.values = np.zeros((2, 0))
        self.sums = self.values.sum(1)

    def _restored(self) -> None:
        self.sums = self.values.sum(1)


class Base(Stateful):
    _STATE: ClassVar[tuple[str, ...]] = ("_count",)

    def __init__(self) -> None:
        self._count = 0
        self.option = 5


class Follower(Base):
    _STATE: ClassVar[tuple[str, ...]] = ("_rows", "rate", "_seen", "place", "_other")

    def __init__(self, other: Any = None) -> None:
        super().__init__()
        self._rows = Rows()
        self.rate: float | None = None
        self._seen = False
        self.place = ""
        self._other = other


def filled() -> Follower:
    follower = Follower()
    follower._count, follower.rate, follower._seen, follower.place = 7, 29.97, True, "über"
    follower._rows.values = np.arange(6.0).reshape(2, 3)
    follower._rows._restored()
    return follower


def test_everything_comes_back_through_a_file(tmp_path: Path) -> None:
    np.savez(tmp_path / "state.npz", **filled().state_dict())
    new = Follower()
    new.option = 9
    with np.load(tmp_path / "state.npz", allow_pickle=False) as state:
        new.load_state_dict(state)
    assert (new._count, new.rate, new._seen, new.place, new._other) == (7, 29.97, True, "über", None)
    assert [type(value) for value in (new._count, new.rate, new._seen, new.place)] == [int, float, bool, str]
    assert new._rows.values.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert new._rows.sums.tolist() == [3, 12]
    assert new.option == 9


def test_names_are_plain_and_dotted() -> None:
    state = filled().state_dict()
    assert set(state) == {"class", "count", "rows.class", "rows.values", "rate", "seen", "place", "other"}
    assert (str(state["class"]), str(state["rows.class"])) == ("Follower", "Rows")


def test_a_state_is_a_copy_in_both_directions() -> None:
    follower, other = filled(), Follower()
    state = follower.state_dict()
    follower._rows.values[:] = -1
    assert state["rows.values"].min() == 0
    other.load_state_dict(state)
    other._rows.values[:] = -2
    assert state["rows.values"].min() == 0


def test_none_and_arrays_without_length_are_told_apart() -> None:
    follower, other = Follower(), filled()
    follower._rows.values = np.empty((0, 4), np.int64)
    other.load_state_dict(follower.state_dict())
    assert other.rate is None
    assert (other._rows.values.shape, other._rows.values.dtype) == ((0, 4), np.int64)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"class": np.array("Leader")}, "it is one of Leader;"),
        ({"rows.class": np.array("Columns")}, "its 'rows' is of Columns;"),
        ({"count": None}, "it lacks 'count';"),
        ({"extra": np.zeros(2)}, "it has 'extra' besides;"),
        ({"count": None, "extra": np.zeros(2)}, "it lacks 'count' and it has 'extra' besides;"),
        ({"class": None}, "it lacks 'class';"),
    ],
)
def test_another_state_is_refused_and_changes_nothing(change: dict[str, Any], message: str) -> None:
    follower, state = filled(), Follower().state_dict()
    state.update(change)
    state = {name: part for name, part in state.items() if part is not None}
    with pytest.raises(StateError) as refused:
        follower.load_state_dict(state)
    assert isinstance(refused.value, VtcoreError)
    assert str(refused.value) == (
        f"this is no state of Follower: {message} "
        "load it into an object of the class and with the options it was taken from"
    )
    assert (follower._count, follower._rows.sums.tolist()) == (7, [3, 12])


def test_other_parts_are_other_options() -> None:
    with pytest.raises(StateError, match=r"it lacks 'other.class' and it has 'other' besides"):
        Follower(other=Rows()).load_state_dict(filled().state_dict())
    two = Follower(other=Rows())
    two._other.values = np.ones((2, 2))
    again = Follower(other=Rows())
    again.load_state_dict(two.state_dict())
    assert again._other.sums.tolist() == [2, 2]


def test_what_cannot_be_kept_is_named() -> None:
    with pytest.raises(StateError) as refused:
        Follower(other=object()).state_dict()
    assert str(refused.value) == (
        "Follower: the state of its 'other', of object, cannot be kept; derive that class from vtcore.state.Stateful"
    )


@attrs.frozen(kw_only=True)
class Options:
    delta: int = 3
    weight: float = 0.5
    names: tuple[str, ...] = ()
    camera: Any = None


class Chooser(Stateful):
    _STATE: ClassVar[tuple[str, ...]] = ("_options", "_inner")

    def __init__(self, inner: Any = None, **options: Any) -> None:
        self.config = Options(camera=inner, **options)
        self._options = np.zeros(self.config.delta)
        self._inner = inner


def test_other_options_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "state.npz", **Chooser(Chooser(delta=7), names=("a", "b")).state_dict())
    with np.load(tmp_path / "state.npz", allow_pickle=False) as state:
        same = Chooser(Chooser(delta=7, weight=0.5), names=("a", "b"))
        same.load_state_dict(state)
        for other, told in (
            (Chooser(Chooser(delta=7), names=("a", "c")), "names = ['a', 'b'], and here it is ['a', 'c']"),
            (Chooser(Chooser(delta=8), names=("a", "b")), "inner.delta = 7, and here it is 8"),
        ):
            with pytest.raises(StateError) as refused:
                other.load_state_dict(state)
            assert str(refused.value) == (
                f"this is no state of Chooser: it was taken with {told}; "
                "load it into an object of the class and with the options it was taken from"
            )
        # Who knows what they do takes the options out.
        bare = {name: part for name, part in state.items() if not name.endswith("class.options")}
    other.load_state_dict(bare)
    assert len(other._inner._options) == 7
    nan = Chooser(weight=float("nan"))
    nan.load_state_dict(nan.state_dict())
    with pytest.raises(StateError, match=r"no state of Chooser: its 'class.options' is damaged; load it into"):
        nan.load_state_dict(nan.state_dict() | {"class.options": np.array(b"{")})


def test_another_minor_release_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a state means may have changed; patch releases mend mistakes only."""
    releases = {"vtrack-plugin-sort": "0.1.3"}
    monkeypatch.setattr(importlib.metadata, "version", releases.__getitem__)
    state_module._release_of.cache_clear()
    sorter = type("Sorter", (Rows,), {"__module__": "vtrack_plugin_sort.tracker"})
    try:
        kept = sorter().state_dict()
        assert str(kept["class.release"]) == "vtrack-plugin-sort 0.1"
        state_module._release_of.cache_clear()
        releases["vtrack-plugin-sort"] = "0.1.4rc1"
        sorter().load_state_dict(kept)
        state_module._release_of.cache_clear()
        releases["vtrack-plugin-sort"] = "0.2.0"
        with pytest.raises(StateError) as told:
            sorter().load_state_dict(kept)
        assert str(told.value).startswith(
            "this is no state of Sorter: it was taken with vtrack-plugin-sort 0.1, and here is vtrack-plugin-sort 0.2 "
            "(install that release, or start anew); "
        )
        sorter().load_state_dict({name: part for name, part in kept.items() if name != "class.release"})
    finally:
        state_module._release_of.cache_clear()
