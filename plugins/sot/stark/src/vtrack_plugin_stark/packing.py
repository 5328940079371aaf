"""A network laid out for the processor."""

from __future__ import annotations

import torch

from vtcore.components import BuildContext
from vtrack_common_sot.packed_convolution import pack_pointwise
from vtrack_common_sot.packed_linear import pack_linears
from vtrack_plugin_stark.lightning import LiteLayer, StarkLightning
from vtrack_plugin_stark.network import Stark
from vtrack_plugin_stark.transformer import EncoderLayer

__all__ = ["pack"]


def pack(network: Stark | StarkLightning, context: BuildContext) -> None:
    """Have a network on the processor compute as fast as it can there; its answers stay but for rounding.

    Args:
        network: Changed in place; in evaluation mode. It can no longer be saved, moved or trained.
        context: Type and compilation of the run.
    """
    # Whatever the run says: it is faster there.
    network.to(memory_format=torch.channels_last)
    if pack_pointwise(network, context):
        for module in network.modules():
            if isinstance(module, EncoderLayer | LiteLayer):
                module.self_attn.split()
        pack_linears(network, context)
