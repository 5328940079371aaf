"""Targets followed through whole runs: results, scores, resuming, sweeps, benchmarks, the command line and Python."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import vtcore
from vtcore import cli
from vtcore.benchmarking.benchmark import Benchmark
from vtcore.errors import DataError, ExperimentError, PreflightError
from vtcore.experiments import Experiment
from vtcore.frames import Frame
from vtcore.hookspecs import hookimpl
from vtcore.host import plugin_host
from vtcore.results.read import read_results
from vtcore.runs import Run
from vtcore.sources.live import LiveSequence
from vtcore.sweeps import Sweep

Load = Callable[..., Experiment]


def run(experiment: Experiment, **options: bool) -> Run:
    made = Run(experiment, host=plugin_host())
    made.execute(**options)
    return made


def films(**options: Any) -> dict[str, Any]:
    return {"dataset": {"type": "film", **options}}


def test_several_targets_are_followed_and_scored(load: Load) -> None:
    made = run(load(films(sequences=2, targets=3, late=3)))
    assert made.scores is not None
    assert made.scores["overlap"]["COMBINED"]["IoU"] > 0.95
    lines = (made.folder.results / "film0.txt").read_text().splitlines()
    assert len(lines) == 8 * 2 + 5
    assert lines[0].split(",")[:2] == ["1", "0"]
    assert lines[0].split(",")[6] == "1"
    table = read_results(made.folder.results / "film1.txt", length=8)
    assert [table.ids[table.rows(frame)].tolist() for frame in (0, 2, 3, 7)] == [[0, 1], [0, 1], [0, 1, 2], [0, 1, 2]]
    finished = [event for event in made.folder.log.read() if event["event"] == "sequence_finished"]
    assert finished[0]["frames"] == 8
    assert finished[0]["seconds"]["track"] > 0
    assert "detect" not in finished[0]["seconds"]


def test_seconds_a_frame_took_are_handed_on(load: Load) -> None:
    seen: list[float] = []

    class Observer:
        @hookimpl
        def vtcore_frame_done(self, frame: Frame) -> None:
            seen.append(frame.shared["track_seconds"])

    with plugin_host().register(Observer(), "observer"):
        made = run(load(films(frames=5)))
    (finished,) = (event for event in made.folder.log.read() if event["event"] == "sequence_finished")
    assert len(seen) == 5
    assert min(seen) > 0
    assert sum(seen) == pytest.approx(finished["seconds"]["track"], rel=1e-3)


def test_every_writer_and_the_report(load: Load) -> None:
    writers = [{"type": name} for name in ("mot-text", "json-lines", "coco-video", "video")]
    made = run(load({**films(), "writers": writers}, run__report=True))
    assert sorted(path.name for path in made.folder.results.iterdir()) == [
        "film0.coco.json",
        "film0.jsonl",
        "film0.txt",
    ]
    assert len(list((made.folder.path / "videos").iterdir())) == 1
    for name in ("film0.jsonl", "film0.coco.json"):
        assert len(read_results(made.folder.results / name, length=8)) == 8
    assert "film0" in (made.folder.path / "report.html").read_text(encoding="utf-8")


def test_a_run_goes_on(load: Load) -> None:
    experiment = load(films(sequences=3))
    whole = run(experiment)
    kept = {path.name: path.read_bytes() for path in whole.folder.results.iterdir()}
    (whole.folder.results / "film1.txt").unlink()
    again = run(experiment, resume=True)
    assert {path.name: path.read_bytes() for path in again.folder.results.iterdir()} == kept
    assert again.scores == whole.scores
    with pytest.raises(vtcore.VtcoreError, match=r"had another protocol\.init"):
        run(load(films(sequences=3), protocol__init=[[1, 2, 3, 4]], run__sequences=["film0"]), resume=True)


def test_a_tracker_that_persists_goes_on_from_its_kept_state(load: Load) -> None:
    experiment = load({**films(sequences=3), "tracker": {"type": "template", "persist": True}})
    whole = run(experiment)
    assert (whole.folder.path / "state" / "film2.npz").is_file()
    kept = (whole.folder.results / "film2.txt").read_bytes()
    (whole.folder.results / "film2.txt").unlink()
    run(experiment, resume=True)
    assert (whole.folder.results / "film2.txt").read_bytes() == kept


def test_frames_are_limited_and_damage_is_told(load: Load) -> None:
    made = run(load(films(), run__max_frames=3))
    assert made.scores is not None
    assert len(read_results(made.folder.results / "film0.txt")) == 3
    with pytest.raises(DataError, match="is damaged"):
        run(load({**films(fragile=True), "metrics": None}, run__output="damaged"))
    assert len(read_results(Path("damaged/results/film0.txt"))) == 6


def test_annotations_that_go_on_beyond_the_end(load: Load) -> None:
    made = run(load(films(surplus=4)))
    assert made.scores is not None
    assert made.scores["overlap"]["COMBINED"]["IoU"] > 0.95
    assert [note for note in made.notes if "film0" in note] == [
        "film0: has 8 frames, but annotations up to frame 12; only the frames that there are were scored"
    ]


def test_nothing_starts_when_something_is_wrong(load: Load) -> None:
    with pytest.raises(PreflightError, match="lies outside the picture"):
        run(load(films(), protocol__init=[[900, 2, 3, 4]]))
    assert not Path("runs").exists()


def test_benchmark_tells_the_parts_of_the_tracker(load: Load, tmp_path: Path) -> None:
    figures = Benchmark(load(films(sequences=2)), tmp_path / "benchmark").measure(warm_up=2).as_data()
    assert figures["frames"] == 16
    assert list(figures["stages"]) == ["decode", "associate", "write"]
    assert list(figures["stages"]["associate"]["parts"]) == ["match"]
    assert figures["tracker_alone_seconds"] == figures["stages"]["associate"]["seconds"] <= figures["bound_seconds"]
    assert 0 < figures["stages"]["associate"]["parts"]["match"] < figures["stages"]["associate"]["seconds"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_sweep_over_options_of_the_tracker(load: Load, jobs: int) -> None:
    experiment = load(films(sequences=2, targets=2), sweep=True, tracker__search=[0, 12])
    sweep = Sweep(experiment, jobs=jobs, output="sweep")
    sweep.execute()
    by_search = {trial.parameters["tracker.search"]: trial.values["overlap.IoU"] for trial in sweep.trials}
    assert by_search[12] > 0.95 > by_search[0]
    best = sweep.best()
    assert best is not None
    alone = run(sweep.experiment_of(best, "best"))
    assert alone.scores is not None
    assert alone.scores["overlap"]["COMBINED"]["IoU"] == by_search[12]


def test_pictures_are_decoded_once_for_all_trials(load: Load) -> None:
    from fake_targets.components import Film  # type: ignore[import-not-found]

    experiment = load(films(sequences=2), sweep=True, tracker__search=[2, 4, 6, 8])
    Film.read = 0
    Sweep(experiment, output="sweep").execute()
    assert Film.read == 2 * 8 * 2  # once without pixels, to know the frames


@pytest.fixture
def images(targets_plugin: Path) -> Path:
    """A folder of pictures with a patch that moves to the right."""
    folder = targets_plugin / "clip"
    folder.mkdir()
    patch = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    for number in range(5):
        image = np.full((80, 120, 3), 100, np.uint8)
        image[10:30, 10 + 4 * number : 40 + 4 * number] = patch
        cv2.imwrite(str(folder / f"{number}.png"), image)
    return folder


def lefts(path: Path) -> list[float]:
    return [float(line.split(",")[2]) for line in path.read_text().splitlines()]


MOVES = [10, 14, 18, 22, 26]


def test_track_by_boxes(images: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = [
        "track",
        "clip",
        "--tracker",
        "template",
        "--init",
        "10,10,30,20",
        "--init",
        "-3, 2 , 8,8",
        "--output",
        "out",
    ]
    assert cli.main(line) == 0
    table = read_results(Path("out/results/clip.txt"))
    assert table.ltwh[table.ids == 0, 0].tolist() == MOVES
    assert table.ltwh[table.ids == 1][0].tolist() == [-3, 2, 8, 8]
    assert Path("out/videos").is_dir()
    assert "[detector]" not in Path("out/experiment.toml").read_text()
    capsys.readouterr()
    assert cli.main([*line, "--resume"]) == 0


@pytest.mark.parametrize("text", ["10,10,30,20\n", "0 10 10 30 20", "1,0,10,10,30,20,1,-1,-1,-1\n"])
def test_track_by_a_file(images: Path, text: str) -> None:
    Path("targets.txt").write_text(text)
    line = ["track", "clip", "--tracker", "template", "--init", "targets.txt", "--no-video", "--output", "out"]
    assert cli.main(line) == 0
    assert lefts(Path("out/results/clip.txt")) == MOVES


def test_track_by_the_mouse(images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # First, so that what it takes from the other is the real thing.
    monkeypatch.setattr("vtcore.drawing.targets.draw_targets", lambda image, name: [(10, 10, 30, 20)])
    monkeypatch.setattr("vtcore.drawing.display.display_available", lambda *_: None)
    assert cli.main(["track", "clip", "--tracker", "template", "--init", "draw", "--no-video", "--output", "out"]) == 0
    assert lefts(Path("out/results/clip.txt")) == MOVES


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            [],
            "'one-pass' needs annotations to tell the targets; sequence without: 'clip'; name them by init",
        ),
        (["--init", ""], "--init '': there is no such file; a target is four numbers, left,top,width,height"),
        (["--init", "1,2,3"], "--init 1,2,3: must be four numbers, left,top,width,height, got 3"),
        (["--init", "1,2,,4"], "--init 1,2,,4: there is no such file; a target is four numbers, left,top,width,height"),
        (["--init", "a,b,c,d"], "--init a,b,c,d: there is no such file; a target is four numbers"),
        (["--init", "-5,1,2"], "--init -5,1,2: must be four numbers, left,top,width,height, got 3"),
        (["--init", "1,2,3,0"], "protocol.init: width and height of a box must be above 0, got 1, 2, 3, 0"),
        (["--init", "1,2,nan,4"], "protocol.init: the numbers of a box must be finite"),
        (
            ["--init", "500,2,3,4"],
            "error: protocol.init: target 0 at 500, 2, 3, 4 (left, top, width, height) lies outside",
        ),
        (["--init", "1e8,2,3,4"], "at 1e+08, 2, 3, 4 (left, top, width, height) lies outside the picture"),
        (
            ["--init", "1e39,2,3,4"],
            "protocol.init: the numbers of a box must be finite, and within 1e+09, got 1e+39, 2",
        ),
        (["--init", "nowhere.txt"], "--init nowhere.txt: there is no such file; a target is four numbers"),
        (["--init", "nowhere/{sequence}.txt"], "protocol.file: nowhere/clip.txt: cannot be read: No such file"),
        (["--init", "draw", "--init", "1,2,3,4"], "--init draw: a file or 'draw' stands alone; otherwise each is"),
        (["--init", "1,2,3,4", "--detector", "hog"], "takes no detections; leave [detector] out"),
        (["--init", "1,2,3,4", "-o", "tracker.type=self-made"], "shows targets, but tracker 'self-made' follows none"),
    ],
)
def test_what_track_refuses(images: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str) -> None:
    assert cli.main(["track", "clip", "--tracker", "template", "--output", "out", *words]) == 2
    told = capsys.readouterr().err
    assert message in told
    assert "Traceback" not in told
    assert not Path("out").exists()


def test_a_tracker_chosen_by_an_override_needs_no_detector_either(images: Path) -> None:
    line = ["track", "clip", "-o", "tracker.type=template", "--init", "10,10,30,20", "--no-video", "--output", "out"]
    assert cli.main(line) == 0
    assert lefts(Path("out/results/clip.txt")) == MOVES


def test_what_continues_an_interrupted_track(
    images: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from fake_targets.components import Template

    def stops(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Template, "update", stops)
        line = ["track", "clip", "--tracker", "template", "--init", "10,10,30,20", "--init=-3,2,8,8", "--output", "out"]
        assert cli.main([*line, "--no-video"]) == 130
    told = capsys.readouterr().err
    assert "--tracker template --init=10,10,30,20 --init=-3,2,8,8 --no-video --resume" in " ".join(told.split())


def test_track_in_python(images: Path) -> None:
    rows = list(vtcore.track(images, tracker="template", targets=[[10, 10, 30, 20]]))
    assert [each.boxes[0, 0] for each in rows] == MOVES
    assert [each.frame.index for each in rows] == [0, 1, 2, 3, 4]
    Path("targets.txt").write_text("5,10,10,30,20")
    rows = list(vtcore.track(images, tracker={"type": "template", "search": 6}, targets=Path("targets.txt")))
    assert [each.ids.tolist() for each in rows] == [[5]] * 5


def test_track_in_python_with_objects(images: Path) -> None:
    from fake_targets.components import FilmDataset, Template

    rows = list(vtcore.track(images, tracker=Template(search=5), targets=np.array([[10, 10, 30, 20]])))
    assert [each.boxes[0, 0] for each in rows] == MOVES
    (film,) = FilmDataset(targets=2).sequences()
    assert [each.ids.tolist() for each in vtcore.track(film, tracker=Template())] == [[0, 1]] * 8
    assert [each.ids.tolist() for each in vtcore.track(film, tracker="template")] == [[0, 1]] * 8
    rows = list(vtcore.track(film, tracker="template", targets=[[1, 2, 16, 16]]))
    assert rows[0].boxes.tolist() == [[1, 2, 17, 18]]


def test_what_track_in_python_refuses_at_once(images: Path) -> None:
    from fake_targets.components import FilmDataset

    (film,) = FilmDataset(annotated=False).sequences()
    with pytest.raises(PreflightError, match="needs annotations to tell the targets"):
        vtcore.track(film, tracker="template")
    with pytest.raises(PreflightError, match="lies outside the picture"):
        vtcore.track(film, tracker="template", targets=[[400, 1, 5, 5]])
    with pytest.raises(PreflightError, match="follows none"):
        vtcore.track(film, tracker="self-made", targets=[[4, 1, 5, 5]])
    with pytest.raises(ExperimentError, match="a box is four numbers, left, top, width, height"):
        vtcore.track(images, tracker="template", targets=[[1, 2, 3]])


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ([10, 10, 30, 20], r"targets: must be boxes \[\[left, top, width, height\], .*, a file, or \"draw\", got \[10"),
        ([["left", 1, 2, 3]], "targets: must be boxes .*, got \\[\\['left', 1, 2, 3\\]\\]"),
        (5, "targets: must be boxes .*, got 5"),
        ([], "targets: holds no box; leave it out to follow what annotations tell"),
        ("", "targets: names no file"),
    ],
)
def test_what_are_no_targets(images: Path, targets: Any, message: str) -> None:
    from fake_targets.components import FilmDataset

    (film,) = FilmDataset().sequences()
    with pytest.raises(ExperimentError, match=message):
        vtcore.track(film, tracker="template", targets=targets)


def test_objects_are_checked_at_once(images: Path) -> None:
    from fake_targets.components import SelfMade, Template

    with pytest.raises(PreflightError, match="needs annotations to tell the targets; sequence without: 'clip'"):
        vtcore.track(images, tracker=Template())
    with pytest.raises(PreflightError, match=r"protocol\.file: nowhere\.txt: cannot be read"):
        vtcore.track(images, tracker=Template(), targets="nowhere.txt")
    with pytest.raises(PreflightError, match="lies outside the picture"):
        vtcore.track(images, tracker=Template(), targets=[[400, 1, 5, 5]])
    with pytest.raises(TypeError, match="leave detector and detections out"):
        vtcore.track(images, tracker=Template(), targets=[[10, 10, 30, 20]], detector=lambda image: [])
    with pytest.raises(TypeError, match="targets are for a tracker that follows them"):
        vtcore.track(images, tracker=SelfMade(), targets=[[10, 10, 30, 20]])
    with pytest.raises(PreflightError, match="takes no detections; leave \\[detector\\] out"):
        vtcore.track(images, tracker="template", targets=[[10, 10, 30, 20]], detector=lambda image: [])


def test_results_of_targets_are_plain_mot_text(load: Load) -> None:
    made = run(load({**films(targets=2), "writers": [{"type": "mot-text"}]}))
    first = (made.folder.results / "film0.txt").read_text().splitlines()[0].split(",")
    assert len(first) == 10
    assert first[7:] == ["-1", "-1", "-1"]
    events = [json.loads(line) for line in (made.folder.path / "log.jsonl").read_text().splitlines()]
    assert [event["event"] for event in events] == ["run_started", "sequence_finished", "run_finished"]


class Live(LiveSequence):
    """A camera that shows a film."""

    def __init__(self, film: Any) -> None:
        super().__init__("camera", real_time=False)
        self.film = film

    def frames(self, *, images: bool = True) -> Iterator[Frame]:
        for frame in self.film.frames(images=images):
            yield Frame(frame.index + 40, frame.image, time=frame.time, sequence=self)


def test_a_live_source(targets_plugin: Path) -> None:
    from fake_targets.components import FilmDataset, Template

    (film,) = FilmDataset(targets=2).sequences()
    box = film.annotations().ltwh[1].tolist()
    rows = list(vtcore.track(Live(film), tracker=Template(), targets=[box]))
    # Its frames are counted from the first that is tracked, wherever the source began.
    assert [each.frame.index for each in rows] == list(range(8))
    assert [each.boxes[0, :2].tolist() for each in rows] == film.places[:, 1].tolist()
    with pytest.raises(PreflightError, match="needs annotations to tell the targets; sequence without: 'camera'"):
        vtcore.track(Live(film), tracker="template")
    with pytest.raises(DataError, match="lies outside the picture of sequence 'camera', which is 160x120"):
        list(vtcore.track(Live(film), tracker="template", targets=[[400, 2, 5, 5]]))
    Path("far.txt").write_text("400,2,5,5")
    with pytest.raises(DataError, match=r"^far\.txt: target 0 at 400, 2, 5, 5"):
        list(vtcore.track(Live(film), tracker="template", targets="far.txt"))
