from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtcore.errors import DataError
from vtrack_datasets.json_stream import read_places, stream_elements

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(
    content=st.dictionaries(st.text(max_size=5), VALUES, max_size=4),
    chunk=st.integers(1, 30),
    ascii_only=st.booleans(),
    indent=st.none() | st.just(2),
)
def test_elements_are_those_of_the_file_whatever_is_read_at_a_time(
    tmp_path_factory: pytest.TempPathFactory,
    content: dict[str, object],
    chunk: int,
    ascii_only: bool,
    indent: int | None,
) -> None:
    path = tmp_path_factory.mktemp("json") / "file.json"
    path.write_text(json.dumps(content, ensure_ascii=ascii_only, indent=indent), encoding="utf-8")
    expected = [(key, item) for key, value in content.items() if isinstance(value, list) for item in value]
    elements = list(stream_elements(path, chunk=chunk))
    assert [(element.key, element.value) for element in elements] == expected
    assert read_places(path, [(element.start, element.stop) for element in elements]) == [item for _, item in expected]


def write(folder: Path, text: str) -> Path:
    path = folder / "file.json"
    path.write_bytes(text.encode("utf-8"))
    return path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ":1: not JSON: ends where '{' should be"),
        ("[1]", ":1: not JSON: expected '{', got '['"),
        ('{"a": [1,\n2,\n x]}', ":3: not JSON: Expecting value"),
        ('{"a": [1,\n2', ":2: not JSON: ends where ',' or ']' should be"),
        ('{"a": [{"b": "c}]}', ":1: not JSON: Unterminated string starting at"),
        ('{"a": [{"b": 1},', ":1: not JSON: Expecting value"),
        ('{"a": [{"b": 1},\n{"b": 2', ":2: not JSON: Expecting ',' delimiter"),
        ('{"a" 1}', ":1: not JSON: expected ':', got '1'"),
    ],
)
@pytest.mark.parametrize("chunk", [1, 1 << 20])
def test_bad_files_are_told_by_line(tmp_path: Path, text: str, message: str, chunk: int) -> None:
    path = write(tmp_path, text)
    with pytest.raises(DataError) as caught:
        list(stream_elements(path, chunk=chunk))
    assert str(caught.value) == f"{path}{message}"


def test_a_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    assert [element.value for element in stream_elements(write(tmp_path, '\ufeff{"a": [1]}'))] == [1]


def test_files_that_cannot_be_read_or_have_changed(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read: No such file"):
        list(stream_elements(tmp_path / "none.json"))
    path = write(tmp_path, '{"a": [{"b": 1}]}')
    places = [(element.start, element.stop) for element in stream_elements(path)]
    path.write_text('{"a" : [{"b": 1}]}')
    with pytest.raises(DataError, match="has changed since it was listed"):
        read_places(path, places)
