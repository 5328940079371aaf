from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vtcore.errors import DamagedSourceError, OutputError
from vtcore.evaluation import FrameErrors
from vtcore.frames import Frame, Sequence
from vtcore.report import ReportInput, SequenceReport, write_report
from vtcore.report.page import report_page
from vtcore.results.read import read_results
from vtcore.results.scan import scan_results
from vtcore.tables import TrackTable

VOID = {"meta", "img", "br", "hr", "link", "input"}
EVIL = "<b>&\"'</b>"


class Page(HTMLParser):
    """Checks that elements are closed in order, and gathers what the tests ask for."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"attribute twice in <{tag}>"
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.open):
            self.texts.append(data)

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self) -> str:
        return " ".join(self.texts)


class Clip(Sequence):
    """Grey images, counted as they are read; damaged after some."""

    def __init__(self, name: str = "clip", length: int = 40, *, good: int | None = None, **fields: Any) -> None:
        super().__init__(name, length=length, **({"width": 160, "height": 120, "frame_rate": 25.0} | fields))
        self.good = length if good is None else good
        self.read: list[int] = []

    def frames(self, *, images: bool = True) -> Iterator[Frame]:
        for index in range(self.length or 0):
            if index >= self.good:
                raise DamagedSourceError("damaged", frames_read=self.good)
            self.read.append(index)
            yield Frame(index, np.full((120, 160, 3), 100, np.uint8) if images else None)


class Seekable(Clip):
    random_access = True

    def frame(self, index: int) -> Frame:
        self.read.append(index)
        return Frame(index, np.full((120, 160, 3), 100, np.uint8))


def tables(length: int) -> tuple[TrackTable, TrackTable]:
    """Two tracks in every frame, the first correct and the second false; two annotations, the second missed."""
    frames = np.repeat(np.arange(length), 2)
    results = np.tile([[10.0, 10.0, 20.0, 40.0], [100.0, 50.0, 20.0, 40.0]], (length, 1))
    truth = np.tile([[10.0, 11.0, 20.0, 40.0], [60.0, 50.0, 20.0, 40.0]], (length, 1))
    ids = np.tile([1, 2], length)
    return TrackTable(frames, results, ids=ids), TrackTable(frames, truth, ids=ids)


def errors(length: int) -> FrameErrors:
    ones = np.ones(length, np.int64)
    switches = np.zeros(length, np.int64)
    switches[length // 2] = 1
    odd = np.arange(1, 2 * length, 2)
    return FrameErrors(
        tp=ones, fp=ones, fn=ones, idsw=switches, fp_rows=odd, fn_rows=odd, idsw_rows=np.array([length // 2 * 2])
    )


def scored(name: str = "clip", length: int = 40, **fields: Any) -> SequenceReport:
    results, truth = tables(length)
    standard: dict[str, Any] = {
        "name": name,
        "length": length,
        "classes": ("person",),
        "results": results,
        "truth": truth,
        "errors": errors(length),
        "timings": {"decode": 2.0, "track": 0.5},
        "frames_done": length,
    }
    return SequenceReport(**(standard | fields))


SCORES: dict[str, Any] = {
    "hota": {
        "COMBINED": {"HOTA": 0.51234, "DetA": 0.4, "curves": {"alphas": [0.05, 0.5], "HOTA": [0.7, 0.3]}},
        "clip": {"HOTA": 0.61234, "DetA": None, "curves": {"alphas": [0.05, 0.5], "HOTA": [0.7, 0.3], "AssA": [0, 1]}},
        "by_class": {"person": {"COMBINED": {"HOTA": 0.71, "DetA": 0.2}, "clip": {"HOTA": 0.7, "DetA": 0.2}}},
    },
    "clear": {"COMBINED": {"MOTA": -0.25, "IDSW": 12345}, "clip": {"MOTA": -0.25, "IDSW": 12345}},
}
SUMMARIES = {"hota": ("HOTA", "DetA"), "clear": ("MOTA", "IDSW")}


def written(folder: Path, **fields: Any) -> Page:
    path = write_report(folder, ReportInput(**{"title": "my run", "sequences": [scored()]} | fields))
    assert path == folder / "report.html"
    assert [item.name for item in folder.iterdir()] == ["report.html"]
    return Page(path.read_text(encoding="utf-8"))


def test_everything_a_run_has_is_told(tmp_path: Path) -> None:
    page = written(
        tmp_path,
        sequences=[scored(sequence=Clip(), dropped=3, notes=["image 7 is damaged"])],
        scores=SCORES,
        summaries=SUMMARIES,
        experiment_toml='[tracker]\ntype = "sort"\n',
        versions={"vtcore": "9.8.7", "libraries": {"numpy": "2.4.6"}},
        notes=["all scores are zero"],
        command="vtcore run sort:mot17",
        made=datetime(2026, 11, 5, 12, 30, tzinfo=timezone.utc),
    )
    for told in (
        "my run",
        "05 November 2026, 12:30 UTC",
        "vtcore run sort:mot17",
        "vtcore 9.8.7",
        "51.23",
        "61.23",
        "-25.00",
        "12,345",
        "71.00",
        "image 7 is damaged",
        "all scores are zero",
        '[tracker]\ntype = "sort"\n',
        "numpy",
        "2.4.6",
        "3 frames dropped",
        "HOTA over the localisation threshold",
        "Errors over time",
        "Tracks over time",
        "Length of tracks",
        "Worst frames",
        "Frame 21: 1 false positive, 1 missed, 1 id switch",
    ):
        assert told in page.text, told
    assert "–" in page.texts  # a score that is not there


def test_the_page_is_valid_offline_and_accessible(tmp_path: Path) -> None:
    page = written(tmp_path, sequences=[scored(sequence=Clip())], scores=SCORES, summaries=SUMMARIES)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>\n<html lang=")
    outside = re.sub(r"data:image/webp;base64,[A-Za-z0-9+/=]+", "data:image/", text)
    assert len(outside) < len(text)
    assert not re.search(r"(?i)https?:|[\"'( ]//[a-z]|url\(|@import|<link|\bsrc=\"(?!data:image/)", outside)
    references = [attributes.get("href") or "" for _, attributes in page.elements if "href" in attributes]
    assert all(reference.startswith("#") for reference in references)
    anchors = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    assert {reference[1:] for reference in references} <= anchors
    assert all(attributes["alt"] and attributes["width"] for attributes in page.attributes("img"))
    assert all(attributes.get("scope") for attributes in page.attributes("th"))
    assert len(page.attributes("caption")) == len(page.attributes("table"))
    plots = [attributes for attributes in page.attributes("svg") if attributes.get("role") == "img"]
    assert len(plots) == 4
    assert all(attributes["aria-label"] for attributes in plots)


def test_the_page_follows_light_and_dark_and_prints(tmp_path: Path) -> None:
    written(tmp_path)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text


def test_names_are_escaped_everywhere(tmp_path: Path) -> None:
    tables_of = {EVIL: {"HOTA": 0.5, "curves": {"alphas": [0.05, 0.5], "HOTA": [0.7, 0.3]}}, "COMBINED": {"HOTA": 0.5}}
    page = written(
        tmp_path,
        title=EVIL,
        sequences=[scored(EVIL, sequence=Clip(EVIL), notes=[EVIL], timings={EVIL: 1.0}), scored(EVIL + "2")],
        scores={EVIL: tables_of | {"by_class": {EVIL: {"COMBINED": {"HOTA": 0.5}}}}},
        summaries={},
        experiment_toml=EVIL,
        versions={EVIL: EVIL},
        notes=[EVIL],
        command=EVIL,
    )
    assert not page.attributes("b")
    assert page.text.count(EVIL) >= 12


def test_without_scores_and_truth(tmp_path: Path) -> None:
    page = written(tmp_path, sequences=[scored(truth=None, errors=None, sequence=Clip())])
    assert "Scores" not in page.text
    assert "Errors over time" not in page.text
    assert "Tracks over time" in page.text
    assert "Busiest frames" in page.text
    assert len(page.attributes("img")) == 3


def test_without_anything(tmp_path: Path) -> None:
    page = written(tmp_path, sequences=[])
    assert "my run" in page.text
    empty = SequenceReport(name="nothing", results=TrackTable.empty(), frames_done=0)
    page = written(tmp_path, sequences=[empty], scores={})
    assert "No frames." in page.text
    assert "No tracks." in page.text


def test_a_scanned_file_tells_what_its_table_does(tmp_path: Path) -> None:
    rows = [f"{frame},{number},{10 * number},20,30,40,0.5,-1,-1,-1\n" for frame in (1, 2, 5) for number in (3, 4)]
    path = tmp_path / "clip.txt"
    path.write_text("".join(rows))
    fields: dict[str, Any] = {"name": "clip", "frames_done": 6, "sequence": Clip(length=6)}
    made = datetime(2026, 11, 5, tzinfo=timezone.utc)
    pages = [
        report_page(ReportInput(title="a", made=made, sequences=[SequenceReport(results=results, **fields)]))
        for results in (read_results(path), scan_results(path))
    ]
    assert pages[0] == pages[1]
    assert "data:image/" in pages[0]
    assert "2 tracks" in pages[0]


def test_detections_without_ids_are_no_tracks(tmp_path: Path) -> None:
    found = TrackTable([0, 0, 1], [[0.0, 0.0, 5.0, 5.0]] * 3)
    page = written(tmp_path, sequences=[SequenceReport(name="a", results=found, frames_done=2)])
    assert "No tracks." in page.text


def test_sequences_are_linked_and_a_long_list_is_folded(tmp_path: Path) -> None:
    names = [f"s{number}" for number in range(12)]
    scores = {"clear": {"COMBINED": {"MOTA": 0.5}} | {name: {"MOTA": 0.5} for name in names}}
    page = written(tmp_path, sequences=[scored(name) for name in names], scores=scores, summaries={"clear": ("MOTA",)})
    assert {"href": "#sequence-12"} in page.attributes("a")
    sections = [attributes for attributes in page.attributes("details") if attributes.get("class") == "sequence"]
    assert len(sections) == 12
    assert sum("open" in attributes for attributes in sections) == 4
    assert "All sequences; stages overlap" in page.text


def test_a_long_sequence_stays_small(tmp_path: Path) -> None:
    written(tmp_path, sequences=[scored(length=100_000)])
    assert (tmp_path / "report.html").stat().st_size < 150_000
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    hovers = [json.loads(a["data-hover"] or "") for a in Page(text).attributes("svg") if a.get("data-hover")]
    assert len(hovers) == 2
    assert all(len(hover["x"]) <= 600 for hover in hovers)
    assert "boxes (mean of 167 frames)" in text


def test_the_read_out_has_the_numbers(tmp_path: Path) -> None:
    page = written(tmp_path, scores=SCORES, summaries=SUMMARIES)
    hovers = [json.loads(a["data-hover"] or "") for a in page.attributes("svg") if a.get("data-hover")]
    curve, over_time, _ = hovers
    assert curve["x"] == [0.05, 0.5]
    assert curve["series"][0] == {"name": "HOTA", "y": [70, 30]}
    assert over_time["x"][:2] == [1, 2]
    assert [series["y"][20] for series in over_time["series"]] == [1, 1, 1]


def test_an_unwritable_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"file/run/report\.html: cannot be written: "):
        write_report(tmp_path / "file" / "run", ReportInput(title="a"))


def test_an_earlier_report_is_replaced(tmp_path: Path) -> None:
    written(tmp_path, title="first")
    assert "second" in written(tmp_path, title="second").text


@pytest.mark.skipif(sys.platform == "win32", reason="reads with the system's encoding there")
def test_any_letters_are_fine(tmp_path: Path) -> None:
    assert "Übung 猫" in written(tmp_path, title="Übung 猫").text
