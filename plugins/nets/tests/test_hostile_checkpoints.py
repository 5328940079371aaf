"""Files made to harm: nothing in them runs, none fills the memory, each is refused in one line."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import pickle
import struct
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save as save_safetensors

from vtrack_nets import CheckpointError, load_state
from vtrack_nets.checkpoints import read_checkpoint
from vtrack_nets.pickle_machine import MOST_OPCODES

Refused = Callable[..., str]

STATE = {"a.weight": torch.arange(6.0).reshape(2, 3), "a.bias": torch.tensor([1.0, -1.0])}
LAYOUTS = ("zip", "legacy", "safetensors")


def written(layout: str) -> bytes:
    if layout == "safetensors":
        return save_safetensors(STATE, {"format": "pt"})
    buffer = io.BytesIO()
    torch.save({"state_dict": STATE, "epoch": 3}, buffer, _use_new_zipfile_serialization=layout == "zip")
    return buffer.getvalue()


OPCODES = st.lists(st.sampled_from([bytes([byte]) for byte in b"(.]})tR\x81ob0ua\x85\x86\x87NQs2"]), max_size=5).map(
    b"".join
)
WHOLE = {layout: written(layout) for layout in LAYOUTS}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "weights.pth"


@pytest.fixture
def trap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that appears once anything runs: by a call, or by the import of the module ``canary``."""
    sprung = tmp_path / "sprung"
    modules = tmp_path / "modules"
    modules.mkdir()
    (modules / "canary.py").write_text(
        f"import pathlib\npathlib.Path({str(sprung)!r}).mkdir(exist_ok=True)\n"
        "class Song:\n    def __setstate__(self, state): pass\n"
    )
    monkeypatch.syspath_prepend(str(modules))
    yield sprung
    sys.modules.pop("canary", None)


def outcome(path: Path) -> tuple[dict[str, torch.Tensor], str]:
    """Return what a file holds, or why it is refused."""
    try:
        return load_state(path), ""
    except CheckpointError as error:
        return {}, str(error)


def same(found: dict[str, torch.Tensor]) -> bool:
    return found.keys() == STATE.keys() and all(torch.equal(found[name], STATE[name]) for name in STATE)


# --- Damage -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", LAYOUTS)
def test_cut_anywhere(file: Path, layout: str, refused_file: Refused) -> None:
    whole = WHOLE[layout]
    for size in range(len(whole)):
        file.write_bytes(whole[:size])
        assert any(word in refused_file(file) for word in ("damaged", "is no checkpoint", "is empty"))


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_changed_anywhere(tmp_path_factory: pytest.TempPathFactory, layout: str, data: st.DataObject) -> None:
    """Refused in words, or read; and an archive, which has checksums, never read wrong."""
    content = bytearray(WHOLE[layout])
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / f"changed-{layout}.pth"
    path.write_bytes(content)
    found, reason = outcome(path)
    assert "\n" not in reason
    assert reason or layout != "zip" or same(found)


@settings(max_examples=300, deadline=None)
@given(
    content=st.binary(max_size=300), beginning=st.sampled_from([b"\x80\x02", b"PK\x03\x04", b"\x10" + bytes(7) + b"{"])
)
def test_noise(tmp_path_factory: pytest.TempPathFactory, content: bytes, beginning: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "noise.pth"
    path.write_bytes(beginning + content)
    with pytest.raises(CheckpointError):
        load_state(path)


# --- Code -------------------------------------------------------------------------------------------------------


def programs(trap: Path) -> dict[str, bytes]:
    """Pickles by the opcode that would do harm."""
    place = str(trap).encode()
    text = b"(X" + struct.pack("<I", len(place)) + place
    return {
        "REDUCE": b"\x80\x02cos\nmkdir\n" + text + b"tR.",
        "INST": b"(X" + struct.pack("<I", len(place)) + place + b"ios\nmkdir\n.",
        "OBJ": b"(cos\nmkdir\nX" + struct.pack("<I", len(place)) + place + b"o.",
        "STACK_GLOBAL": b"\x80\x04\x8c\x02os\x8c\x05mkdir\x93" + text + b"tR.",
        "NEWOBJ": b"\x80\x02ccanary\nSong\n)\x81.",
        "NEWOBJ_EX": b"\x80\x04\x8c\x06canary\x8c\x04Song\x93)}\x92.",
        "BUILD": b"\x80\x02ccanary\nSong\n)\x81}X\x01\x00\x00\x00aK\x01sb.",
        "import alone": b"\x80\x02ccanary\nSong\n.",
        "import by dots": b"\x80\x04\x8c\x06canary\x8c\x0dSong.__init__\x93.",
        "global of torch": b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n}X\x01\x00\x00\x00aK\x01sb.",
        "eval": b"\x80\x02c__builtin__\neval\n" + text + b"tR.",
        "getattr": b"\x80\x02c__builtin__\ngetattr\n(ccanary\nSong\nX\x08\x00\x00\x00__init__tR)R.",
        "extension": b"\x80\x02\x82\x01.",
        "protocol 0": b"cos\nmkdir\n(S" + repr(str(trap)).encode() + b"\ntR.",
    }


