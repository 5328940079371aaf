"""OSNet as a re-identification."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from vtcore.components import BuildContext
from vtrack_nets.cores import shared
from vtrack_nets.errors import CheckpointError
from vtrack_nets.lanes import lanes_of
from vtrack_nets.running import NetworkRunner
from vtrack_plugin_reid.config import IMAGENET_MEAN, IMAGENET_STD, OSNetConfig
from vtrack_plugin_reid.crops import OriginalCrops
from vtrack_plugin_reid.embedder import CropEmbedder
from vtrack_plugin_reid.loading import loaded, size_of
from vtrack_plugin_reid.osnet import CHANNELS, NARROWEST, OmniScaleNetwork, OSNet, channels_of
from vtrack_plugin_reid.osnet_ain import OSNetAin

__all__ = ["OSNetReId"]

_PREFIX = "module."
_CLASSIFIER = "classifier."


class OSNetReId(CropEmbedder):
    """Embeds boxes by OSNet.

    Attributes:
        network: `OSNet` or `OSNetAin`, folded for inference, on its device.
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
        variant: str = "",
        width: float | None = None,
        *,
        context: BuildContext | None = None,
    ) -> None:
        """Load the network.

        Args:
            weights: File or address of torchreid's weights.
            weights_sha256: What the file must hash to.
            size: Height and width of a crop.
            mean: What is taken from the colours, of 0 to 255.
            std: What they are divided by then.
            colours: Their order, ``"rgb"`` or ``"bgr"``.
            batch_size: Crops that the network sees at once.
            normalise: Bring embeddings to length 1.
            crop: Where crops are made: ``"host"``, ``"device"`` or ``"auto"``.
            variant: ``"plain"``, ``"ibn"`` or ``"ain"``; empty: as the weights have it.
            width: Share of the channels of OSNet x1.0; None: as the weights have it.
            context: Device and precision of the run.

        Raises:
            ValueError: An option is out of bounds.
            CheckpointError: The weights are missing, damaged, or of another network, variant or width.
            DeviceError: There is no such device.
        """
        config = OSNetConfig(
            weights=str(weights),
            weights_sha256=weights_sha256,
            size=size,
            mean=mean,
            std=std,
            colours=colours,
            batch_size=batch_size,
            normalise=normalise,
            crop=crop,
            variant=variant,
            width=width,
        )
        self.config = config
        network = loaded(
            config.weights, config.weights_sha256, self.convert_weights, lambda state: _network(state, variant, width)
        )
        network.fold()
        runner = NetworkRunner(network, context, name="reid 'osnet'")
        if runner.device.type == "cpu":
            # A quarter faster there: most of the network is convolutions of single pixels or of single channels.
            network.to(memory_format=torch.channels_last)
        self.network = network
        compiled = context is not None and context.compile
        lanes = lanes_of(runner, compiled=compiled)
        if lanes is not None:
            network.hasten()
        super().__init__(
            runner.name,
            OriginalCrops(size, mean, std, colours, device=runner.device, place=crop),
            shared(runner, compiled=compiled),
            embedding_length=network.embedding_length,
            batch_size=batch_size,
            normalise=normalise,
            lanes=lanes,
        )

    @staticmethod
    def convert_weights(state: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return torchreid's weights by our names, which are the same; the classifier is left out.

        Args:
            state: As a checkpoint has them, perhaps with ``module.`` before each name.
        """
        bare = {name.removeprefix(_PREFIX): value for name, value in state.items()}
        return {name: value for name, value in bare.items() if not name.startswith(_CLASSIFIER)}


def _network(state: Mapping[str, Tensor], variant: str, width: float | None) -> OmniScaleNetwork:
    """Make the network that weights are of.

    Raises:
        CheckpointError: They are of no OSNet, or of another than was asked for.
    """
    stem = size_of(state, "conv1.conv.weight", "OSNet")
    found = _variant(state)
    if variant not in ("", found):
        raise CheckpointError(
            f"holds OSNet's variant {found!r}, not {variant!r}: leave variant out, or give its weights"
        )
    if width is not None and channels_of(width)[0] != stem:
        held = stem / CHANNELS[0]
        raise CheckpointError(f"holds OSNet x{held:g}, not x{width:g}: leave width out, or give its weights")
    stages = [size_of(state, f"conv{stage}.0.conv3.conv.weight", "OSNet") for stage in (2, 3, 4)]
    if any(channels < NARROWEST for channels in stages):
        raise CheckpointError(f"holds no OSNet: its stages have {stages} channels, at least {NARROWEST} are needed")
    length = size_of(state, "fc.0.weight", "OSNet")
    if found == "ain":
        return OSNetAin((stem, *stages), embedding_length=length)
    return OSNet((stem, *stages), embedding_length=length, instance_norm=found == "ibn")


def _variant(state: Mapping[str, Tensor]) -> str:
    if any(name.startswith("conv2.0.conv2.") for name in state):
        return "ain"
    return "ibn" if "conv2.0.IN.weight" in state else "plain"
