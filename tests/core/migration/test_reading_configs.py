"""Configs are read as MMCV and MMEngine read them, and nothing of them is executed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from vtcore.errors import DataError
from vtcore.migration import effort
from vtcore.migration.configs import read_config
from vtcore.migration.values import Unread, plain

BOMBS = [
    "a = [1, 2]\n" + "a = [a, a, a, a]\n" * 30,
    "a = dict(x=1)\n" + "a = dict(p=a, q=a, r=a)\n" * 30,
    "a = [1] * 10\n" + "a = [a for i in a]\n" * 30,
    "a = [1] * 90_000\n" + "b = a[:]\n" * 30,
    "a = dict(x=1)\na.update(b=a.copy(), c=a.copy())\n" + "a = dict(a=a, b=a, c=a.copy())\n" * 30,
    "x = 1\n" * 60_000,
]
"""Small texts that stand for more than any memory holds, or take longer than anyone waits."""


def read(folder: Path, text: str, **others: str) -> dict[str, Any]:
    for name, content in others.items():
        (folder / f"{name}.py").write_text(content)
    (folder / "config.py").write_text(text)
    config = read_config(folder / "config.py")
    assert config.problems == ()
    return {name: plain(value) for name, value in config.values.items()}


def test_bases_are_merged_key_by_key(tmp_path: Path) -> None:
    base = "model = dict(a=1, inner=dict(b=2, c=3), gone=dict(d=4), steps=[1, 2])\nlog = 1\n"
    text = "_base_ = './below.py'\nmodel = dict(inner=dict(b=5), gone=dict(_delete_=True, e=6), steps=[7])\n"
    assert read(tmp_path, text, below=base) == {
        "model": {"a": 1, "inner": {"b": 5, "c": 3}, "gone": {"e": 6}, "steps": [7]},
        "log": 1,
    }


def test_a_later_base_lies_over_an_earlier_one(tmp_path: Path) -> None:
    text = "_base_ = ['one.py', 'two.py']\n"
    found = read(tmp_path, text, one="m = dict(a=1, b=1)\n", two="m = dict(b=2)\n")
    assert found == {"m": {"a": 1, "b": 2}}


@pytest.mark.parametrize("word", ["_base_.m", "{{_base_.m}}", "{{ _base_.m }}"])
def test_variables_of_bases_are_known(tmp_path: Path, word: str) -> None:
    assert read(tmp_path, f"_base_ = ['b.py']\nx = {word}\n", b="m = dict(a=1)\n")["x"] == {"a": 1}


def test_bases_can_be_taken_apart(tmp_path: Path) -> None:
    text = """
_base_ = ['b.py']
detector = _base_.model
detector.pop('data_preprocessor')
detector.head.coder.update(dict(clip=False))
detector['init'] = dict(type='Pretrained')
detector.head.size += 3
del _base_.model
model = dict(type='Tracker', detector=detector)
del detector
"""
    base = "model = dict(type='Detector', data_preprocessor=dict(a=1), head=dict(size=4, coder=dict(stds=[1])))\n"
    assert read(tmp_path, text, b=base) == {
        "model": {
            "type": "Tracker",
            "detector": {
                "type": "Detector",
                "head": {"size": 7, "coder": {"stds": [1], "clip": False}},
                "init": {"type": "Pretrained"},
            },
        }
    }


def test_bases_that_are_imported(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "base.py").write_text(
        "from a.b import Detector, ReLU\nkind = Detector\n"
        "model = dict(type=kind, head=dict(size=4, act=dict(type=ReLU)))\n"
    )
    text = """
from mmengine.config import read_base

with read_base():
    from .below.base import *

from c import Tracker

