"""Networks in ONNX files as re-identifications."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from vtcore.components import BuildContext
from vtrack_nets.device import resolve_device
from vtrack_nets.errors import CheckpointError
from vtrack_nets.file_hash import checked_file
from vtrack_plugin_reid.config import IMAGENET_MEAN, IMAGENET_STD, OnnxReIdConfig
from vtrack_plugin_reid.crops import OriginalCrops
from vtrack_plugin_reid.embedder import CropEmbedder
from vtrack_plugin_reid.loading import NO_WEIGHTS
from vtrack_plugin_reid.onnx_network import OnnxNetwork

__all__ = ["OnnxReId"]

_TRIED = 2
"""Crops that a network is tried with at first: one alone would not show that it takes no more."""


class OnnxReId(CropEmbedder):
    """Embeds boxes by a network in an ONNX file: one input ``(N, 3, H, W)``, embeddings ``(N, D)`` as first output."""

    def __init__(
        self,
        weights: str = "",
        weights_sha256: str = "",
        size: tuple[int, int] = (0, 0),
        mean: tuple[float, float, float] = IMAGENET_MEAN,
        std: tuple[float, float, float] = IMAGENET_STD,
        colours: str = "rgb",
        batch_size: int = 32,
        normalise: bool = False,
        crop: str = "auto",
        *,
        context: BuildContext | None = None,
    ) -> None:
        """Open the file.

        Args:
            weights: File or address of the network.
            weights_sha256: What the file must hash to.
            size: Height and width of a crop; 0, 0: as the file says.
            mean: What is taken from the colours, of 0 to 255.
            std: What they are divided by then.
            colours: Their order, ``"rgb"`` or ``"bgr"``.
            batch_size: Crops that the network sees at once, where the file leaves that open.
            normalise: Bring embeddings to length 1.
            crop: Where crops are made; onnxruntime takes them from the host.
            context: Device of the run.

        Raises:
            ValueError: An option is out of bounds.
            MissingPackageError: onnxruntime is not installed.
            CheckpointError: The file is missing, damaged, or no network from crops of that size to embeddings.
            DeviceError: There is no such device.
        """
        config = OnnxReIdConfig(
            weights=str(weights),
            weights_sha256=weights_sha256,
            size=size,
            mean=mean,
            std=std,
            colours=colours,
            batch_size=batch_size,
            normalise=normalise,
            crop=crop,
        )
        self.config = config
        if not config.weights:
            raise CheckpointError(NO_WEIGHTS)
        path = checked_file(config.weights, config.weights_sha256)
        network = OnnxNetwork(path, device=resolve_device((context or BuildContext()).device).type)
        fitting = _size(config.size, network.size, path)
        crops = OriginalCrops(fitting, mean, std, colours, device=torch.device("cpu"), place=crop)
        super().__init__(
            "reid 'onnx-reid'",
            crops,
            lambda batch: _infer(network, batch),
            embedding_length=network(np.zeros((min(_TRIED, batch_size), 3, *fitting), np.float32)).shape[1],
            batch_size=batch_size,
            normalise=normalise,
        )


def _infer(network: OnnxNetwork, crops: Tensor) -> Tensor:
    return torch.from_numpy(network(crops.numpy()))


def _size(wanted: tuple[int, int], has: tuple[int, int], path: Path) -> tuple[int, int]:
    """Return the size of crops, from the option or the file, which must not contradict each other."""
    if 0 in wanted and 0 in has:
        raise CheckpointError("leaves the size of crops open: write it, such as size = [256, 128]", file=path)
    if 0 in wanted:
        return has
    if any(own not in (0, given) for own, given in zip(has, wanted, strict=True)):
        raise CheckpointError(f"wants crops of {list(has)}, not {list(wanted)}: leave size out", file=path)
    return wanted
