"""A plugin whose data and components have whatever faults a test asks for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import attrs
import pytest

from vtcore.components import Component
from vtcore.discovery import Candidate, PluginInfo, core_candidate
from vtcore.errors import DataError
from vtcore.experiments import load_experiment
from vtcore.frames import Frame, Sequence
from vtcore.hookspecs import hookimpl
from vtcore.host import PluginHost
from vtcore.interfaces import Tracker
from vtcore.options import option
from vtcore.preflight import Preflight, preflight
from vtcore.tables import TrackTable


@attrs.frozen(kw_only=True)
class DataConfig:
    names: list[str] = option(factory=lambda: ["A", "B"], help="Of the sequences.")
    without_images: list[str] = option(factory=list, help="Sequences without images.")
    without_detections: list[str] = option(factory=list, help="Sequences without detections.")
    without_annotations: list[str] = option(factory=list, help="Sequences without annotations.")
    live: bool = option(False, "Whether they have no end.")
    bad_rows: int = option(0, "Rows of det.txt that are wrong.")
    bad_annotations: bool = option(False, "Whether gt.txt is wrong.")
    length: int = option(10, "Frames of each.")
    failure: str = option("", "What making or listing them ends with.")


class FakeSequence(Sequence):
    def __init__(self, name: str, config: DataConfig) -> None:
        super().__init__(name, length=config.length, live=config.live, has_images=name not in config.without_images)
        self.config = config
        self.reads: list[str] = []

    def frames(self, *, images: bool = True) -> Iterator[Frame]:
        raise AssertionError("the preflight decodes nothing")

    def annotations(self) -> TrackTable | None:
        self.reads.append("annotations")
        if self.config.bad_annotations:
            raise DataError("must have 9 columns, got 3", file=f"{self.name}/gt.txt", line=4)
        return None if self.name in self.config.without_annotations else TrackTable.empty()

    def detections(self) -> TrackTable | None:
        self.reads.append("detections")
        if self.config.bad_rows:
            raise DataError("row is wrong", file=f"{self.name}/det.txt", line=1)
        return None if self.name in self.config.without_detections else TrackTable.empty()

    def check(self, needs: Collection[str]) -> Iterator[str]:
        self.reads.append(f"check {sorted(needs)}")
        for row in range(self.config.bad_rows):
            yield f"{self.name}/det.txt:{row + 1}: row is wrong"


class FakeDataset:
    def __init__(self, **options: Any) -> None:
        self.config = DataConfig(**options)
        if self.config.failure == "value":
            raise ValueError("these options contradict each other")

    def sequences(self) -> list[FakeSequence]:
        if self.config.failure == "data":
            raise DataError("there is no such folder", file="nowhere")
        if self.config.failure == "named":
            raise DataError("there is no such folder", file="named")
        if self.config.failure == "os":
            raise PermissionError(13, "Permission denied", "secret")
        if self.config.failure == "bug":
            raise RuntimeError("a bug")
        return [FakeSequence(name, self.config) for name in self.config.names]


@attrs.frozen(kw_only=True)
class PickyConfig:
    complaints: list[str] = option(factory=list, help="What check() says.")
    needs: list[str] = option(factory=list, help="What it needs.")
    inner: Tracker | None = option(None, "Another one.")
    suffix: str = option("", "Of what it writes.")
    ignores: list[str] = option(factory=list, help="What it never looks at.")

    def check(self) -> Iterator[str]:
        for complaint in self.complaints:
            if complaint == "fail":
                raise OSError(2, "No such file", "weights.pth")
            yield complaint


def component(kind: str, name: str, config: str) -> Component:
    return Component(kind, name, f"{__name__}:{config}", f"{__name__}:FakeDataset", "For tests.")


PLUGIN = SimpleNamespace(
    vtcore_datasets=hookimpl(lambda: [component("dataset", "fake", "DataConfig")]),
    vtcore_detectors=hookimpl(lambda: [component("detector", "picky", "PickyConfig")]),
    vtcore_trackers=hookimpl(lambda: [component("tracker", "picky", "PickyConfig")]),
    vtcore_metrics=hookimpl(lambda: [component("metric", name, "PickyConfig") for name in ("one", "two")]),
    vtcore_components=hookimpl(lambda: [component(kind, "picky", "PickyConfig") for kind in ("reid", "writer")]),
)
for _hook, _function in vars(PLUGIN).items():
    _function.__name__ = _hook

TEXT = """\
[dataset]
type = "fake"
[detector]
type = "picky"
needs = ["given-detections"]
[tracker]
type = "picky"
needs = ["detections"]
"""


@pytest.fixture
def host() -> PluginHost:
    return PluginHost([core_candidate(), Candidate(PluginInfo("fake"), lambda: PLUGIN)])


@pytest.fixture
def checked(host: PluginHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)

    def check(*overrides: str, text: str = TEXT, more: str = "", **options: Any) -> Preflight:
        Path("x.toml").write_text(text + more)
        return preflight(load_experiment("x.toml", overrides, host=host), host=host, **options)

    return check


@pytest.fixture
def lines() -> Callable[..., list[str]]:
    """Returns the problems of one severity, as they are printed."""

    def listed(checked: Preflight, severity: str = "error") -> list[str]:
        return [str(finding.problem) for finding in checked.findings if finding.severity == severity]

    return listed
