"""STARK-Lightning against numbers of the original's own code, with made-up weights.

Computed by ``stark_lightning_X_trt`` of https://github.com/researchmm/Stark (MIT) at commit 162e1d3, on the processor.
"""

from __future__ import annotations

import math
import zlib

import numpy as np
import pytest
import torch

from vtrack_plugin_stark import LightningLayout, StarkLightning

BOXES = {
    False: [[0.111348, 0.793708, -0.172697, 0.26257], [0.30544, 0.598085, -0.56088, 0.637016]],
    True: [[0.115892, 0.786901, -0.181783, 0.276181], [0.290403, 0.605541, -0.530805, 0.621859]],
}
"""Centre x and y, width, height of two pictures; without padding, and with."""


def _drawn(name: str, shape: tuple[int, ...]) -> torch.Tensor:
    """Return numbers that follow from a name alone, in a range in which a deep network keeps its own."""
    random = np.random.Generator(np.random.PCG64(zlib.crc32(name.encode())))
    drawn = random.standard_normal(shape, dtype=np.float32)
    kind = name.rpartition(".")[2]
    if kind == "num_batches_tracked":
        return torch.zeros(shape, dtype=torch.int64)
    if kind == "running_var":
        drawn = 1 + 0.1 * np.abs(drawn)
    elif len(shape) > 1:
        drawn = (3 if "box_head" in name else 0.8) * drawn / math.sqrt(math.prod(shape[1:]))
    else:
        drawn = 0.1 * drawn + (kind == "weight")
    return torch.from_numpy(np.asarray(drawn, np.float32))


def _pictures() -> tuple[torch.Tensor, torch.Tensor]:
    return _drawn("template", (2, 3, 128, 128)) * 100, _drawn("search", (2, 3, 320, 320)) * 100


def _paddings(masked: bool) -> tuple[torch.Tensor, torch.Tensor]:
    template, search = torch.zeros(2, 128, 128, dtype=torch.bool), torch.zeros(2, 320, 320, dtype=torch.bool)
    if masked:
        template[0, :, :24] = search[0, 232:] = search[1, :, :50] = True
    return template, search


@pytest.mark.parametrize("fuse", [False, True])
@pytest.mark.parametrize("masked", [False, True])
def test_boxes_are_those_of_the_original(fuse, masked):
    network = StarkLightning(LightningLayout()).eval()
    network.load_state_dict({name: _drawn(name, tuple(value.shape)) for name, value in network.state_dict().items()})
    if fuse:
        network.fuse()
    template, search = _pictures()
    with torch.no_grad():
        found = network((template,), search, _paddings(masked))
    np.testing.assert_allclose(found.boxes[:, 0], BOXES[masked], rtol=0, atol=2e-5)