detector = model
detector.head.merge(dict(act=dict(slope=1), size=5))
del model
model = dict(type=Tracker, detector=detector)
del detector
"""
    head = {"size": 5, "act": {"type": "ReLU", "slope": 1}}
    model = {"type": "Tracker", "detector": {"type": "Detector", "head": head}}
    assert read(tmp_path, text) == {"kind": "Detector", "model": model}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.001 / 8 * 4", 0.0005),
        ("(-7 // 2, 7 % 4, 2 ** 3, not True)", [-4, 3, 8, False]),
        ("'data/' + 'MOT17'", "data/MOT17"),
        ("'data/youtube_vis_2019/'[-5:-1]", "2019"),
        ("f'annotations/{name}_{2:03d}.json'", "annotations/half_002.json"),
        ("'{}/{}'.format(name, 3)", "half/3"),
        ("dict(a=1, **dict(b=2))", {"a": 1, "b": 2}),
        ("dict([], a=1)", Unread("dict([], a=1)", "a dict was expected")),
        ("{'a': {1: 2}}['a']", {"1": 2}),
        ("[*[1, 2], 3]", [1, 2, 3]),
        ("[dict(s=s) for s in [(4, 5), 6]]", [{"s": [4, 5]}, {"s": 6}]),
        ("osp.join('a', 'b')", "a/b"),
        ("os.path.join('a', 'b')", "a/b"),
        ("copy.deepcopy(dict(a=1))", {"a": 1}),
        ("len([1, 2]) + max(3, 4) + int('5')", 11),
        ("[1] * 3", [1, 1, 1]),
    ],
)
def test_expressions_are_computed(tmp_path: Path, text: str, value: Any) -> None:
    assert read(tmp_path, f"name = 'half'\nx = {text}\n")["x"] == value


@pytest.mark.parametrize(
    "text",
    [
        "1 if name else 2",
        "lambda: 1",
        "open('x')",
        "__import__('os').getcwd()",
        "().__class__",
        "unknown",
        "1 / 0",
        "10 ** 10 ** 10",
        "9 ** 9 ** 9",
        "2 ** 64 ** 3",
        "999999 ** 64 * 999999 ** 64 * 999999 ** 64 * 999999 ** 64 * 9",
        "round(5, -10 ** 9)",
        "('x' * 99_999) + ('x' * 99_999)",
        "('x' * 999).replace('x', 'x' * 999)",
        "'{0}{0}'.format('x' * 99_999)",
        "f'{long}{long}'",
        "osp.join('x' * 99_999, 'x' * 99_999)",
        "'x' * 10 ** 9",
        "[0] * 10 ** 9",
        "f'{1:100000}'",
        "'%100000d' % 1",
        "'{0.__class__}'.format(1)",
        "'{:100000}'.format(1)",
        "name.nothing",
        "{1, 2}",
        "[x for x in [1] if x]",
        "b'bytes'",
        "dict(**5)",
        "[1][7]",
        "sorted([2, 1])",
    ],
)
def test_what_is_not_understood_is_kept_as_such(tmp_path: Path, text: str) -> None:
    found = read(tmp_path, f"name = 'half'\nlong = 'x' * 99_999\nx = dict(inner={text}, known=1)\n")["x"]
    assert isinstance(found["inner"], Unread)
    assert found["inner"].reason
    assert found["known"] == 1


def test_nothing_is_executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = (
        "import os\nopen('made', 'w').write('x')\nos.mkdir('folder')\nx = os.system('touch made')\nraise SystemExit\n"
    )
    (tmp_path / "config.py").write_text(text)
    config = read_config("config.py")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.py"]
    assert [problem.line for problem in config.problems] == [2, 3, 5]
    assert all("not understood" in problem.message for problem in config.problems)


def test_statements_that_are_not_followed_are_told_and_their_names_forgotten(tmp_path: Path) -> None:
    text = "x = 1\nif x:\n    x = 2\nfor y in [1]:\n    pass\nz = x\nwith open('f') as g:\n    pass\n"
    (tmp_path / "config.py").write_text(text)
    config = read_config(tmp_path / "config.py")
    assert [str(problem) for problem in config.problems] == [
        f"{tmp_path}/config.py:2: not understood: if x: (a condition is not followed)",
        f"{tmp_path}/config.py:4: not understood: for y in [1]: (a loop is not followed)",
        f"{tmp_path}/config.py:7: not understood: with open('f') as g: (a with statement is not followed)",
    ]
    assert {name for name, value in config.values.items() if isinstance(value.data, Unread)} == {"x", "y", "z", "g"}


def test_values_know_where_they_were_written(tmp_path: Path) -> None:
    (tmp_path / "b.py").write_text("\nm = dict(\n    a=1,\n    b=2)\n")
    (tmp_path / "config.py").write_text("_base_ = 'b.py'\nm = dict(b=3)\n")
    table = read_config(tmp_path / "config.py").values["m"].data
    assert str(table["a"].place) == f"{tmp_path}/b.py:3"
    assert str(table["b"].place) == f"{tmp_path}/config.py:2"


def test_placeholders_are_filled_in(tmp_path: Path) -> None:
    text = "a = '{{ fileBasenameNoExtension }}'\nb = '{{ $DATA:data/here }}/x'\nc = '{{fileDirname}}'\n"
    assert read(tmp_path, text) == {"a": "config", "b": "${DATA:-data/here}/x", "c": tmp_path.as_posix()}


def test_a_base_may_lack_its_ending(tmp_path: Path) -> None:
    assert read(tmp_path, "_base_ = './b'\n", b="x = 1\n") == {"x": 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("_base_ = 'none.py'\n", "config.py:1: _base_: none.py: no such file; read the config where it stands"),
        ("\n_base_ = 'mmdet::x.py'\n", "config.py:2: _base_: mmdet::x.py: no such file"),
        ("_base_ = 'config.py'\n", "config.py: is based on itself"),
        ("with read_base():\n    from mmdet.configs.x import *\n", "config.py:2: read_base: only bases by a relative"),
        ("with read_base():\n    from .none import *\n", "config.py:2: _base_: none.py: no such file"),
        ("_base_ = ['a' + x]\n", "config.py:1: _base_: not a list of names"),
        ("a = 1\nb = (\n", "config.py:2: is not Python: "),
        ("a = 1\0", "config.py: is not Python"),
        ("a = " + "-" * 50_000 + "1", "config.py: is "),
        ("_base_ = 5\n", "config.py:1: _base_: not a list of names"),
        ("_base_ = b'ab'\n", "config.py:1: _base_: not a list of names"),
        ("_base_ = {[]: 1}\n", "config.py:1: _base_: not a list of names"),
        ("_base_ = ''\n", "config.py:1: _base_: : no such file"),
        ("_base_ = '" + "a" * 5000 + "'\n", ": no such file"),
        ("_base_ = '/dev/zero'\n", "config.py:1: _base_: /dev/zero: no such file"),
        ("x = [1]\nx.append(x)\n", "config.py: is nested too deep to be read"),
        ("a = 1\n" * 200_000, "config.py: is larger than 1 MB: that is no config"),
        *((text, "config.py: stands for more values than any config") for text in BOMBS),
    ],
)
def test_what_cannot_be_read_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    monkeypatch.setattr(effort, "_ENOUGH", 50_000)  # a twentieth, to be done sooner
    (tmp_path / "config.py").write_text(text)
    with pytest.raises(DataError) as caught:
        read_config(tmp_path / "config.py")
    assert message in str(caught.value)


def test_bases_of_bases_end(tmp_path: Path) -> None:
    """Each is read three times by the one before: half a million files."""
    for depth in range(12):
        (tmp_path / f"b{depth}.py").write_text("_base_ = [" + f"'b{depth + 1}.py', " * 3 + "]\n")
    (tmp_path / "b12.py").write_text("x = 1\n")
    with pytest.raises(DataError, match="stands for more values than any config"):
        read_config(tmp_path / "b0.py")


def test_long_chains_of_bases_end(tmp_path: Path) -> None:
    for depth in range(600):
        (tmp_path / f"c{depth}.py").write_text(f"_base_ = 'c{depth + 1}.py'\n")
    (tmp_path / "c600.py").write_text("x = 1\n")
    with pytest.raises(DataError, match=r"is nested too deep|stands for more values"):
        read_config(tmp_path / "c0.py")


def test_blanks_cost_nothing(tmp_path: Path) -> None:
    """A placeholder that never ends, which some patterns go through again and again."""
    assert read(tmp_path, "# {{$a:" + " " * 200_000 + "\nx = 1\n") == {"x": 1}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "link.py").symlink_to("link.py")
    for name, message in (("pipe.py", "is no file"), ("link.py", "cannot be read|no such file")):
        with pytest.raises(DataError, match=message):
            read_config(tmp_path / name)


def test_files_that_are_none_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "latin.py").write_bytes(b"a = '\xe9'")
    for name, message in (("none.py", "no such file"), ("", "is a folder"), ("latin.py", "not a text file in UTF-8")):
        with pytest.raises(DataError, match=message):
            read_config(tmp_path / name)
