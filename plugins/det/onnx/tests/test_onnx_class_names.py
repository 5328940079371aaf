from __future__ import annotations

import pytest

from vtrack_plugin_onnx.class_names import names_in


@pytest.mark.parametrize(
    "metadata",
    [
        {"names": "{0: 'cat', 1: 'dog'}"},
        {"names": "['cat', 'dog']"},
        {"id2label": '{"1": "dog", "0": "cat"}'},
        {"names": "no list", "classes": '["cat", "dog"]'},
    ],
)
def test_names_of_exporters(metadata: dict[str, str]) -> None:
    assert names_in(metadata) == ("cat", "dog")


@pytest.mark.parametrize(
    "text",
    ["", "cat", "[1, 2]", "{0: 'cat', 2: 'dog'}", "['cat', 'cat']", "[", "__import__('os')", "[" * 100_000, "['']"],
)
def test_what_is_no_list_of_names_is_none(text: str) -> None:
    assert names_in({"names": text}) == ()