_ATTACKS = ("REDUCE", "INST", "OBJ", "STACK_GLOBAL", "eval", "extension", "protocol 0")
"""Programs that are refused wherever they stand: for what they name, or as they make no sense."""


def archive_of(pickled: bytes, **more: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(WHOLE["zip"])) as source, zipfile.ZipFile(buffer, "w") as archive:
        for name in source.namelist():
            archive.writestr(name, pickled if name.endswith("data.pkl") else source.read(name))
        for name, content in more.items():
            archive.writestr(f"archive/{name}", content)
    return buffer.getvalue()


def pickles_with(pickled: bytes, place: int) -> bytes:
    """An older file with another pickle in one of the five places."""
    stream = io.BytesIO(WHOLE["legacy"])
    parts = []
    for _ in range(5):
        begin = stream.tell()
        for _code in __import__("pickletools").genops(stream):
            pass
        parts.append(WHOLE["legacy"][begin : stream.tell()])
    parts[place] = pickled
    return b"".join(parts) + stream.read()


@pytest.mark.parametrize("name", programs(Path("x")))
@pytest.mark.parametrize("place", ["archive", "alone", *range(5)])
def test_no_program_runs(file: Path, trap: Path, name: str, place: str | int, refused_file: Refused) -> None:
    program = programs(trap)[name]
    if place == "archive":
        file.write_bytes(archive_of(program))
    elif place == "alone":
        file.write_bytes(program)
    else:
        file.write_bytes(pickles_with(program, int(place)))
    if place in (1, 2) and name not in _ATTACKS:
        # The version and the kind of machine: what else stands there means nothing.
        assert same(load_state(file))
    else:
        refused_file(file)
    assert not trap.exists()
    assert "canary" not in sys.modules
    assert "a" not in vars(torch._utils._rebuild_tensor_v2)


@pytest.mark.parametrize("name", ["REDUCE", "NEWOBJ", "BUILD", "import alone", "getattr"])
def test_the_programs_would_run(trap: Path, name: str) -> None:
    """A plain unpickler walks into the traps: the test above is no straw man."""
    with contextlib.suppress(TypeError):
        pickle.loads(programs(trap)[name])
    assert trap.is_dir()


@pytest.mark.parametrize("name", programs(Path("x")))
def test_no_program_runs_beside_weights(file: Path, trap: Path, name: str) -> None:
    """What does no harm here may lie beside weights; what only an attack has may not."""
    program = programs(trap)[name]
    stream = io.BytesIO()
    torch.save({"x": None, "state_dict": STATE}, stream)
    with zipfile.ZipFile(stream) as source:
        pickled = source.read("archive/data.pkl")
    body = program.removeprefix(b"\x80\x02").removeprefix(b"\x80\x04").removesuffix(b".")
    file.write_bytes(archive_of(pickled.replace(b"X\x01\x00\x00\x00xq\x01N", b"X\x01\x00\x00\x00xq\x01" + body, 1)))
    found, reason = outcome(file)
    assert "nothing was executed" in reason or name == "extension" if reason else same(found)
    assert not trap.exists()
    assert "canary" not in sys.modules


def test_a_tar_archive(file: Path, refused_file: Refused) -> None:
    """As torch before 0.2 wrote, in one of which a pickle lies too."""
    with tarfile.open(file, "w") as archive:
        for name in ("sys_info", "pickle", "storages", "tensors"):
            content = pickle.dumps({"a": 1})
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    assert refused_file(file) == "is a tar archive: unpack it, and give the file in it"


# --- Size -------------------------------------------------------------------------------------------------------


