"""What docs/report.md shows works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import tomli

from vtcore.drawing.config import CODECS, VideoWriterConfig

PAGE = (Path(__file__).parents[3] / "docs" / "report.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.mark.parametrize("source", blocks("python"))
def test_snippets_run(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(compile(source, "docs/report.md", "exec"), names)
    if "write_report" in source:
        assert "first try" in (tmp_path / "my-run" / "report.html").read_text(encoding="utf-8")
    else:
        assert names["picture"].any()  # type: ignore[attr-defined]


def test_the_table_of_the_writer_is_right() -> None:
    (source,) = blocks("toml")
    table = tomli.loads(source)["writers"][1]
    assert table.pop("type") == "video"
    assert VideoWriterConfig(**table).width == 1280


def test_every_codec_is_described() -> None:
    assert all(f"| `{codec}` |" in PAGE for codec in CODECS if codec != "auto")
