from __future__ import annotations

import copy
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("vtrack_nets", reason="vtrack-nets is not installed")

from torch import nn  # noqa: E402

from vtcore.components import BuildContext  # noqa: E402
from vtrack_common_sot import packed_linear  # noqa: E402
from vtrack_common_sot.packed_linear import PackedLinear, pack_linears  # noqa: E402
from vtrack_common_sot.vit import Block  # noqa: E402

CPU = BuildContext(device="cpu")

needs_onednn = pytest.mark.skipif(not packed_linear._works(), reason="this torch has no packed linear layers")


@needs_onednn
def test_packed_layers_answer_the_same() -> None:
    torch.manual_seed(0)
    network = nn.ModuleDict({"block": Block(96, 3, bias=False), "small": nn.Linear(96, 4)}).eval()
    packed = copy.deepcopy(network)
    assert pack_linears(packed, CPU) == 4
    assert isinstance(packed["block"].attn.qkv, PackedLinear)
    assert type(packed["small"]) is nn.Linear
    for shape in ((1, 1, 96), (3, 17, 96), (2, 300, 96)):
        tokens = torch.randn(shape)
        with torch.inference_mode():
            torch.testing.assert_close(packed["block"](tokens), network["block"](tokens), atol=1e-5, rtol=1e-5)
    strided = torch.randn(2, 96, 17).transpose(1, 2)
    with torch.inference_mode():
        torch.testing.assert_close(packed["block"](strided), network["block"](strided), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    "context", [BuildContext(device="cpu", dtype="bfloat16"), BuildContext(device="cpu", compile=True)]
)
def test_networks_in_half_precision_and_compiled_ones_stay(context: BuildContext) -> None:
    network: Any = Block(96, 3)
    assert pack_linears(network, context) == 0
    assert type(network.attn.qkv) is nn.Linear


def test_networks_stay_where_torch_lacks_the_operators(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed_linear, "_operators", lambda: torch.ops.vtcore_has_none)
    network: Any = Block(96, 3)
    assert pack_linears(network, CPU) == 0
    assert type(network.attn.qkv) is nn.Linear
