"""Safetensors that lie about what they hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Refused = Callable[..., str]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "weights.pth"


def safetensors_of(header: str | dict[str, Any], data: bytes = bytes(24), length: int | None = None) -> bytes:
    encoded = (header if isinstance(header, str) else json.dumps(header)).encode()
    return (len(encoded) if length is None else length).to_bytes(8, "little") + encoded + data


def entry(shape: list[int], offsets: list[int], dtype: str = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


TWICE = '{"a":{"dtype":"F32","shape":[6],"data_offsets":[0,24]},"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}'


@pytest.mark.parametrize(
    "content",
    [
        safetensors_of({"a": entry([6], [0, 24])}, length=1 << 30),
        safetensors_of({"a": entry([6], [0, 24])}, length=(1 << 63) + 1),
        safetensors_of({"a": entry([7], [0, 24])}),
        safetensors_of({"a": entry([6], [-4, 20])}),
        safetensors_of({"a": entry([6], [24, 0])}),
        safetensors_of({"a": entry([1 << 40], [0, 1 << 42])}),
        safetensors_of({"a": entry([1 << 62, 1 << 62], [0, 24])}),
        safetensors_of({"a": entry([-1], [0, 24])}),
        safetensors_of({"a": entry([6], [0, 24]), "b": entry([6], [0, 24])}),
        safetensors_of({"a": entry([3], [12, 24])}),
        safetensors_of({"a": entry([6], [0, 24], "F99")}),
        safetensors_of({"a": entry([6], [0, 24])}, bytes(30)),
        safetensors_of(TWICE),
        safetensors_of("{" * 50_000),
        safetensors_of('{"a": null}'),
        safetensors_of("{}", b""),
    ],
    ids=range(16),
)
def test_safetensors_that_lie(file: Path, content: bytes, refused_file: Refused) -> None:
    file.write_bytes(content)
    message = refused_file(file)
    assert "damaged, or no checkpoint (" in message or message.startswith(("is no checkpoint", "holds no weights"))
