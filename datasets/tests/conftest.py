"""Folders in MOT Challenge layout, written by the tests, and the reference data where it is."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

SeqinfoWriter = Callable[..., Path]


@pytest.fixture
def write_sequence(tmp_path: Path) -> SeqinfoWriter:
    """Return a function that writes a sequence's folder: path, length, texts of gt and det, changes of seqinfo."""

    def write(
        path: str, length: int = 10, gt: str | None = None, det: str | None = None, **changes: str | None
    ) -> Path:
        folder = tmp_path / path
        folder.mkdir(parents=True)
        values: dict[str, str | None] = {
            "name": folder.name,
            "imDir": "img1",
            "frameRate": "20",
            "seqLength": str(length),
            "imWidth": "64",
            "imHeight": "48",
            "imExt": ".jpg",
        }
        values.update(changes)
        lines = [f"{key}={value}\n" for key, value in values.items() if value is not None]
        (folder / "seqinfo.ini").write_text("[Sequence]\n" + "".join(lines))
        for name, text in (("gt", gt), ("det", det)):
            if text is not None:
                (folder / name).mkdir()
                (folder / name / f"{name}.txt").write_text(text)
        return folder

    return write


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """Return the folder of the reference data."""
    given = os.environ.get("VTCORE_REFERENCE_DATA", "")
    folder = Path(given) if given else Path(__file__).parents[2] / ".." / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no reference data in {folder} (VTCORE_REFERENCE_DATA)")
    return folder
