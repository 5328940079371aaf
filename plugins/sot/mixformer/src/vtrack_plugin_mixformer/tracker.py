"""MixFormer, MixViT and MixFormerV2 as trackers of vtcore.

Cui et al., https://arxiv.org/abs/2203.11082, https://arxiv.org/abs/2302.02814 and https://arxiv.org/abs/2305.15896.
What is answered equals https://github.com/MCG-NJU/MixFormer and https://github.com/MCG-NJU/MixFormerV2 (both MIT),
except where these raise: a search region that misses the picture is all padding, and MixFormerV2 keeps more than one
later look where it is told to, as the other two do.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from vtcore.components import BuildContext
from vtrack_plugin_mixformer import loading
from vtrack_plugin_mixformer.config import MixFormerConfig, MixFormerV2Config, MixFormerVitConfig
from vtrack_plugin_mixformer.following import MixFormerTrackerBase
from vtrack_plugin_mixformer.network import MixFormer

__all__ = ["MixFormerTracker", "MixFormerV2Tracker", "MixFormerVitTracker"]


class MixFormerTracker(MixFormerTrackerBase):
    """Follows targets by MixFormer on CvT-21 or CvT-w24; see `MixFormerConfig` for the arguments."""

    def __init__(
        self,
        weights: str = "",
        weights_sha256: str = "",
        search_factor: float = 5.0,
        template_factor: float = 2.0,
        search_size: int = 320,
        template_size: int = 128,
        update: str = "auto",
        update_interval: int = 200,
        online_size: int = 2,
        min_score: float = 0.5,
        max_score_decay: float = 1.0,
        fuse: bool = True,
        network: MixFormer | None = None,
        context: BuildContext | None = None,
    ) -> None:
        """Load the network.

        Args:
            weights: File or address of its weights.
            weights_sha256: What the file's SHA-256 must be, or begin with.
            search_factor: Edge of the search region, in edges of the target.
            template_factor: Edge of a template, in edges of the target.
            search_size: Edge of the search region as the network sees it, pixels.
            template_size: Edge of a template as the network sees it, pixels.
            update: When a later look is taken up.
            update_interval: Frames between them.
            online_size: Later looks that are kept beside the first.
            min_score: A look that scores no more is never taken up.
            max_score_decay: What an interval's best score is multiplied by every frame.
            fuse: Make norms part of convolutions, and lay out weights for the processor.
            network: A network in memory, in place of weights; it is taken as it is, fused or not.
            context: Device, type and memory layout of the run.

        Raises:
            ValueError: An option is out of bounds, or the weights cannot do what it says.
            CheckpointError: The weights are missing, damaged, or another network's.
            DeviceError: There is no such device.
        """
        config = MixFormerConfig(
            weights=weights,
            weights_sha256=weights_sha256,
            search_factor=search_factor,
            template_factor=template_factor,
            search_size=search_size,
            template_size=template_size,
            update=update,
            update_interval=update_interval,
            online_size=online_size,
            min_score=min_score,
            max_score_decay=max_score_decay,
            fuse=fuse,
        )
        sizes = (search_size, template_size)
        super().__init__(config, family="cvt", sizes=sizes, network=network, context=context)

    @staticmethod
    def convert_weights(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return weights of MixFormer under our network's names; see `vtrack_plugin_mixformer.loading`."""
        return loading.convert_weights(state)


class MixFormerVitTracker(MixFormerTrackerBase):
    """Follows targets by MixFormer on a plain vision transformer; see `MixFormerVitConfig` for the arguments."""

    def __init__(
        self,
        weights: str = "",
        weights_sha256: str = "",
        search_factor: float = 4.5,
        template_factor: float = 2.0,
        update: str = "auto",
        update_interval: int = 200,
        online_size: int = 2,
        min_score: float = 0.5,
        max_score_decay: float = 1.0,
        fuse: bool = True,
        network: MixFormer | None = None,
        context: BuildContext | None = None,
    ) -> None:
        """Load the network; the arguments are those of `MixFormerTracker`, and sizes follow from the weights.

        Raises:
            ValueError: An option is out of bounds, or the weights cannot do what it says.
            CheckpointError: The weights are missing, damaged, or another network's.
            DeviceError: There is no such device.
        """
        config = MixFormerVitConfig(
            weights=weights,
            weights_sha256=weights_sha256,
            search_factor=search_factor,
            template_factor=template_factor,
            update=update,
            update_interval=update_interval,
            online_size=online_size,
            min_score=min_score,
            max_score_decay=max_score_decay,
            fuse=fuse,
        )
        super().__init__(config, family="vit", sizes=None, network=network, context=context)

    @staticmethod
    def convert_weights(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return weights of MixViT under our network's names; see `vtrack_plugin_mixformer.loading`."""
        return loading.convert_weights(state)


class MixFormerV2Tracker(MixFormerTrackerBase):
    """Follows targets by MixFormerV2; see `MixFormerV2Config` for the arguments."""

    def __init__(
        self,
        weights: str = "",
        weights_sha256: str = "",
        search_factor: float = 5.0,
        template_factor: float = 2.0,
        update: str = "auto",
        update_interval: int = 200,
        online_size: int = 1,
        min_score: float = 0.5,
        max_score_decay: float = 1.0,
        fuse: bool = True,
        network: MixFormer | None = None,
        context: BuildContext | None = None,
    ) -> None:
        """Load the network; the arguments are those of `MixFormerTracker`, and sizes follow from the weights.

        Raises:
            ValueError: An option is out of bounds, or the weights cannot do what it says.
            CheckpointError: The weights are missing, damaged, or another network's.
            DeviceError: There is no such device.
        """
        config = MixFormerV2Config(
            weights=weights,
            weights_sha256=weights_sha256,
            search_factor=search_factor,
            template_factor=template_factor,
            update=update,
            update_interval=update_interval,
            online_size=online_size,
            min_score=min_score,
            max_score_decay=max_score_decay,
            fuse=fuse,
        )
        super().__init__(config, family="v2", sizes=None, network=network, context=context)

    @staticmethod
    def convert_weights(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return weights of MixFormerV2 under our network's names; see `vtrack_plugin_mixformer.loading`."""
        return loading.convert_weights(state)
