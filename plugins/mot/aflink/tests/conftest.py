"""Weights made from names, and tracks that walk."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from vtcore.tables import TrackTable
from vtrack_plugin_aflink import AFLink, LinkNetwork


def made_up(name: str, shape: tuple[int, ...]) -> Tensor:
    """The same values for a name on every machine, in a range that keeps activations useful."""
    draw = np.random.Generator(np.random.PCG64(zlib.crc32(name.encode()))).standard_normal(shape)
    leaf = name.rpartition(".")[2]
    if leaf == "num_batches_tracked":
        return torch.zeros(shape, dtype=torch.int64)
    if leaf == "running_var" or (leaf == "weight" and len(shape) == 1):
        values = 1 + 0.1 * np.abs(draw)
    else:
        values = 0.02 * draw if len(shape) == 1 else 1.4 * draw / np.sqrt(np.prod(shape[1:]))
    return torch.from_numpy(np.asarray(values, np.float32))


@pytest.fixture(scope="session")
def state() -> dict[str, Tensor]:
    return {name: made_up(name, tuple(value.shape)) for name, value in LinkNetwork().state_dict().items()}


@pytest.fixture(scope="session")
def weights(state: dict[str, Tensor], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file such as the published one: a bare state dict."""
    path = tmp_path_factory.mktemp("weights") / "AFLink_epoch20.pth"
    torch.save(state, path)
    return path


@pytest.fixture
def linker(weights: Path) -> Callable[..., AFLink]:
    """Make the refiner; it joins whatever is near, unless told otherwise."""

    def make(**options: Any) -> AFLink:
        return AFLink(str(weights), **{"confidence_threshold": 0.0, "device": "cpu", **options})

    return make


@pytest.fixture(scope="session")
def walk() -> Callable[..., TrackTable]:
    """Make tracks that walk at constant speed: (id, frames, start, speed) each, with further columns."""

    def make(*walks: tuple[int, Any, tuple[float, float], tuple[float, float]], **columns: Any) -> TrackTable:
        frames = np.concatenate([np.asarray(list(walked)) for _, walked, _, _ in walks])
        ids = np.concatenate([np.full(len(list(walked)), number) for number, walked, _, _ in walks])
        places = np.concatenate(
            [np.array(start) + np.asarray(list(walked))[:, None] * speed for _, walked, start, speed in walks]
        )
        return TrackTable(frames, np.concatenate([places, np.full((len(frames), 2), 40.0)], 1), ids=ids, **columns)

    return make


@pytest.fixture(scope="session")
def crowd() -> Callable[..., TrackTable]:
    """Make a table of short tracks in random places, ids in order of appearance times `step` plus `shift`."""

    def make(tracks: int, seed: int = 0, *, shift: int = 0, step: int = 1, size: float = 600.0) -> TrackTable:
        draw = np.random.default_rng(seed)
        begins = np.sort(draw.integers(0, 10 * tracks, tracks))
        lengths = draw.integers(1, 45, tracks)
        speeds = draw.normal(0, 2, (tracks, 2))
        starts = draw.uniform(0, size, (tracks, 2))
        number = np.repeat(np.arange(tracks), lengths)
        age = np.arange(len(number)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        frames = begins[number] + age
        places = starts[number] + speeds[number] * age[:, None] + draw.normal(0, 1, (len(number), 2))
        boxes = np.concatenate((places, np.full((len(number), 2), 40.0)), 1)
        return TrackTable(frames, boxes, ids=number * step + shift, detection_index=np.arange(len(number)))

    return make
