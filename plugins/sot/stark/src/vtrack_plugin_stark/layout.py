"""How big a STARK is, told from the shapes of its weights."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

__all__ = ["LightningLayout", "StarkLayout"]

Shapes = Mapping[str, tuple[int, ...]]
"""Shapes of weights by the names of our networks."""

_DEPTHS = {6: 50, 23: 101, 36: 152}
"""Layers of a ResNet by the blocks of its third stage."""


@attrs.frozen(kw_only=True)
class StarkLayout:
    """What the network of a STARK-S or STARK-ST is made of.

    Attributes:
        depth: Layers of the ResNet: 50, 101 or 152.
        channels: Of a token.
        feedforward: Channels inside the layers of the transformer.
        encoder_layers: How many the encoder has.
        decoder_layers: How many the decoder has.
        queries: How many boxes are asked for; their mean is the answer.
        heads: Of each attention. The only number that no weight tells.
        box_head: ``"corner"``, or ``"mlp"``, which answers from the queries alone.
        head_channels: Of the corner head's first layer.
        score_layers: Of the perceptron that says whether the target is there; 0 without one (STARK-S).
        learned_position: Whether the position embedding is learned, not sines.
    """

    depth: int = 50
    channels: int = 256
    feedforward: int = 2048
    encoder_layers: int = 6
    decoder_layers: int = 6
    queries: int = 1
    heads: int = 8
    box_head: str = "corner"
    head_channels: int = 256
    score_layers: int = 0
    learned_position: bool = False

    @property
    def stride(self) -> int:
        """Pixels of a crop per token."""
        return 16

    @classmethod
    def of_shapes(cls, shapes: Shapes, *, heads: int = 8) -> StarkLayout:
        """Return the layout that weights have.

        Raises:
            ValueError: A weight is missing, or the network is none that was published; the message names it.
        """
        if "transformer.encoder.norm.weight" in shapes:
            raise ValueError("its transformer puts the norm first (PRE_NORM), as no published STARK does")
        blocks = _count(shapes, "backbone.layer3")
        if blocks not in _DEPTHS:
            raise ValueError(f"its backbone is no ResNet of 50, 101 or 152 layers ({blocks} blocks in layer3)")
        queries, channels = _shape(shapes, "query_embed.weight")
        corner = "box_head.conv5_tl.weight" in shapes
        return cls(
            depth=_DEPTHS[blocks],
            channels=channels,
            feedforward=_shape(shapes, "transformer.encoder.layers.0.linear1.weight")[0],
            encoder_layers=_count(shapes, "transformer.encoder.layers"),
            decoder_layers=_count(shapes, "transformer.decoder.layers"),
            queries=queries,
            heads=heads,
            box_head="corner" if corner else "mlp",
            head_channels=_shape(shapes, "box_head.conv1_tl.0.weight")[0] if corner else 256,
            score_layers=_count(shapes, "cls_head.layers"),
            learned_position="position.row_embed.weight" in shapes,
        )


@attrs.frozen(kw_only=True)
class LightningLayout:
    """What the network of a STARK-Lightning is made of.

    Attributes:
        widths: Channels of the stem and of the three stages of its RepVGG.
        blocks: Blocks of the three stages.
        channels: Of a token.
        feedforward: Channels inside the one layer of the transformer.
        heads: Of the attention. The only number that no weight tells.
        head_channels: Of the corner head.
        template_cells: Cells along the edge of the template's map.
        search_cells: Cells along the edge of the search region's map.
    """

    widths: tuple[int, int, int, int] = (48, 48, 96, 192)
    blocks: tuple[int, int, int] = (2, 4, 4)
    channels: int = 128
    feedforward: int = 1024
    heads: int = 8
    head_channels: int = 128
    template_cells: int = 8
    search_cells: int = 20

    @property
    def stride(self) -> int:
        """Pixels of a crop per token."""
        return 16

    @classmethod
    def of_shapes(cls, shapes: Shapes, *, heads: int = 8) -> LightningLayout:
        """Return the layout that weights have.

        Raises:
            ValueError: A weight is missing; the message names it.
        """
        stages = [f"backbone.stage{stage}" for stage in range(1, 4)]
        stem, *widths = (
            _shape(shapes, f"{name}.rbr_dense.conv.weight")[0]
            for name in ("backbone.stage0", *(f"{stage}.0" for stage in stages))
        )
        feedforward, channels = _shape(shapes, "transformer.encoder.linear1.weight")
        blocks = [_count(shapes, stage) for stage in stages]
        return cls(
            widths=(stem, widths[0], widths[1], widths[2]),
            blocks=(blocks[0], blocks[1], blocks[2]),
            channels=channels,
            feedforward=feedforward,
            heads=heads,
            head_channels=_shape(shapes, "box_head.conv_tower.0.rbr_dense.conv.weight")[0],
            template_cells=_shape(shapes, "pos_emb_z0.row_embed.weight")[0],
            search_cells=_shape(shapes, "pos_emb_x.row_embed.weight")[0],
        )


def _shape(shapes: Shapes, name: str) -> tuple[int, ...]:
    if name not in shapes:
        raise ValueError(f"it has no weight {name}")
    return shapes[name]


def _count(shapes: Shapes, prefix: str) -> int:
    """Return how many numbered modules stand below a name."""
    inside = {name[len(prefix) + 1 :].partition(".")[0] for name in shapes if name.startswith(f"{prefix}.")}
    return len([number for number in inside if number.isdigit()])
