"""What the preflight finds, one line each, before anything starts."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from vtcore.errors import PreflightError
from vtcore.preflight import require
from vtcore.preflight.data import ROW_LIMIT


def test_nothing_to_find(checked: Any, lines: Any) -> None:
    found = checked()
    assert found.findings == ()
    assert [sequence.name for sequence in found.sequences] == ["A", "B"]
    assert type(found.dataset).__name__ == "FakeDataset"
    require(found.findings)


def test_only_what_is_needed_is_read_and_once(checked: Any, lines: Any) -> None:
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
def test_error(checked: Any, lines: Any, override: str, expected: str) -> None:
    found = checked(override)
    assert expected in lines(found)
    with pytest.raises(PreflightError) as caught:
        require(found.findings)
    assert expected in str(caught.value).splitlines()


def test_bug_in_a_data_set_is_not_hidden(checked: Any, lines: Any) -> None:
    with pytest.raises(RuntimeError, match="a bug"):
        checked("dataset.failure=bug")


def test_nothing_to_do(checked: Any, lines: Any) -> None:
    assert lines(checked(text='[dataset]\ntype = "fake"\n')) == [
        "x.toml:1: there is nothing to do: the experiment has neither [detector] nor [tracker]"
    ]


def test_writers_of_one_type_may_tell_that_their_files_differ(checked: Any, lines: Any) -> None:
    writers = '[[writers]]\ntype = "picky"\nsuffix = ".a"\n[[writers]]\ntype = "picky"\nsuffix = ".b"\n'
    assert lines(checked(more=writers)) == []


def test_images_that_are_not_there(checked: Any, lines: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vtcore.drawing.display._answers", lambda _: True)
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


def test_metrics_need_annotations(checked: Any, lines: Any) -> None:
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


def test_live_sources_cannot_be_scored(checked: Any, lines: Any) -> None:
    found = checked('metrics=[{type="one", needs=["annotations"]}]', "dataset.live=true", "detector.needs=[]")
    assert lines(found) == [
        "-o metrics=[{type=\"one\", needs=[\"annotations\"]}]: metrics: a live source ('A', 'B') has no annotations to "
        "score against; leave [[metrics]] out"
    ]
    assert lines(checked("dataset.live=true", "detector.needs=[]")) == []


def test_each_wrong_row_is_told_once_up_to_a_limit(checked: Any, lines: Any) -> None:
    assert lines(checked("dataset.bad_rows=2")) == [
        "A/det.txt:1: row is wrong",
        "A/det.txt:2: row is wrong",
        "B/det.txt:1: row is wrong",
        "B/det.txt:2: row is wrong",
    ]
    many = lines(checked("dataset.bad_rows=30"))
    assert len(many) == ROW_LIMIT + 1
    assert many[-1] == "and 10 more problems in the files of the data set"


NEEDS_LOOKS = 'tracker.needs=["detections", "embeddings"]'


def test_a_tracker_that_compares_looks_nobody_describes_is_a_warning(checked: Any, lines: Any) -> None:
    told = (
        "x.toml:6: tracker: 'picky' compares looks, but nothing describes them, so it goes by place alone; "
        "add a [reid], or give detections that come with embeddings (.npz)"
    )
    found = checked(NEEDS_LOOKS)
    assert (lines(found), lines(found, "warning")) == ([], [told])
    assert lines(checked(NEEDS_LOOKS, "detector.needs=['image']"), "warning") == [told]
    for more in ("[reid]\ntype = 'picky'\n", ""):
        options = {} if more else {"provided": ("reid",)}
        assert lines(checked(NEEDS_LOOKS, "detector.needs=['image']", more=more, **options), "warning") == []
    given = (
        "detector={type='given', path='x.npz', replace=true}",
        "detector={type='given', path='x.txt', replace=true}",
    )
    assert [len(lines(checked(NEEDS_LOOKS, each), "warning")) for each in given] == [0, 1]


def test_embeddings_that_nobody_looks_at(checked: Any, lines: Any) -> None:
    looks = "[reid]\ntype = 'picky'\n"
    ignoring = 'tracker.ignores=["embeddings"]'
    assert lines(checked(ignoring, more=looks), "warning") == [
        "x.toml:9: reid: tracker 'picky', as it is set, never looks at embeddings, so they are computed for nobody; "
        "leave [reid] out, or choose a tracker that compares looks"
    ]
    assert lines(checked(ignoring), "warning") == []
    assert lines(checked(more=looks), "warning") == []
    written = '[[writers]]\ntype = "json-lines"\nembeddings = true\n'
    assert lines(checked(ignoring, more=looks + written), "warning") == []


def test_describing_without_detections(checked: Any, lines: Any) -> None:
    text = "[dataset]\ntype = 'fake'\n[reid]\ntype = 'picky'\n[tracker]\ntype = 'picky'\n"
    assert lines(checked(text=text)) == [
        "x.toml:3: reid: there is nothing to describe without a [detector]; add one, or leave [reid] out"
    ]


def test_disabling_nothing_is_a_warning(checked: Any, lines: Any) -> None:
    found = checked('plugins.disable=["sort"]')
    assert lines(found) == []
    assert lines(found, "warning") == [
        '-o plugins.disable=["sort"]: plugins.disable: '
        "[plugins] disable names 'sort', but no such plugin is installed"
    ]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is always a display")
def test_window_without_a_display(checked: Any, lines: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert lines(checked("run.show=true")) == [
        "-o run.show=true: run.show: there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set); leave out "
        "--show and write a video"
    ]
    monkeypatch.setattr("vtcore.drawing.display._answers", lambda _: True)
    monkeypatch.setenv("DISPLAY", ":0")
    assert checked("run.show=true").findings == ()


def test_all_findings_in_one_list(checked: Any, lines: Any) -> None:
    found = checked(
        'tracker.complaints=["is odd"]',
        "dataset.bad_rows=1",
        'dataset.without_images=["A"]',
        'tracker.needs=["image"]',
        "run.output=x.toml/run",
        "metrics=[{type='one', needs=[]}, {type='one', needs=[]}]",
    )
    assert len(lines(found)) == 6
