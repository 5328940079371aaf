"""Scores in the terminal."""

from __future__ import annotations

import io

from rich.console import Console

from vtcore.evaluation import score_table

SCORES = {
    "hota": {"COMBINED": {"HOTA": 0.394091, "LocA": None}, "MOT17-02": {"HOTA": 0.25}, "MOT17-04": {"HOTA": 0.5}},
    "clear": {"COMBINED": {"MOTA": -0.5, "IDSW": 1203}, "MOT17-02": {"MOTA": 1.0, "IDSW": 3}},
}
SUMMARIES = {"hota": ("HOTA", "LocA"), "clear": ("MOTA", "IDSW")}


def lines(scores, summaries, width=200):
    console = Console(width=width, file=io.StringIO())
    console.print(score_table(scores, summaries))
    return console.file.getvalue().splitlines()


def cells(line):
    return [cell.strip() for cell in line.replace("┃", "│").split("│")]


def test_rows_and_cells():
    table = lines(SCORES, SUMMARIES)
    assert cells(table[0]) == ["", "HOTA", "LocA", "MOTA", "IDSW"]
    assert cells(table[2]) == ["MOT17-02", "25.000", "-", "100.000", "3"]
    assert cells(table[3]) == ["MOT17-04", "50.000", "-", "-", "-"]
    assert cells(table[5]) == ["COMBINED", "39.409", "-", "-50.000", "1203"]
    assert len(table) == 6


def test_narrow_terminals_get_several_tables():
    table = lines(SCORES, SUMMARIES, width=30)
    assert all(len(line) <= 30 for line in table)
    headings = [cells(line) for line in table if "┃" in line]
    assert [heading for row in headings for heading in row if heading] == ["HOTA", "LocA", "MOTA", "IDSW"]
    assert len(headings) > 1
    assert sum("COMBINED" in line for line in table) == len(headings)


def test_terminal_too_narrow_for_one_column_still_shows_it():
    assert any("39.409" in line for line in lines(SCORES, SUMMARIES, width=19))


def test_classes_follow():
    scores = {
        "clear": {
            "COMBINED": {"MOTA": 0.5},
            "A": {"MOTA": 0.5},
            "CLASS_AVERAGED": {"MOTA": 0.6},
            "by_class": {"person": {"COMBINED": {"MOTA": 0.25}, "A": {"MOTA": 0.25}}},
        }
    }
    table = [cells(line) for line in lines(scores, {"clear": ("MOTA",)}) if "│" in line]
    assert table == [["A", "50.000"], ["COMBINED", "50.000"], ["CLASS_AVERAGED", "60.000"], ["class person", "25.000"]]


def test_a_field_of_two_metrics_is_told_apart():
    scores = {"clear": {"COMBINED": {"MOTA": 0.5}}, "clear-2": {"COMBINED": {"MOTA": 0.25}}}
    table = lines(scores, {"clear": ("MOTA",), "clear-2": ("MOTA",)})
    assert cells(table[0]) == ["", "clear MOTA", "clear-2 MOTA"]


def test_no_scores():
    assert lines({}, {}) == []
