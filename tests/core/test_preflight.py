"""What the preflight finds, one line each, before anything starts."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import attrs
import pytest

from vtcore.components import Component
from vtcore.discovery import Candidate, PluginInfo, core_candidate
from vtcore.errors import DataError, PreflightError
from vtcore.experiments import load_experiment
from vtcore.frames import Frame, Sequence
from vtcore.hookspecs import hookimpl
from vtcore.host import PluginHost
from vtcore.interfaces import Tracker
from vtcore.options import option
from vtcore.preflight import ROW_LIMIT, Preflight, preflight, require
from vtcore.tables import TrackTable

# --- A plugin whose data and components have whatever faults a test asks for -------------------------------------


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
    vtcore_components=hookimpl(lambda: [component("writer", "picky", "PickyConfig")]),
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

    def check(*overrides: str, text: str = TEXT, **options: Any) -> Preflight:
        Path("x.toml").write_text(text)
        return preflight(load_experiment("x.toml", overrides, host=host), host=host, **options)

    return check


def lines(checked: Preflight, severity: str = "error") -> list[str]:
    return [str(finding.problem) for finding in checked.findings if finding.severity == severity]


def test_nothing_to_find(checked: Any) -> None:
    found = checked()
    assert found.findings == ()
    assert [sequence.name for sequence in found.sequences] == ["A", "B"]
    assert isinstance(found.dataset, FakeDataset)
    require(found.findings)


def test_only_what_is_needed_is_read_and_once(checked: Any) -> None:
    for sequence in checked().sequences:
        assert sequence.reads == ["check ['detections', 'given-detections']", "detections"]
    for sequence in checked('metrics=[{type="one", needs=["annotations"]}]', 'detector.needs=["image"]').sequences:
        assert sequence.reads == ["check ['annotations', 'detections', 'image']", "annotations"]


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("dataset.failure=data", "x.toml:1: dataset: nowhere: there is no such folder"),
        ("dataset.failure=value", "x.toml:1: dataset: these options contradict each other"),
        ("dataset.failure=os", "x.toml:1: dataset: secret: Permission denied"),
        ("dataset.names=[]", "x.toml:1: dataset: the data set is empty: it has no sequences"),
        (
            'dataset.names=["A", "B", "A"]',
            "x.toml:1: dataset: 2 sequences are named 'A'; their results would go to one file",
        ),
        (
            'dataset.names=["a/b"]',
            "x.toml:1: dataset: the sequence name 'a/b' is no file name; results are named after it",
        ),
        ("dataset.replace=true", "x.toml:1: dataset: is missing: there is nothing to run on"),
        (
            'run.sequences=["B", "Aa"]',
            "-o run.sequences=[\"B\", \"Aa\"]: run.sequences: the data set has no sequence 'Aa'; did you mean 'A'?",
        ),
        (
            "run.sequences=['x']",
            "-o run.sequences=['x']: run.sequences: the data set has no sequence 'x'; there are 'A', 'B'",
        ),
        (
            "detector.replace=true",
            "x.toml:6: tracker: 'picky' needs detections; add a [detector], such as type = \"given\" "
            "for those of the data",
        ),
        (
            'dataset.without_detections=["B"]',
            "x.toml:3: detector: 'picky' needs detections that come with the data; sequence without: 'B'; "
            "use another detector, or choose with run.sequences",
        ),
        (
            'tracker.complaints=["the weights w.pth are not there"]',
            "x.toml:6: tracker: the weights w.pth are not there",
        ),
        (
            'tracker.complaints=["w.pth: no such file"]',
            "x.toml:6: tracker: w.pth: no such file",
        ),
        (
            'tracker={type="picky", suffix="w.pth", complaints=["w.pth: no such file"]}',
            '-o tracker={type="picky", suffix="w.pth", complaints=["w.pth: no such file"]}: '
            "tracker.suffix: w.pth: no such file",
        ),
        (
            'tracker={type="picky", suffix="w", complaints=["there is no \'w\' here"]}',
            '-o tracker={type="picky", suffix="w", complaints=["there is no \'w\' here"]}: '
            "tracker.suffix: there is no 'w' here",
        ),
        ("dataset.failure=named", "-o dataset.failure=named: dataset.failure: named: there is no such folder"),
        ('tracker.complaints=["fail"]', "x.toml:6: tracker: weights.pth: No such file"),
        (
            'tracker.inner={type="picky", complaints=["is odd"], needs=[]}',
            '-o tracker.inner={type="picky", complaints=["is odd"], needs=[]}: tracker.inner: is odd',
        ),
        (
            'writers=[{type="mot-text"}, {type="mot-text"}]',
            '-o writers=[{type="mot-text"}, {type="mot-text"}]: writers.1.type: '
            "'mot-text' is there twice, and both would write the same files",
        ),
        (
            "metrics=[{type='one'}, {type='two'}, {type='one'}]",
            "-o metrics=[{type='one'}, {type='two'}, {type='one'}]: metrics.2.type: "
            "'one' is there twice, and metrics.json has one place for each metric",
        ),
    ],
)
def test_error(checked: Any, override: str, expected: str) -> None:
    found = checked(override)
    assert expected in lines(found)
    with pytest.raises(PreflightError) as caught:
        require(found.findings)
    assert expected in str(caught.value).splitlines()


def test_bug_in_a_data_set_is_not_hidden(checked: Any) -> None:
    with pytest.raises(RuntimeError, match="a bug"):
        checked("dataset.failure=bug")


def test_nothing_to_do(checked: Any) -> None:
    assert lines(checked(text='[dataset]\ntype = "fake"\n')) == [
        "x.toml:1: there is nothing to do: the experiment has neither [detector] nor [tracker]"
    ]


def test_writers_of_one_type_may_tell_that_their_files_differ(checked: Any) -> None:
    writers = '[[writers]]\ntype = "picky"\nsuffix = ".a"\n[[writers]]\ntype = "picky"\nsuffix = ".b"\n'
    assert lines(checked(text=TEXT + writers)) == []


def test_images_that_are_not_there(checked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    missing = 'dataset.without_images=["A", "B"]'
    assert lines(checked(missing)) == [], "nobody needs them"
    remedy = "put them in place, or use components that do without, such as the detector 'given'"
    assert lines(checked(missing, 'detector.needs=["image"]', 'tracker.needs=["image"]')) == [
        f"x.toml:3: detector: 'picky' needs images; 2 sequences without: 'A', 'B'; {remedy}"
    ]
    metrics = 'metrics=[{type="one", needs=["image"]}]'
    assert lines(checked(missing, 'tracker.needs=["image"]', metrics)) == [
        f"x.toml:6: tracker: 'picky', 'one' need images; 2 sequences without: 'A', 'B'; {remedy}"
    ]
    (line,) = lines(checked(missing, "run.show=true"))
    assert line == (f"-o run.show=true: run.show: 'show' needs images; 2 sequences without: 'A', 'B'; {remedy}")


def test_metrics_need_annotations(checked: Any) -> None:
    metrics = 'metrics=[{type="one", needs=["annotations"]}]'
    assert lines(checked(metrics)) == []
    assert lines(checked(metrics, 'dataset.without_annotations=["A"]')) == [
        '-o metrics=[{type="one", needs=["annotations"]}]: metrics.0: \'one\' needs annotations; sequence without: '
        "'A'; leave the metrics out, or choose with run.sequences"
    ]
    assert lines(checked(metrics, 'dataset.without_annotations=["A"]', 'run.sequences=["B"]')) == []
    assert lines(checked(metrics, "dataset.bad_annotations=true")) == [
        "A/gt.txt:4: must have 9 columns, got 3",
        "B/gt.txt:4: must have 9 columns, got 3",
    ]


def test_live_sources_cannot_be_scored(checked: Any) -> None:
    found = checked('metrics=[{type="one", needs=["annotations"]}]', "dataset.live=true", "detector.needs=[]")
    assert lines(found) == [
        "-o metrics=[{type=\"one\", needs=[\"annotations\"]}]: metrics: a live source ('A', 'B') has no annotations to "
        "score against; leave [[metrics]] out"
    ]
    assert lines(checked("dataset.live=true", "detector.needs=[]")) == []


def test_each_wrong_row_is_told_once_up_to_a_limit(checked: Any) -> None:
    assert lines(checked("dataset.bad_rows=2")) == [
        "A/det.txt:1: row is wrong",
        "A/det.txt:2: row is wrong",
        "B/det.txt:1: row is wrong",
        "B/det.txt:2: row is wrong",
    ]
    many = lines(checked("dataset.bad_rows=30"))
    assert len(many) == ROW_LIMIT + 1
    assert many[-1] == "and 10 more problems in the files of the data set"


def test_disabling_nothing_is_a_warning(checked: Any) -> None:
    found = checked('plugins.disable=["sort"]')
    assert lines(found) == []
    assert lines(found, "warning") == [
        '-o plugins.disable=["sort"]: plugins.disable: '
        "[plugins] disable names 'sort', but no such plugin is installed"
    ]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is always a display")
def test_window_without_a_display(checked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert lines(checked("run.show=true")) == [
        "-o run.show=true: run.show: there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set); leave out "
        "--show and write a video"
    ]
    monkeypatch.setenv("DISPLAY", ":0")
    assert checked("run.show=true").findings == ()


# --- The output --------------------------------------------------------------------------------------------------


def test_output_is_probed_without_leaving_anything(checked: Any, tmp_path: Path) -> None:
    assert checked("run.output=deep/er/run").findings == ()
    assert [path.name for path in tmp_path.iterdir()] == ["x.toml"]


def test_output_below_a_file(checked: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert lines(checked("run.output=file/run")) == [
        f"-o run.output=file/run: run.output: results cannot be written to 'file/run': {tmp_path}/file is a file, "
        "not a folder"
    ]
    assert lines(checked("run.output=file/run", output_must_be_writable=False)) == []


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that nobody can write to")
def test_output_where_nobody_may_write(checked: Any) -> None:
    (line,) = lines(checked("run.output=/proc/run"))
    assert line.startswith("-o run.output=/proc/run: run.output: results cannot be written to '/proc/run': /proc: ")


@pytest.mark.parametrize(
    ("free", "length", "severity", "expected"),
    [
        (
            5_000_000,
            10,
            "error",
            "x.toml:1: run.output: the disk of 'runs/x' has 5 MB left; free some, or put run.output elsewhere",
        ),
        (
            100_000_000,
            10,
            "warning",
            "x.toml:1: run.output: the disk of 'runs/x' has 100 MB left; free some, or put run.output elsewhere",
        ),
        (
            1_000_000_000,
            500_000,
            "warning",
            "x.toml:1: run.output: the disk of 'runs/x' has 1,000 MB left, and results may take some 2,000 MB; "
            "free some, or put run.output elsewhere",
        ),
    ],
)
def test_disk_space(
    checked: Any, monkeypatch: pytest.MonkeyPatch, free: int, length: int, severity: str, expected: str
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    found = checked(f"dataset.length={length}")
    assert lines(found, severity) == [expected]
    assert len(found.findings) == 1


def test_all_findings_in_one_list(checked: Any) -> None:
    found = checked(
        'tracker.complaints=["is odd"]',
        "dataset.bad_rows=1",
        'dataset.without_images=["A"]',
        'tracker.needs=["image"]',
        "run.output=x.toml/run",
        "metrics=[{type='one', needs=[]}, {type='one', needs=[]}]",
    )
    assert len(lines(found)) == 6


# --- With the data sets that come with the core -------------------------------------------------------------------


def write_mot_folder(root: Path, sequences: int, frames: int = 400, boxes: int = 20) -> None:
    for number in range(sequences):
        folder = root / f"S-{number:02d}"
        (folder / "det").mkdir(parents=True)
        (folder / "gt").mkdir()
        info = f"[Sequence]\nname={folder.name}\nimDir=img1\nframeRate=30\nseqLength={frames}\nimWidth=1920\n"
        (folder / "seqinfo.ini").write_text(f"{info}imHeight=1080\nimExt=.jpg\n")
        rows = [(frame, box) for frame in range(1, frames + 1) for box in range(1, boxes + 1)]
        det = "".join(f"{frame},-1,{box * 30}.5,100.25,20,50,0.9,-1,-1,-1\n" for frame, box in rows)
        gt = "".join(f"{frame},{box},{box * 30}.5,100.25,20,50,1,1,1\n" for frame, box in rows)
        (folder / "det" / "det.txt").write_text(det)
        (folder / "gt" / "gt.txt").write_text(gt)


MOT = '[dataset]\ntype = "mot-challenge"\nroot = "{root}"\n[detector]\ntype = "given"\n[[metrics]]\ntype = "hota"\n'


def test_fifty_sequences_are_checked_quickly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("vtrack_datasets")
    pytest.importorskip("vtrack_plugin_mot_metrics")
    monkeypatch.chdir(tmp_path)
    write_mot_folder(tmp_path / "data", 50)
    Path("x.toml").write_text(MOT.format(root="data"))
    experiment = load_experiment("x.toml")
    started = time.process_time()
    found = preflight(experiment)
    spent = time.process_time() - started
    assert lines(found) == []
    assert len(found.sequences) == 50
    assert sum(len(sequence.annotations() or ()) for sequence in found.sequences) == 50 * 400 * 20
    assert spent < 10, f"800,000 rows took {spent:.1f} s"


def test_checking_imports_neither_opencv_nor_torch(tmp_path: Path) -> None:
    pytest.importorskip("vtrack_datasets")
    pytest.importorskip("vtrack_plugin_mot_metrics")
    write_mot_folder(tmp_path / "data", 1, frames=3)
    (tmp_path / "x.toml").write_text(MOT.format(root="data") + '[[writers]]\ntype = "mot-text"\n')
    code = (
        "import sys; from vtcore.cli import main; status = main(['check', 'x.toml']); "
        "print(status, sorted({'cv2', 'torch', 'scipy', 'av', 'trackeval'} & sys.modules.keys()))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60
    )
    assert answer.stdout.splitlines()[-1] == "0 []", answer.stdout + answer.stderr


def test_broken_rows_of_a_real_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("vtrack_datasets")
    pytest.importorskip("vtrack_plugin_mot_metrics")
    monkeypatch.chdir(tmp_path)
    write_mot_folder(tmp_path / "data", 2, frames=3, boxes=1)
    det = Path("data/S-01/det/det.txt")
    det.write_text("1,-1,10,10,20,50,0.9\n1,-1,10,10\n2,-1,a,10,20,50,0.9\n2,-1,1,10,nan,50,1\n3,-1,1,1,-5,50,1\n")
    Path("x.toml").write_text(MOT.format(root="data"))
    found = lines(preflight(load_experiment("x.toml")))
    assert [line.split(": ")[0] for line in found] == [f"{det}:{number}" for number in (2, 3, 4, 5)]
