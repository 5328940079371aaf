"""The line of every key, against tomli on documents made up by hypothesis."""

from __future__ import annotations

import random
from typing import Any

import pytest
import tomli
from hypothesis import given, settings
from hypothesis import strategies as st

from vtcore.experiments.positions import key_lines, key_text, parse_key, value_end

DOCUMENT = '''\
# a comment with [brackets] and = signs
a.b = 1 # x
"q\\"x".'y z' = """
multi "" line\\""" # not a comment
end"""
[t . u]
arr = [ # c ]
  1,
  "a]", {x = 1, y = [2,
 3]},
]
[[m]]
type="a"
[m.sub]
k=\'\'\'
'' ] \'\'\'
[[m]]
[[m.n]]
z=1
[[m.n]]
[t]
w=1979-05-27 07:32:00
'''


def test_every_kind_of_key_and_value_has_its_line() -> None:
    lines = {key_text(path): line for path, line in key_lines(DOCUMENT).items()}
    assert lines == {
        "a": 2,
        "a.b": 2,
        '"q\\"x"': 3,
        '"q\\"x"."y z"': 3,
        "t": 21,
        "t.u": 6,
        "t.u.arr": 7,
        "t.u.arr.0": 8,
        "t.u.arr.1": 9,
        "t.u.arr.2": 9,
        "t.u.arr.2.x": 9,
        "t.u.arr.2.y": 9,
        "t.u.arr.2.y.0": 9,
        "t.u.arr.2.y.1": 10,
        "m": 12,
        "m.0": 12,
        "m.0.type": 13,
        "m.0.sub": 14,
        "m.0.sub.k": 15,
        "m.1": 17,
        "m.1.n": 18,
        "m.1.n.0": 18,
        "m.1.n.0.z": 19,
        "m.1.n.1": 20,
        "t.w": 22,
    }


def test_windows_line_ends_count_once() -> None:
    assert key_lines("a = 1\r\n\r\n[b]\r\nc = [\r\n1]\r\n") == {("a",): 1, ("b",): 3, ("b", "c"): 4, ("b", "c", 0): 5}


# Documents: a tree of tables with distinct numbers as leaves, written in one of the many ways that TOML has.

KEYS = st.text(st.sampled_from("ab.-_ \"'\\#=[]\té\n"), max_size=3)
VALUES = st.recursive(
    st.just("leaf"),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(KEYS, inner, max_size=3),
    ),
    max_leaves=12,
)
TREES = st.dictionaries(KEYS, VALUES, max_size=4)


class Author:
    """Writes a tree as TOML, choosing among the ways of writing by chance."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.lines: list[str] = []
        self.leaves = 0

    def write(self, tree: dict[str, Any]) -> str:
        self.table(tree, [])
        end = self.chance.choice(["\n", "\r\n"])
        return end.join(self.lines) + end

    def table(self, table: dict[str, Any], path: list[str]) -> None:
        later = []
        for key, value in table.items():
            nested = isinstance(value, dict)
            array_of_tables = isinstance(value, list) and value and all(isinstance(item, dict) for item in value)
            if (nested or array_of_tables) and self.chance.random() < 0.6:
                later.append((key, value))
            else:
                self.blank()
                self.add(f"{self.dotted([key])} = {self.value(value)}{self.comment()}")
        for key, value in later:
            inner = [*path, key]
            for item in [value] if isinstance(value, dict) else value:
                self.blank()
                brackets = ("[", "]") if isinstance(value, dict) else ("[[", "]]")
                self.add(f"{brackets[0]}{self.dotted(inner)}{brackets[1]}{self.comment()}")
                self.table(item, inner)

    def add(self, text: str) -> None:
        self.lines += text.split("\n")

    def blank(self) -> None:
        if self.chance.random() < 0.3:
            self.lines.append(self.chance.choice(["", "  ", "# [x] = 'y", '# """']))

    def comment(self) -> str:
        return self.chance.choice(["", "", " # ] } \" '", "  "])

    def dotted(self, path: list[str]) -> str:
        return self.chance.choice([".", " . "]).join(map(self.key, path))

    def key(self, key: str) -> str:
        if "'" not in key and "\n" not in key and "\t" not in key and self.chance.random() < 0.4:
            return f"'{key}'"
        return key_text([key])

    def value(self, value: Any) -> str:
        if isinstance(value, dict):
            return "{" + ", ".join(f"{self.dotted([key])} = {self.value(item)}" for key, item in value.items()) + "}"
        if isinstance(value, list):
            around = self.chance.choice(["", " ", "\n", " # ],\n", "\n\n"])
            return f"[{around}" + "".join(f"{self.value(item)}{around},{around}" for item in value) + "]"
        return self.leaf()

    def leaf(self) -> str:
        """Write the next number, in a form that lets the test find it again."""
        self.leaves += 1
        mark = f"leaf{self.leaves}leaf"
        return self.chance.choice(
            [f'"{mark}"', f"'{mark} ]'", f'"""{mark}\n ] \\""" "" """', f"'''{mark}\n # '' '''", f'"{mark} \\" #"']
        )


def leaves_of(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[tuple[Any, ...], str]]:
    if isinstance(value, dict):
        return [leaf for key, item in value.items() for leaf in leaves_of(item, (*path, key))]
    if isinstance(value, list):
        return [leaf for index, item in enumerate(value) for leaf in leaves_of(item, (*path, index))]
    return [(path, value)]


def tables_of(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * (value != []) + [found for key, item in children for found in tables_of(item, (*path, key))]


@settings(max_examples=300, deadline=None)
@given(TREES, st.randoms(use_true_random=False))
def test_every_leaf_has_the_line_that_holds_it(tree: dict[str, Any], chance: random.Random) -> None:
    text = Author(chance).write(tree)
    parsed = tomli.loads(text)
    lines = key_lines(text)
    written = text.split("\n")
    for path, leaf in leaves_of(parsed):
        mark = leaf.split()[0]
        assert mark in written[lines[path] - 1]
    assert {path for path in tables_of(parsed) if path} <= lines.keys()


@given(st.lists(st.text(max_size=5), min_size=1, max_size=4))
def test_written_keys_read_back(path: list[str]) -> None:
    text = key_text(path)
    assert parse_key(text) == (tuple(path), len(text))
    value: Any = tomli.loads(f"{text} = 1")
    for part in path:
        value = value[part]
    assert value == 1


@pytest.mark.parametrize("text", ["", "=1", " a=1", "[a]", '"open', "ä=1"])
def test_no_key_is_no_key(text: str) -> None:
    assert parse_key(text) is None


@pytest.mark.parametrize(
    ("text", "length"),
    [("1 # c", 2), ('"a]" x', 4), ("[1, [2]] ", 8), ("{a = {b = 1}}\n", 13), ("true", 4), ("'''x\n'''''", 10)],
)
def test_value_end(text: str, length: int) -> None:
    assert value_end(text) == length
