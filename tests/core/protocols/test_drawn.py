"""Targets that are drawn: on OpenCV's window, which is played, and kept for whoever continues the run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from vtcore import cli
from vtcore.benchmarking.benchmark import Benchmark
from vtcore.drawing.targets import draw_targets
from vtcore.errors import DataError, OutputError, PreflightError
from vtcore.experiments import Experiment
from vtcore.frames import Frame, Sequence
from vtcore.host import plugin_host
from vtcore.instances import Instances
from vtcore.protocols.one_pass import OnePass
from vtcore.results.read import read_results
from vtcore.runs import Run
from vtcore.sweeps import Sweep

Load = Callable[..., Experiment]


class Window:
    """What stands for OpenCV's windows: rectangles that a person draws, one list of them for each window opened."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers: list[Any] = []
        self.titles: list[str] = []
        self.shapes: list[tuple[int, ...]] = []
        self.open: set[str] = set()
        monkeypatch.setattr("vtcore.drawing.targets.display_available", lambda *_: None)
        monkeypatch.setattr("vtcore.drawing.display.display_available", lambda *_: None)
        monkeypatch.setattr(cv2, "selectROIs", self.select)
        monkeypatch.setattr(cv2, "destroyWindow", self.destroy)

    def select(self, title: str, image: np.ndarray, *, showCrosshair: bool, fromCenter: bool) -> Any:  # noqa: N803
        self.titles.append(title)
        self.shapes.append(image.shape)
        self.open.add(title)
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def destroy(self, title: str) -> None:
        if title not in self.open:
            raise cv2.error("no such window")
        self.open.remove(title)


@pytest.fixture
def window(monkeypatch: pytest.MonkeyPatch) -> Window:
    return Window(monkeypatch)


class Nobody:
    """A tracker that keeps what it is started with."""

    def __init__(self) -> None:
        self.targets = Instances(ids=[])

    def reset(self, sequence: Sequence | None = None) -> None:
        pass

    def start(self, frame: Frame, targets: Instances) -> None:
        self.targets = targets

    def update(self, frame: Frame, detections: Instances) -> Instances:
        return self.targets


def picture(width: int = 40, height: int = 30) -> np.ndarray:
    return np.zeros((height, width, 3), np.uint8)


def test_boxes_in_pixels_of_the_picture(window: Window) -> None:
    window.answers = [np.array([[10, 20, 30, 40], [5, 5, 0, 7]], np.int32), [(1, 2, 3, 4)]]
    assert draw_targets(picture(3200, 1800), "film") == [(20, 40, 60, 80)]
    assert draw_targets(picture(), "film") == [(1, 2, 3, 4)]
    assert window.shapes == [(900, 1600, 3), (30, 40, 3)]
    assert window.titles == ["film: draw a box, Enter takes it, Esc ends"] * 2
    assert not window.open