def tensor_program(numel: int, offset: int, size: tuple[Any, ...], stride: tuple[Any, ...]) -> bytes:
    """A pickle of ``{"a": tensor}`` on the storage 0 of an archive."""

    class Storage:
        pass

    class Pickler(pickle.Pickler):
        def persistent_id(self, value: Any) -> Any:
            return ("storage", torch.FloatStorage, "0", "cpu", numel) if isinstance(value, Storage) else None

    class Made:
        def __reduce__(self) -> Any:
            return torch._utils._rebuild_tensor_v2, (Storage(), offset, size, stride, False, {})

    buffer = io.BytesIO()
    Pickler(buffer, 2).dump({"a": Made()})
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("numel", "offset", "size", "stride", "message"),
    [
        (1 << 40, 0, (2, 3), (3, 1), "is damaged: it wants 4,398,046,511,104 bytes, of which the file holds 24"),
        (7, 0, (7,), (1,), "is damaged: it wants 28 bytes, of which the file holds 24"),
        (6, 0, (1 << 40,), (1,), "is damaged: it reaches to number 1,099,511,627,775 of 6"),
        (6, 4, (3,), (1,), "is damaged: it reaches to number 6 of 6"),
        (6, 0, (2, 3), (4, 1), "is damaged: it reaches to number 6 of 6"),
        (6, -1, (3,), (1,), "is damaged: it has no shape"),
        (6, 5, (3,), (-1,), "is damaged: it has no shape"),
        (6, 0, (-3,), (1,), "is damaged: it has no shape"),
        (6, 0, (2, 3), (1,), "is damaged: it has no shape"),
        (6, 0, (True, 3), (3, 1), "is damaged: it has no shape"),
        (6, 0, (1,) * 65, (1,) * 65, "is damaged: it has no shape"),
        (
            6,
            0,
            (1 << 62, 1 << 62),
            (0, 0),
            "is no weight: it repeats 6 numbers to 21,267,647,932,558,653,966,460,912,9",
        ),
        (6, 0, (0, 1 << 64), (1, 1), "is damaged: it has no shape"),
        (6, 0, (1 << 30,), (0,), "is no weight: it repeats 6 numbers to 1,073,741,824"),
        (-6, 0, (3,), (1,), "is damaged: its numbers are of no known type"),
        (6, 0, "ab", (1,), "is damaged: it is not described as tensors are"),
    ],
)
def test_tensors_beyond_their_numbers(
    file: Path, numel: int, offset: int, size: Any, stride: Any, message: str, refused_file: Refused
) -> None:
    file.write_bytes(archive_of(tensor_program(numel, offset, size, stride)))
    assert refused_file(file).startswith(f"its weight a {message}")
    file.write_bytes(archive_of(tensor_program(6, 1, (5,), (1,))))
    assert load_state(file)["a"].tolist() == [1, 2, 3, 4, 5]


def test_numbers_too_long_to_write(file: Path, refused_file: Refused) -> None:
    torch.save({"epoch": 10**6000, 10**6000: 1, "state_dict": STATE}, file)
    assert read_checkpoint(file).beside == {"epoch": "int"}
    assert (
        refused_file(file, average=True)
        == "holds no moving average of the weights: its keys are epoch, int, state_dict"
    )
    file.write_bytes(archive_of(tensor_program(10**6000, 0, (3,), (1,))))
    assert refused_file(file) == "its weight a is damaged: its numbers are of no known type"
    file.write_bytes(archive_of(tensor_program(6, 10**6000, (3,), (10**6000,))))
    assert refused_file(file) == "its weight a is damaged: it has no shape"


