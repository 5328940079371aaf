"""What a benchmark measures, and that it leaves nothing behind."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence as Seq
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import attrs
import cv2
import numpy as np
import pytest

from vtcore import cli
from vtcore.benchmarking import clocks
from vtcore.benchmarking.benchmark import Benchmark
from vtcore.benchmarking.figures import Figures, Passage
from vtcore.components import Component
from vtcore.errors import PreflightError
from vtcore.experiments import load_experiment
from vtcore.frames import Frame, Sequence
from vtcore.hookspecs import hookimpl
from vtcore.host import plugin_host
from vtcore.instances import BoolArray, Float32Array, Instances
from vtcore.options import option

STAGES = ["decode", "transform", "detect", "embed", "associate", "write"]


@attrs.frozen(kw_only=True)
class SlowConfig:
    seconds_a_frame: float = option(0.01, "How slow it is.")
    persist: bool = option(False, "Whether it goes on.")


class SlowDetector:
    classes = ("person",)
    batch_size = 4

    def __init__(self, seconds_a_frame: float = 0.01, persist: bool = False) -> None:
        self._slow = seconds_a_frame
        self.seconds = {"preprocess": 0.0, "forward": 0.0}

    def reset(self, sequence: Sequence) -> None:
        pass

    def detect(self, frames: Seq[Frame]) -> list[Instances]:
        time.sleep(self._slow * len(frames))
        self.seconds["preprocess"] += self._slow * len(frames) / 4
        self.seconds["forward"] += self._slow * len(frames) / 2
        return [Instances([[1, 2, 30, 40], [2, 3, 9, 9]], [0.9, 0.1]) for _ in frames]


class SlowLooks:
    together: ClassVar[list[int]] = []

    def __init__(self, seconds_a_frame: float = 0.01, persist: bool = False) -> None:
        self._slow = seconds_a_frame

    def embed(self, frames: Seq[Frame], boxes: Seq[Float32Array]) -> list[Float32Array]:
        type(self).together.append(len(frames))
        assert [len(each) for each in boxes] == [1] * len(frames)
        time.sleep(self._slow * len(frames))
        return [np.ones((len(each), 3), np.float32) for each in boxes]


class SlowTracker:
    made = 0

    def __init__(self, seconds_a_frame: float = 0.01, persist: bool = False) -> None:
        self._slow = seconds_a_frame
        type(self).made += 1

    def reset(self, sequence: Sequence | None = None) -> None:
        pass

    def wants_embeddings(self, detections: Instances) -> BoolArray:
        wanted: BoolArray = detections.scores > 0.5
        return wanted

    def update(self, frame: Frame, detections: Instances) -> Instances:
        time.sleep(self._slow)
        return detections.replace(ids=np.arange(len(detections)))


class SlowTransform:
    def __init__(self, seconds_a_frame: float = 0.01, persist: bool = False) -> None:
        self._slow = seconds_a_frame

    def __call__(self, frame: Frame) -> Frame:
        time.sleep(self._slow)
        return frame


def _component(kind: str, target: str) -> Component:
    return Component(kind, "slow", f"{__name__}:SlowConfig", f"{__name__}:{target}", "For tests.")


PLUGIN = SimpleNamespace(
    vtcore_detectors=hookimpl(lambda: [_component("detector", "SlowDetector")]),
    vtcore_trackers=hookimpl(lambda: [_component("tracker", "SlowTracker")]),
    vtcore_transforms=hookimpl(lambda: [_component("transform", "SlowTransform")]),
    vtcore_components=hookimpl(lambda: [_component("reid", "SlowLooks")]),
)
for _hook, _function in vars(PLUGIN).items():
    _function.__name__ = _hook

EXPERIMENT = """\
[dataset]
type = "images"
path = "street"
[[transforms]]
type = "slow"
[detector]
type = "slow"
[reid]
type = "slow"
[tracker]
type = "slow"
[[writers]]
type = "mot-text"
[[writers]]
type = "video"
codec = "mjpg"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A working directory with an experiment on twelve pictures, all of whose parts are slow."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VTCORE_CACHE", str(tmp_path / "cache"))
    (tmp_path / "street").mkdir()
    for number in range(12):
        cv2.imwrite(str(tmp_path / "street" / f"{number:02d}.png"), np.full((64, 64, 3), number, np.uint8))
    (tmp_path / "x.toml").write_text(EXPERIMENT)
    with plugin_host().register(PLUGIN, "slow"):
        yield tmp_path


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert cli.main(["benchmark", "x.toml", "--json", "--repeat", "1", *arguments]) == 0
    data: dict[str, Any] = json.loads(capsys.readouterr().out)
    return data


