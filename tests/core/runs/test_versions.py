"""What a run was made with, and what is told where it goes on with something else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vtcore.runs.versions import note_of_change

NOW = {
    "python": "3.11.7",
    "platform": "Linux",
    "vtcore": "0.2.0",
    "plugins": {"vtrack-plugin-sort": "0.1.0", "strangers-near": "2.0"},
    "libraries": {"numpy": "2.1.0"},
}


def test_the_same_versions_are_not_told(tmp_path: Path) -> None:
    file = tmp_path / "versions.json"
    file.write_text(json.dumps({**NOW, "platform": "another machine"}))
    assert note_of_change(file, NOW) == []


def test_other_versions_are_told(tmp_path: Path) -> None:
    file = tmp_path / "versions.json"
    plugins = {"vtrack-plugin-sort": "0.1.0", "strangers-near": "1.0"}
    file.write_text(json.dumps({**NOW, "vtcore": "0.1.0", "plugins": plugins}))
    assert note_of_change(file, NOW) == [
        "resumed with other versions: vtcore 0.1.0 -> 0.2.0, strangers-near 1.0 -> 2.0; "
        "sequences that were done are as the earlier made them"
    ]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"plugins": 5}'])
def test_a_file_that_cannot_be_read_tells_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "versions.json").write_text(text)
    assert note_of_change(tmp_path / "versions.json", NOW) == []


def test_no_file_tells_nothing(tmp_path: Path) -> None:
    assert note_of_change(tmp_path / "versions.json", NOW) == []
