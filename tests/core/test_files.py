"""Files that appear whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from vtcore.errors import OutputError
from vtcore.files import write_whole


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    write_whole(tmp_path / "a.json", "1")
    write_whole(tmp_path / "a.json", "2")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.json", "2")]
    with pytest.raises(OutputError, match=r"b\.json: cannot be written"):
        write_whole(tmp_path / "a.json" / "b.json", "1")
