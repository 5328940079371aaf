"""Small files that ask for much: the same thing copied, counted or looked at again and again."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest

from vtrack_nets import CheckpointError, load_state
from vtrack_nets.pickle_machine import read_pickle

TENSOR = (
    b"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x10tQ"
    b"K\0%b%b\x89ccollections\nOrderedDict\n)RtR"
)
SCALAR = TENSOR % (b")", b")")


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def module(parameters: bytes, children: bytes = b"}", memo: bytes = b"") -> bytes:
    """A pickled network; its parts are programs of dictionaries."""
    parts = text("_parameters") + parameters + text("_buffers") + b"}" + text("_modules") + children
    return b"cnets\nNet\n)\x81" + memo + b"}(" + parts + b"ub"


def many(entry: bytes, count: int, first: bytes = b"") -> bytes:
    """A dictionary of the same thing under many names; ``first`` makes it."""
    return (
        b"}("
        + b"".join(text(f"{number}") + (first or entry if number == 0 else entry) for number in range(count))
        + b"u"
    )


def wrapped(depth: int) -> bytes:
    """Dictionaries in dictionaries under the keys of wrappers, the innermost with what lies in place 9."""
    inner = wrapped(depth - 1) if depth else b"h\x09"
    return b"}(" + b"".join(text(key) + inner for key in ("state_dict", "model_state_dict", "model", "net")) + b"u"


PAIRS = b"(" + b"M\x01\x00N\x86" * 2000 + b"l"
NETWORK = module(b"}")
COSTLY = {
    "a list that is made a dictionary of again and again": (
        b"\x80\x02" + PAIRS + b"q\x000ccollections\nOrderedDict\nq\x010(" + b"h\x01h\x00\x85R" * 2000 + b"l.",
        "it repeats its entries without end",
    ),
    "one network under many names, with many weights": (
        b"\x80\x02"
        + module(b"}", many(b"h\x08", 100, module(many(b"h\x07", 4000, SCALAR + b"q\x07")) + b"q\x08"))
        + b".",
        "it holds a network without end",
    ),
    "one network with many empty parts, under the keys of wrappers": (
        b"\x80\x02" + module(b"}", many(b"h\x08", 20_000, NETWORK + b"q\x08")) + b"q\x090" + wrapped(4) + b".",
        "it holds wrappers without end",
    ),
    "a name as long as a book, before every weight": (
        b"\x80\x02" + module(b"}", b"}" + text("x" * 100_000) + module(many(SCALAR, 10)) + b"s") + b".",
        "it holds a network with names without end",
    ),
    "values in places of a chosen hash": (
        b"\x80\x02N" + b"".join(b"p%d\n" % ((2**61 - 1) * number) for number in range(2, 50)) + b".",
        "it keeps values in places that cannot be",
    ),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "costly.pth"


def write(file: Path, program: bytes) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", program)
        archive.writestr("archive/byteorder", "little")
        archive.writestr("archive/data/0", bytes(64))


@pytest.mark.parametrize("name", COSTLY)
def test_what_is_there_once_is_not_had_many_times(file: Path, name: str) -> None:
    program, message = COSTLY[name]
    write(file, program)
    with pytest.raises(CheckpointError) as caught:
        load_state(file)
    assert str(caught.value) == f"{file}: is damaged, or no checkpoint ({message})"


def test_keys_of_a_chosen_hash(file: Path) -> None:
    """Numbers that all have one hash make a dictionary as slow as a list; small ones, as optimizers have, do not."""
    keys = [((2**61 - 1) * (2**20 + number)).to_bytes(11, "little") for number in range(100)]
    numbers = b"}(" + b"".join(b"\x8a\x0b" + key + b"N" for key in keys) + b"K\x07Nu"
    write(file, b"\x80\x02}(" + text("a") + SCALAR + text("other") + numbers + b"u.")
    assert list(load_state(file)) == ["a"]
    held = read_pickle(io.BytesIO(b"\x80\x02" + numbers + b"."))
    assert [key for key in held if isinstance(key, int)] == [7]
    assert len(held) == 101


def test_repeated_numbers_count_together(file: Path) -> None:
    """A few numbers can stand for many; written to another file they would be many."""
    row = TENSOR % (b"J" + struct.pack("<i", 1 << 23) + b"\x85", b"K\0\x85")
    write(file, b"\x80\x02}" + text("a") + row + b"s.")
    assert len(load_state(file)["a"]) == 1 << 23
    write(file, b"\x80\x02" + many(row, 3) + b".")
    with pytest.raises(CheckpointError, match=r"its weight 2 is no weight: it repeats 16 numbers to 8,388,608$"):
        load_state(file)
