"""A network in an ONNX file: what it takes, what it answers, how many pictures at once."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Seq
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from vtrack_nets.errors import CheckpointError, shown
from vtrack_plugin_onnx.session import first_line

__all__ = ["Array", "OnnxNetwork", "PictureInput", "described"]

_log = logging.getLogger("vtcore")

Array = npt.NDArray[Any]

_TYPES: dict[str, Any] = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(uint8)": np.uint8}
_SIZES = ("int64", "int32", "float")


@attrs.frozen
class PictureInput:
    """The input that takes pictures.

    Attributes:
        name: As the file has it.
        dtype: float32, float16 or uint8.
        batch: Pictures at once; 0 where the file leaves that open.
        size: Height and width, 0 where the file leaves them open.
        channels_last: Whether the channels of a pixel lie side by side.
        alone: Whether it takes a single picture, without a dimension for the batch.
    """

    name: str
    dtype: Any
    batch: int
    size: tuple[int, int]
    channels_last: bool
    alone: bool


class OnnxNetwork:
    """Runs the network on batches that it can take.

    Attributes:
        session: The ``onnxruntime.InferenceSession``.
        pictures: Its input.
        metadata: What the exporter wrote into the file, texts by key.
    """

    def __init__(self, session: Any, path: Path) -> None:
        """Look at the inputs.

        Args:
            session: An ``onnxruntime.InferenceSession``.
            path: Its file, for messages.

        Raises:
            CheckpointError: None of the inputs takes pictures, or there are others that no one knows.
        """
        self.session = session
        self._path = path
        self.pictures, self._sizes = _read_inputs(session.get_inputs(), path)
        self.metadata: Mapping[str, str] = dict(session.get_modelmeta().custom_metadata_map)
        self._most = 1 if self.pictures.alone else self.pictures.batch

    def one_by_one(self) -> None:
        """Hand over one picture at a time from now on."""
        self._most = 1

    def probe(self, height: int, width: int) -> dict[str, Array]:
        """Return what the network answers to a blank picture, by the names of its outputs.

        Raises:
            CheckpointError: It does not run on pictures of that size.
        """
        shape = (max(self.pictures.batch, 1), 3, height, width)
        try:
            return self._run(np.zeros(shape, np.float32 if self.pictures.dtype is not np.uint8 else np.uint8))
        except Exception as error:
            # onnxruntime's own exceptions share no base class.
            raise CheckpointError(
                f"does not run on pictures of {height} x {width} ({first_line(error)})", file=self._path
            ) from error

    def __call__(self, batch: Array, names: Seq[str]) -> Iterator[tuple[list[Array], int]]:
        """Yield outputs, and how many pictures they are of, until all pictures are done.

        A batch that turns out to be too large, for the memory or since the file was exported for a single picture
        whatever it says, is halved; the size that works is kept.

        Args:
            batch: ``(N, 3, h, w)``, as `pictures` has its type.
            names: Of the outputs.

        Raises:
            CheckpointError: The network does not run.
        """
        start = 0
        while start < len(batch):
            size = min(len(batch) - start, self._most or len(batch))
            try:
                answers = self._answers(batch[start : start + size], names)
            except Exception as error:
                # onnxruntime's own exceptions share no base class.
                if size == 1 or self.pictures.batch:
                    raise CheckpointError(f"does not run ({first_line(error)})", file=self._path) from error
                self._lower(size, first_line(error))
                continue
            yield answers, size
            start += size

    def _answers(self, piece: Array, names: Seq[str]) -> list[Array]:
        count, wanted = len(piece), self.pictures.batch
        if wanted > count:
            piece = np.concatenate((piece, np.repeat(piece[-1:], wanted - count, axis=0)))
        found = self._run(piece, names)
        answers = [found[name] for name in names]
        if count > 1:
            for name, each in zip(names, answers, strict=True):
                if each.shape[:1] != (len(piece),):
                    raise ValueError(f"output {name} has shape {each.shape} for {len(piece)} pictures")
        return [each[:count] for each in answers] if wanted > count > 0 else answers

    def _run(self, batch: Array, names: Seq[str] | None = None) -> dict[str, Array]:
        """Return outputs by name, all where no names are given."""
        height, width = batch.shape[2:]
        if self.pictures.channels_last:
            batch = batch.transpose(0, 2, 3, 1)
        fed = np.ascontiguousarray(batch[0] if self.pictures.alone else batch, self.pictures.dtype)
        feed = {self.pictures.name: fed}
        if self._sizes is not None:
            name, dtype = self._sizes
            # Boxes then come in pixels of the network's picture.
            feed[name] = np.tile(np.array([width, height], dtype), (len(batch), 1))
        names = [each.name for each in self.session.get_outputs()] if names is None else list(names)
        return dict(zip(names, self.session.run(names, feed), strict=True))

    def _lower(self, size: int, reason: str) -> None:
        self._most = size // 2
        _log.warning("%s: cannot take %d pictures at once (%s); going on with fewer", self._path, size, reason)


def described(values: Mapping[str, Array]) -> str:
    """Return outputs in words: ``boxes (1, 300, 4) float32, labels (1, 300) int64``."""
    return ", ".join(f"{shown(name)} {each.shape} {each.dtype}" for name, each in values.items())


def _read_inputs(inputs: Seq[Any], path: Path) -> tuple[PictureInput, tuple[str, Any] | None]:
    """Return the input for pictures, and name and type of one for their sizes, if there is one."""
    told = ", ".join(f"{shown(each.name)} {each.shape} {each.type}" for each in inputs) or "none"
    pictures = [found for each in inputs if (found := _picture_input(each)) is not None]
    rest = [each for each in inputs if all(each.name != found.name for found in pictures)]
    if len(pictures) != 1:
        raise CheckpointError(
            f"is no detector: it must have one input for pictures, (N, 3, H, W) or (N, H, W, 3) of float, float16 or "
            f"uint8, and has {told}",
            file=path,
        )
    if not rest:
        return pictures[0], None
    if len(rest) == 1 and len(rest[0].shape) == 2 and rest[0].shape[1] == 2 and "size" in rest[0].name.lower():
        kind = rest[0].type.removeprefix("tensor(").removesuffix(")")
        if kind in _SIZES:
            return pictures[0], (rest[0].name, np.dtype("float32" if kind == "float" else kind))
    raise CheckpointError(
        f"has inputs that no one knows what to give: {told}; besides the pictures only their sizes, such as "
        "orig_target_sizes (N, 2), can be given",
        file=path,
    )


def _picture_input(declared: Any) -> PictureInput | None:
    shape = [each if isinstance(each, int) else 0 for each in declared.shape]
    dtype = _TYPES.get(declared.type)
    if dtype is None or len(shape) not in (3, 4):
        return None
    batch, sides = (1 if len(shape) == 3 else shape[0]), shape[-3:]
    if sides[0] in (0, 3) and not (sides[0] == 0 and sides[2] == 3):
        return PictureInput(declared.name, dtype, batch, (sides[1], sides[2]), False, len(shape) == 3)
    if sides[2] == 3:
        return PictureInput(declared.name, dtype, batch, (sides[0], sides[1]), True, len(shape) == 3)
    return None