def test_nothing_drawn_or_no_window(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    window.answers = [(), cv2.error("no window here"), [(1, 2, 3, 4)]]
    with pytest.raises(DataError, match="no target was drawn: draw a box around each"):
        draw_targets(picture(), "film")
    with pytest.raises(OutputError, match="targets cannot be drawn: no window here"):
        draw_targets(picture(), "film")
    # Whoever closes the window has drawn nevertheless.
    monkeypatch.setattr(Window, "destroy", lambda *_: None)
    monkeypatch.setattr(cv2, "destroyWindow", lambda _: (_ for _ in ()).throw(cv2.error("is closed")))
    assert draw_targets(picture(), "film") == [(1, 2, 3, 4)]


def test_no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    with pytest.raises(OutputError, match="targets cannot be drawn: there is no display"):
        draw_targets(picture(), "film")


def test_drawn_in_the_first_frame(window: Window) -> None:
    window.answers = [[(10, 20, 5, 6), (0, 0, 9, 8)]]
    protocol, tracker = OnePass(draw=True), Nobody()
    rows = [protocol.step(tracker, Frame(index, picture())) for index in range(2)]
    assert rows[0].boxes.tolist() == rows[1].boxes.tolist() == [[10, 20, 15, 26], [0, 0, 9, 8]]
    assert np.array_equal(rows[0].ids, [0, 1])  # type: ignore[arg-type]
    assert len(window.titles) == 1
    with pytest.raises(DataError, match="there are no pixels to draw targets on"):
        protocol.step(tracker, Frame(0))


def drawing(load: Load, **overrides: Any) -> Experiment:
    return load({"dataset": {"type": "film", "sequences": 2}}, protocol__draw=True, **overrides)


def test_a_run_that_goes_on_asks_for_nothing_twice(load: Load, window: Window) -> None:
    # The second picture is shown half as large: boxes are kept with all digits.
    window.answers = [[(10, 12, 30, 20)], KeyboardInterrupt()]
    experiment = drawing(load)
    run = Run(experiment, host=plugin_host())
    with pytest.raises(KeyboardInterrupt):
        run.execute()
    kept = run.folder.path / "answers"
    assert [path.name for path in kept.iterdir()] == ["film0.txt"]
    assert (kept / "film0.txt").read_text() == "0,10.0,12.0,30.0,20.0\n"
    (run.folder.results / "film0.txt").unlink()
    window.answers = [[(1, 2, 30, 40), (5, 6, 7, 8)]]
    Run(experiment, host=plugin_host()).execute(resume=True)
    assert [title.partition(":")[0] for title in window.titles] == ["film0", "film1", "film1"]
    assert read_results(run.folder.results / "film0.txt").ltwh[0].tolist() == [10, 12, 30, 20]
    assert (kept / "film1.txt").read_text() == "0,1.0,2.0,30.0,40.0\n1,5.0,6.0,7.0,8.0\n"
    # Whoever starts again is asked again.
    window.answers = [[(3, 3, 30, 20)], [(4, 4, 30, 20)]]
    Run(experiment, host=plugin_host()).execute(overwrite=True)
    assert (kept / "film0.txt").read_text() == "0,3.0,3.0,30.0,20.0\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0,1,2\n", r"answers/film0\.txt:1: expected left.*; start again with --overwrite, and draw them anew"),
        ("0,900,2,3,4\n", r"answers/film0\.txt: target 0 at 900.* outside the picture.*; start again with --overwrite"),
    ],
)
def test_what_was_kept_may_be_wrong(load: Load, window: Window, text: str, message: str) -> None:
    window.answers = [[(10, 12, 30, 20)], KeyboardInterrupt()]
    run = Run(drawing(load), host=plugin_host())
    with pytest.raises(KeyboardInterrupt):
        run.execute()
    (run.folder.results / "film0.txt").unlink()
    (run.folder.path / "answers" / "film0.txt").write_text(text)
    with pytest.raises(DataError, match=message):
        Run(drawing(load), host=plugin_host()).execute(resume=True)


def test_another_experiment_asks_anew(load: Load, window: Window) -> None:
    window.answers = [[(10, 12, 30, 20)], KeyboardInterrupt()]
    run = Run(drawing(load), host=plugin_host())
    with pytest.raises(KeyboardInterrupt):
        run.execute()
    (run.folder.results / "film0.txt").unlink()
    window.answers = [[(11, 12, 30, 20)], [(5, 6, 7, 8)]]
    Run(drawing(load, run__seed=3), host=plugin_host()).execute(resume=True)
    assert read_results(run.folder.results / "film0.txt").ltwh[0].tolist() == [11, 12, 30, 20]


def test_nobody_is_asked_again_and_again(
    load: Load, window: Window, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    message = r"protocol\.draw: targets would be drawn again each time; draw them once .* name them by file"
    with pytest.raises(PreflightError, match=message):
        Sweep(drawing(load, sweep=True, tracker__search=[0, 12]), output="sweep").execute()
    with pytest.raises(PreflightError, match=message):
        Benchmark(drawing(load), tmp_path / "benchmark")
    assert not window.titles
    assert not Path("sweep").exists()
    Path("draw.toml").write_text(
        '[dataset]\ntype = "film"\n[tracker]\ntype = "template"\n[[metrics]]\ntype = "overlap"\n'
    )
    assert cli.main(["sweep", "draw.toml", "-o", "protocol.draw=true", "-o", "tracker.search=[0, 12]"]) == 2
    told = capsys.readouterr().err.strip()
    assert told.startswith("vtcore: error: -o protocol.draw=true: protocol.draw: targets would be drawn again")
    assert "\n" not in told
