"""ResNet-50 with a linear head as a re-identification."""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch
from torch import Tensor

from vtcore.components import BuildContext
from vtrack_nets.cores import shared
from vtrack_nets.lanes import lanes_of
from vtrack_nets.running import NetworkRunner
from vtrack_plugin_reid.config import IMAGENET_MEAN, IMAGENET_STD, ResNet50ReIdConfig
from vtrack_plugin_reid.crops import OriginalCrops
from vtrack_plugin_reid.embedder import CropEmbedder, CropSource
from vtrack_plugin_reid.loading import loaded, size_of
from vtrack_plugin_reid.network_image import NetworkImageCrops, Normalisation
from vtrack_plugin_reid.resnet50 import ResNet50ReIdNetwork

__all__ = ["ResNet50ReId"]

_PREFIX = "reid."
_PARTS = ("backbone.", "head.")
_CLASSIFIER = "head.classifier.weight"
_HIDDEN = re.compile(r"head\.fcs\.\d+\.fc\.weight")


class ResNet50ReId(CropEmbedder):
    """Embeds boxes by ResNet-50 with a linear head.

    Attributes:
        network: In evaluation mode, on its device.
    """

    def __init__(
        self,
        weights: str = "",
        weights_sha256: str = "",
        size: tuple[int, int] = (256, 128),
        mean: tuple[float, float, float] = IMAGENET_MEAN,
        std: tuple[float, float, float] = IMAGENET_STD,
        colours: str = "rgb",
        batch_size: int = 32,
        normalise: bool = False,
        crop: str = "auto",
        compat: str = "",
        detector_scale: tuple[int, int] = (1088, 1088),
        detector_mean: tuple[float, float, float] = IMAGENET_MEAN,
        detector_std: tuple[float, float, float] = IMAGENET_STD,
        detector_colours: str = "rgb",
        *,
        context: BuildContext | None = None,
    ) -> None:
        """Load the network.

        Args:
            weights: File or address of mmtracking's or mmdetection's weights, alone or within those of a tracker.
            weights_sha256: What the file must hash to.
            size: Height and width of a crop.
            mean: What is taken from the colours, of 0 to 255.
            std: What they are divided by then.
            colours: Their order, ``"rgb"`` or ``"bgr"``.
            batch_size: Crops that the network sees at once.
            normalise: Bring embeddings to length 1.
            crop: Where crops are made: ``"host"``, ``"device"`` or ``"auto"``.
            compat: ``"mmtracking"`` cuts crops out of the detector's image.
            detector_scale: Longest and shortest side that this may have.
            detector_mean: What the detector takes from the colours.
            detector_std: What it divides them by.
            detector_colours: Their order in the detector.
            context: Device and precision of the run.

        Raises:
            ValueError: An option is out of bounds.
            CheckpointError: The weights are missing, damaged, or of another network.
            DeviceError: There is no such device.
        """
        config = ResNet50ReIdConfig(
            weights=str(weights),
            weights_sha256=weights_sha256,
            size=size,
            mean=mean,
            std=std,
            colours=colours,
            batch_size=batch_size,
            normalise=normalise,
            crop=crop,
            compat=compat,
            detector_scale=detector_scale,
            detector_mean=detector_mean,
            detector_std=detector_std,
            detector_colours=detector_colours,
        )
        self.config = config
        network = loaded(config.weights, config.weights_sha256, self.convert_weights, _network)
        runner = NetworkRunner(network, context, name="reid 'resnet50-reid'")
        self.network = network
        compiled = context is not None and context.compile
        super().__init__(
            runner.name,
            _crops(config, runner.device),
            shared(runner, compiled=compiled),
            embedding_length=network.embedding_length,
            batch_size=batch_size,
            normalise=normalise,
            lanes=lanes_of(runner, compiled=compiled),
        )

    @staticmethod
    def convert_weights(state: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return mmtracking's weights by our names, which are the same.

        Args:
            state: As a checkpoint has them. Of a tracker's checkpoint, where the network's begin with ``reid.``, the
                rest is left out.
        """
        own = {name[len(_PREFIX) :]: value for name, value in state.items() if name.startswith(_PREFIX)}
        return {name: value for name, value in (own or state).items() if name.startswith(_PARTS)}


def _network(state: Mapping[str, Tensor]) -> ResNet50ReIdNetwork:
    """Make the network that weights are of."""
    known = "ResNet-50 with a linear head"
    hidden = sum(_HIDDEN.fullmatch(name) is not None for name in state)
    return ResNet50ReIdNetwork(
        fc_channels=size_of(state, "head.fc_out.weight", known, 1),
        embedding_length=size_of(state, "head.fc_out.weight", known),
        num_fcs=hidden,
        num_classes=size_of(state, _CLASSIFIER, known) if _CLASSIFIER in state else 0,
    )


def _crops(config: ResNet50ReIdConfig, device: torch.device) -> CropSource:
    if not config.compat:
        return OriginalCrops(config.size, config.mean, config.std, config.colours, device=device, place=config.crop)
    return NetworkImageCrops(
        config.size,
        config.detector_scale,
        Normalisation(config.detector_mean, config.detector_std, config.detector_colours == "rgb"),
        Normalisation(config.mean, config.std, config.colours == "rgb"),
        device=device,
    )