def test_every_stage_is_measured_alone_and_end_to_end(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = told(capsys, "--warm-up", "4")
    assert list(data["stages"]) == STAGES
    assert (data["frames"], data["sequences"], data["experiment"]) == (12, 1, "x.toml")
    for stage in ("transform", "detect", "embed", "associate"):
        assert data["stages"][stage]["seconds"] == pytest.approx(0.12, rel=0.5)
        assert data["stages"][stage]["overlapped_seconds"] == pytest.approx(0.12, rel=0.5)
        # Who sleeps needs no processor.
        assert data["stages"][stage]["cpu_seconds"] < 0.06
    assert data["stages"]["write"]["seconds"] > 0
    assert sum(stage["share"] for stage in data["stages"].values()) == pytest.approx(1)
    parts = data["stages"]["detect"]["parts"]
    assert parts == pytest.approx({"preprocess": 0.03, "forward": 0.06})
    assert data["one_after_another_seconds"] > data["wall_seconds"] > data["detector_alone_seconds"] > 0.1
    assert data["frames_per_second"] == pytest.approx(12 / data["wall_seconds"])
    assert data["bound_seconds"] == max(data["detector_alone_seconds"], data["cpu_seconds"] / data["cores"])
    assert data["ratio"] == pytest.approx(data["bound_seconds"] / data["wall_seconds"])
    assert data["peak_memory_bytes"] is None or data["peak_memory_bytes"] > 1e6
    assert len(data["repetitions"]) == 1


def test_a_slow_detector_hides_all_else(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the wall time is compared with, and why: the rest is done while the detector works."""
    slow = ["detector.seconds_a_frame=0.05", *(f"{part}.seconds_a_frame=0.002" for part in ("reid", "tracker"))]
    data = told(capsys, *(word for text in slow for word in ("-o", text)), "-o", "transforms=[]")
    assert data["ratio"] > 0.8
    assert "transform" not in data["stages"]


def test_nothing_is_left_behind(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(folder.rglob("*"))
    told(capsys, "--frames", "4")
    assert sorted(folder.rglob("*")) == before
    told(capsys, "--frames", "4", "--keep", "kept")
    kept = sorted(str(path.relative_to(folder)) for path in (folder / "kept").rglob("*") if path.is_file())
    assert kept == ["kept/results/street.txt", "kept/videos/street.avi"]
    assert len((folder / kept[0]).read_text().splitlines()) == 8


def test_where_detections_are_given_frames_are_described_together_as_in_a_run(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SlowLooks, "together", [])
    (folder / "det.txt").write_text("".join(f"{frame},-1,1,2,30,40,0.9,-1,-1,-1\n" for frame in range(1, 13)))
    given = EXPERIMENT.replace('[detector]\ntype = "slow"', '[detector]\ntype = "given"\npath = "det.txt"')
    (folder / "x.toml").write_text(given)
    told(capsys, "--warm-up", "0")
    assert SlowLooks.together == [8, 4] * 2, "alone, and end to end"


def test_parts_can_be_left_out(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = told(capsys, "--frames", "3", "-o", "reid.replace=true", "-o", "writers=[{type='mot-text'}]")
    assert list(data["stages"]) == [stage for stage in STAGES if stage != "embed"]


def test_the_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["benchmark", "x.toml", "--frames", "4", "--repeat", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    stages = [line.split("  ")[0] for line in lines[2:10]]
    assert stages[:4] == ["decode", "transform", "detect", ""]
    assert lines[5].strip().startswith("preprocess")
    assert "4 frames in" in lines[-4]
    assert lines[-4].endswith("frames a second, the quickest of 2")
    assert "detector alone" in lines[-3]
    assert lines[-2].startswith("ratio ")
    assert lines[-1].startswith("peak memory ")


def test_all_is_measured_three_times_where_nobody_says(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["benchmark", "x.toml", "--frames", "2", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["wall_seconds"] == min(each["wall_seconds"] for each in data["repetitions"])
    assert len(data["repetitions"]) == 3


def test_warm_up_makes_nothing_anew(folder: Path) -> None:
    SlowTracker.made = 0
    experiment = load_experiment("x.toml", ["run.max_frames=2"])
    Benchmark(experiment, folder / "out").measure(warm_up=2, repeat=2)
    assert SlowTracker.made == 1
    persistent = load_experiment("x.toml", ["run.max_frames=2", "tracker.persist=true"])
    figures = Benchmark(persistent, folder / "out").measure(warm_up=0, repeat=2)
    # One for each time that the frames begin anew.
    assert SlowTracker.made == 1 + 1 + 4
    assert len(figures.passages) == 2


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--frames", "0"], "argument --frames: must be >= 1, got 0"),
        (["--repeat", "many"], "argument --repeat: must be a number, got 'many'"),
        (["--warm-up", "-1"], "argument --warm-up: must be >= 0, got -1"),
    ],
)
def test_wrong_arguments(capsys: pytest.CaptureFixture[str], arguments: list[str], expected: str) -> None:
    assert cli.main(["benchmark", "x.toml", *arguments]) == 2
    assert expected in capsys.readouterr().err


def test_a_live_source_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import vtcore.sources.images as images

    monkeypatch.setattr(images.ImagesDataset, "sequences", lambda self: [LiveStreet("door", live=True)])
    with pytest.raises(PreflightError, match="'door' is live: its frames come at their own pace; measure with a file"):
        Benchmark(load_experiment("x.toml"), folder)


class LiveStreet(Sequence):
    def frames(self, *, images: bool = True) -> Any:
        raise AssertionError("nobody reads it")


def test_an_error_is_told_and_leaves_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "street" / "07.png").write_bytes(b"no picture")
    assert cli.main(["benchmark", "x.toml"]) == 2
    assert "07.png" in capsys.readouterr().err
    assert not (folder / "runs").exists()


def passage(**changes: Any) -> Passage:
    fields: dict[str, Any] = {
        "frames": 10,
        "seconds": 2.0,
        "cpu": 3.0,
        "cores": 2,
        "overlapped": {"detect": 1.9},
        "alone": {"decode": 0.1, "detect": 1.8},
        "alone_cpu": {"decode": 0.1, "detect": 2.5},
        "parts": {},
    }
    return Passage(**(fields | changes))


def test_the_bound_is_the_detector_or_all_work_over_all_cores() -> None:
    assert (passage().bound, passage().ratio) == (1.8, 0.9)
    assert passage(cores=1).bound == 3.0
    assert passage(alone={"decode": 0.1}).bound == 1.5


def test_the_best_of_several_is_taken_apart() -> None:
    noisy = passage(seconds=1.5, alone={"decode": 0.1, "detect": 4.0})
    figures = Figures(
        passages=(passage(), noisy), sequences=1, memory=None, device_memory=None, device="cpu", dtype="float32"
    )
    assert (figures.best.seconds, figures.best.detector_alone) == (1.5, 1.8)
    assert [each["wall_seconds"] for each in figures.as_data()["repetitions"]] == [2.0, 1.5]


def test_memory_of_devices_is_asked_of_what_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    forgotten: list[int] = []
    cuda = SimpleNamespace(
        is_initialized=lambda: True,
        device_count=lambda: 2,
        max_memory_allocated=lambda device: 100 * (device + 1),
        reset_peak_memory_stats=forgotten.append,
    )
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))  # type: ignore[arg-type]
    clocks.reset_device_peak()
    assert (clocks.device_peak(), forgotten) == (300, [0, 1])
    cuda.is_initialized = lambda: False
    assert clocks.device_peak() is None
    monkeypatch.delitem(sys.modules, "torch")
    assert clocks.device_peak() is None


def test_stage_clock_tells_processor_from_wall_time() -> None:
    clock = clocks.StageClock()
    with clock.measure("sleep"):
        time.sleep(0.03)
    for _ in range(2):
        with clock.measure("work"):
            deadline = time.process_time() + 0.02
            while time.process_time() < deadline:
                pass
    assert clock.seconds["sleep"] >= 0.03
    assert clock.cpu["sleep"] < 0.02
    assert clock.cpu["work"] >= 0.04


def test_the_peak_of_memory_is_not_that_of_who_started_the_process() -> None:
    code = "from vtcore.benchmarking.clocks import memory_peak; print(memory_peak())"
    # Written to, so that it is there when the process is started.
    held = bytearray(b"x") * 200_000_000
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 1_000_000 < int(done.stdout) < len(held)
