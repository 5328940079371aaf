"""The options of every component with weights."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from vtcore.options import option_info
from vtrack_nets import DownloadError
from vtrack_nets.sources import cached_file
from vtrack_nets.weights_option import sha256_option, weight_files, weights_option, weights_problems


@attrs.frozen(kw_only=True)
class Config:
    weights: str = weights_option()
    weights_sha256: str = sha256_option()

    def check(self) -> Iterator[str]:
        yield from weights_problems(self)

    def files(self) -> Iterator[str]:
        yield from weight_files(self)


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VTCORE_CACHE", str(tmp_path / "cache"))


def test_fields() -> None:
    fields = {field.name: field for field in attrs.fields(Config)}
    assert [field.default for field in fields.values()] == ["", ""]
    assert option_info(fields["weights"]).help.startswith("File or address (https://...) of the network's weights")
    assert option_info(fields["weights_sha256"]).help.startswith("SHA-256")
    own = attrs.make_class("Own", {"weights": weights_option("https://example.org/x.pth", "Ours.")})
    assert (own().weights, option_info(attrs.fields(own).weights).help) == ("https://example.org/x.pth", "Ours.")


@pytest.mark.parametrize("value", ["abc", "0" * 65, "g" * 8])
def test_a_hash_that_is_none(value: str) -> None:
    with pytest.raises(ValueError, match=rf"^weights_sha256: must be 8 to 64 hexadecimal digits, got '{value}'$"):
        Config(weights_sha256=value)
    assert Config(weights_sha256="ABCDEF01").weights_sha256 == "ABCDEF01"


@pytest.mark.parametrize(
    ("weights", "problem"),
    [
        ("", 'weights: none are given; write weights = "file or address"'),
        ("nowhere.pth", "weights: there is no file nowhere.pth"),
        (".", "weights: . is a folder"),
        ("ftp://a/b.pth", "weights: ftp://a/b.pth: an address must begin with http://, https:// or file://"),
        ("file:///nowhere.pth", "weights: there is no file file:///nowhere.pth"),
        (
            "~nobody-of-that/x.pth",
            "weights: ~nobody-of-that/x.pth: the home folder ~nobody-of-that is not known; write the whole path",
        ),
        ("x" * 300, f"weights: {'x' * 300}: File name too long"),
    ],
)
def test_problems(weights: str, problem: str) -> None:
    assert list(Config(weights=weights).check()) == [problem]


def test_no_problems(tmp_path: Path) -> None:
    file = tmp_path / "x.pth"
    file.write_bytes(b"x")
    for weights in (str(file), file.as_uri(), "https://example.org/not-asked.pth"):
        assert list(Config(weights=weights).check()) == []
    assert list(weights_problems(Config(), required=False)) == []


def test_files(tmp_path: Path) -> None:
    file = tmp_path / "x.pth"
    file.write_bytes(b"x")
    assert list(Config().files()) == []
    assert list(Config(weights=str(file)).files()) == [str(file)]
    assert list(Config(weights=file.as_uri()).files()) == [str(file)]
    kept = cached_file("https://example.org/x.pth")
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"x")
    assert list(Config(weights="https://example.org/x.pth").files()) == [str(kept)]
    with pytest.raises(DownloadError):
        list(Config(weights="ftp://example.org/x.pth").files())


def test_none_of_it_needs_torch() -> None:
    code = (
        "import sys, vtrack_nets.weights_option, vtrack_nets.sources, vtrack_nets.downloads, vtrack_nets.plugin\n"
        "import vtrack_nets.weights_command, vtrack_nets.weights_cache\n"
        "print(*sorted({'torch', 'numpy', 'cv2'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == ""
