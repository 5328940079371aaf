"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import stat
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


@pytest.mark.skipif(os.name != "posix", reason="rights of files are told apart on POSIX only")
def test_a_private_file_is_its_owners_alone(tmp_path: Path) -> None:
    for private, rights in ((True, 0o600), (False, 0o644)):
        # A leftover that others may read must not lend its rights.
        (tmp_path / "a.toml.partial").touch(0o666)
        earlier = os.umask(0o022)
        try:
            write_whole(tmp_path / "a.toml", "password", private=private)
        finally:
            os.umask(earlier)
        assert stat.S_IMODE((tmp_path / "a.toml").stat().st_mode) == rights
