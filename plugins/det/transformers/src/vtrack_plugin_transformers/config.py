"""Options of transformers' object detection models."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from vtcore.options import option
from vtrack_common_det.config import DetectorConfig
from vtrack_plugin_transformers.sources import model_files, model_folder, model_problem

__all__ = ["TransformersConfig"]


@attrs.frozen(kw_only=True)
class TransformersConfig(DetectorConfig):
    """Where the model is, and what is kept of its answer."""

    weights: str = option(
        "",
        "Folder that save_pretrained wrote, or name on the Hugging Face Hub (owner/model), which is fetched once. Only "
        "safetensors are read, and no code.",
    )
    revision: str = option(
        "", "Branch, tag or commit on the Hub; a commit always gives the same; empty for the newest."
    )
    offline: bool = option(False, "Take models of the Hub from its cache only, and ask no server whether they changed.")
    nms_threshold: float = option(
        1.0,
        "Of two boxes of a class whose intersection over union exceeds this only the better one stays; 1 leaves out "
        "none: most of these models need no suppression.",
        ge=0,
        le=1,
    )
    input_size: tuple[int, ...] = option(
        (), "Height and width that pictures are scaled to; empty for the model's own rule.", unit="px", ge=32
    )

    def __attrs_post_init__(self) -> None:
        """Refuse sizes that are none, and a revision of a folder's."""
        if len(self.input_size) not in (0, 2):
            raise ValueError(f"input_size: must be a height and a width, got {list(self.input_size)}")

    def files(self) -> Iterator[str]:
        """Yield the files of the model, which is fetched first if need be."""
        if self.weights:
            yield from map(str, model_files(model_folder(self.weights, revision=self.revision, offline=self.offline)))

    def check(self) -> Iterator[str]:
        """Yield what is wrong with the model, without reading it, and without asking the Hub."""
        if not self.weights:
            yield 'weights: none are given; write weights = "folder", or "owner/model" of the Hugging Face Hub'
        elif problem := model_problem(self.weights):
            yield f"weights: {problem}"