@settings(max_examples=500, deadline=None)
@given(data=st.data())
def test_changed_programs(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Changed before the checksums were made: an attacker knows how to make them."""
    with zipfile.ZipFile(io.BytesIO(WHOLE["zip"])) as source:
        program = bytearray(source.read("archive/data.pkl"))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(program) - 1))
        length = data.draw(st.integers(0, 4))
        program[place : place + length] = data.draw(st.binary(max_size=4) | OPCODES)
    path = tmp_path_factory.getbasetemp() / "program.pth"
    path.write_bytes(archive_of(bytes(program)))
    _, reason = outcome(path)
    assert "\n" not in reason


def rewritten(change: Callable[[zipfile.ZipFile, zipfile.ZipFile], None]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(WHOLE["zip"])) as source, zipfile.ZipFile(buffer, "w") as archive:
        change(source, archive)
    return buffer.getvalue()


def test_a_bomb(file: Path, refused_file: Refused) -> None:
    def bomb(source: zipfile.ZipFile, archive: zipfile.ZipFile) -> None:
        for name in source.namelist():
            compression = zipfile.ZIP_DEFLATED if name.endswith("/0") else zipfile.ZIP_STORED
            archive.writestr(name, bytes(50_000_000) if name.endswith("/0") else source.read(name), compression)

    content = rewritten(bomb)
    assert len(content) < 100_000
    file.write_bytes(content)
    assert refused_file(file).endswith("data/0 is compressed or encrypted, which torch.save does not do)")


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_two_parts_of_one_name(file: Path, refused_file: Refused) -> None:
    def twice(source: zipfile.ZipFile, archive: zipfile.ZipFile) -> None:
        for name in [*source.namelist(), "archive/data/0"]:
            archive.writestr(name, source.read(name))

    file.write_bytes(rewritten(twice))
    assert refused_file(file) == "is damaged, or no checkpoint (two parts have one name)"


def test_parts_that_overlap(file: Path, refused_file: Refused) -> None:
    """Many names for the same bytes: little on the disk, much in memory."""
    block = bytes(100_000)

    def one(source: zipfile.ZipFile, archive: zipfile.ZipFile) -> None:
        for name in source.namelist():
            archive.writestr(name, block if name.endswith("/0") else source.read(name))
        info = archive.getinfo("archive/data/0")
        for number in range(2, 60):
            other = zipfile.ZipInfo(f"archive/data/{number}")
            other.header_offset, other.CRC = info.header_offset, info.CRC
            other.file_size = other.compress_size = info.file_size
            archive.filelist.append(other)
            archive.NameToInfo[other.filename] = other

    file.write_bytes(rewritten(one))
    assert refused_file(file) == "is damaged, or no checkpoint (its parts together are larger than the file)"


NESTED = b"\x80\x02" + b")" + b"\x85" * 100_000
GREEDY = {
    "a text of 2^60 bytes": b"\x80\x04\x8d" + struct.pack("<Q", 1 << 60) + b"x.",
    "bytes of 2^62": b"\x80\x05\x8e" + struct.pack("<Q", 1 << 62) + b"x.",
    "a number of 2^31 bytes": b"\x80\x02\x8b" + struct.pack("<i", (1 << 31) - 1) + b"x.",
    "a number of a million digits": b"L" + b"9" * 1_000_000 + b"L\n.",
    "a frame of 2^60": b"\x80\x04\x95" + struct.pack("<Q", 1 << 60) + b"N.",
    "deep": NESTED + b".",
    "a deep key": b"\x80\x02}" + NESTED[2:] + b"Ns.",
    "a deep class": b"\x80\x02" + b")" + b")R" * 100_000 + b".",
    "lists without end": b"\x80\x02(" + b"]" * 400_000 + b"t.",
    "itself": b"\x80\x02]q\x00h\x00a.",
    "a memo far away": b"\x80\x02Nr\xff\xff\xff\xff.",
    "what is not there": b"\x80\x02h\x07.",
    "a mark for a value": b"\x80\x02((K\x01sK\x02.",
    "nothing": b"\x80\x02.",
    "an odd text": b"S'\\d'\n(.",
    "no end": b"\x80\x02N",
}

PROBE = """\
import resource, sys, pathlib
from vtrack_nets import CheckpointError, load_state, pickle_machine
import torch
torch.ones(1).sum()
pickle_machine.MOST_OPCODES = int(sys.argv[1])
used = int(pathlib.Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (1500 << 20),) * 2)
for name in sys.argv[2:]:
    try:
        load_state(name)
    except CheckpointError as error:
        print(error)
    else:
        print("loaded")
"""


MEASURED = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is measured as Linux tells it")


def refuse_all(files: list[Path], opcodes: int) -> None:
    """Read files in a process that has little memory; all must be refused, by the reader and not by the memory."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, str(opcodes), *map(str, files)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    for path, line in zip(files, done.stdout.splitlines(), strict=True):
        assert line.startswith(f"{path}: is damaged, or no checkpoint (") or "holds no weights" in line, line


@MEASURED
def test_nothing_fills_the_memory(tmp_path: Path) -> None:
    files = []
    for number, program in enumerate(GREEDY.values()):
        files += [tmp_path / f"{number}.pth", tmp_path / f"{number}-bare.pth"]
        files[-2].write_bytes(archive_of(program))
        files[-1].write_bytes(program if program.startswith(b"\x80") else b"\x80\x02" + program)
    sparse = tmp_path / "sparse.safetensors"
    with sparse.open("wb") as stream:
        stream.write((1 << 30).to_bytes(8, "little") + b"{")
        stream.truncate(3 << 30)
    refuse_all([*files, sparse], 300_000)


@MEASURED
@pytest.mark.slow
def test_as_many_objects_as_a_pickle_may_hold(tmp_path: Path) -> None:
    file = tmp_path / "lists.pth"
    file.write_bytes(archive_of(b"\x80\x02(" + b"]" * (MOST_OPCODES + 1) + b"t."))
    refuse_all([file], MOST_OPCODES)


def test_nothing_here_needs_the_modules_that_it_names() -> None:
    assert importlib.util.find_spec("canary") is None
    assert os.name in ("posix", "nt")
