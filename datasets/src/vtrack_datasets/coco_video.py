"""Data sets in CocoVID JSON, as MMTracking defines it for MOT, VID and SOT, and as ``vtcore convert`` writes it.

Videos are sequences; an image that belongs to no video is one of a single frame. A video with one annotated target is
single-object tracking's: its id is 0, and further keys of its annotations (``absence``, ``cover``, ``full_occlusion``,
``out_of_view``, ...) are labels of frames. Other videos keep their ids, ``official_id`` where there is one.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as Seq
from pathlib import Path
from typing import overload

import numpy as np

from vtcore.instances import Int64Array
from vtrack_datasets.choosing import matching
from vtrack_datasets.coco_config import CocoVideoConfig
from vtrack_datasets.coco_sequences import CocoTargetSequence, CocoVideoSequence
from vtrack_datasets.coco_video_index import CocoVideoIndex, ImageGroup, index_file

__all__ = ["CocoVideoDataset", "CocoVideoSequences"]


class CocoVideoDataset:
    """A CocoVID JSON file; see `CocoVideoConfig` for the arguments."""

    def __init__(
        self,
        annotations: str,
        root: str = "",
        targets: str = "all",
        sequences: Seq[str] = (),
        frame_rate: float = 0.0,
        masks: bool = True,
    ) -> None:
        """Check the options; nothing is read yet.

        Raises:
            ValueError: An option is none of its choices.
        """
        self.config = CocoVideoConfig(
            annotations=str(annotations),
            root=str(root),
            targets=targets,
            sequences=tuple(sequences),
            frame_rate=frame_rate,
            masks=masks,
        )

    def sequences(self) -> CocoVideoSequences:
        """Return the sequences in the file's order; each is made when it is asked for.

        The file is gone through once, for where everything stands.

        Raises:
            DataError: The file cannot be read, or is not of that form.
        """
        path = Path(self.config.annotations).expanduser()
        root = Path(self.config.root).expanduser() if self.config.root else path.parent
        return CocoVideoSequences(index_file(path), root, self.config)


class CocoVideoSequences(Seq[CocoVideoSequence | CocoTargetSequence]):
    """The sequences of a file, made one by one when asked for; they may be hundreds of thousands.

    Attributes:
        file_index: Where everything stands in the file.
    """

    def __init__(self, index: CocoVideoIndex, root: Path, config: CocoVideoConfig) -> None:
        """Choose the sequences.

        Args:
            index: The file's index.
            root: Folder of the images.
            config: The data set's options.

        Raises:
            DataError: A pattern fits no sequence.
        """
        self.file_index = index
        self._root = root
        self._config = config
        names = index.names()
        numbers = np.arange(len(index))
        if config.sequences:
            wanted = set(matching(names, config.sequences, index.path))
            numbers = np.array([number for number, name in enumerate(names) if name in wanted], np.int64)
        self._numbers = numbers
        self._instances: Int64Array | None = None
        if config.targets == "each":
            self._numbers, self._instances = self._targets(numbers)

    def groups(self) -> Iterator[ImageGroup]:
        """Yield the videos, and images of none, that the sequences are of."""
        return (self.file_index.group(number) for number in np.unique(self._numbers).tolist())

    def _targets(self, numbers: Int64Array) -> tuple[Int64Array, Int64Array]:
        """Return groups and instances of all targets that are not ignored."""
        groups: list[Int64Array] = []
        instances: list[Int64Array] = []
        for number in numbers.tolist():
            rows = self.file_index.group(number).annotations
            found = np.unique(self.file_index.instances[rows[self.file_index.ignored[rows] == 0]])
            groups.append(np.full(len(found), number))
            instances.append(found)
        if not groups:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        return np.concatenate(groups), np.concatenate(instances)

    def __len__(self) -> int:
        """Return the number of sequences."""
        return len(self._numbers)

    @overload
    def __getitem__(self, place: int) -> CocoVideoSequence | CocoTargetSequence: ...

    @overload
    def __getitem__(self, place: slice) -> list[CocoVideoSequence | CocoTargetSequence]: ...

    def __getitem__(
        self, place: int | slice
    ) -> CocoVideoSequence | CocoTargetSequence | list[CocoVideoSequence | CocoTargetSequence]:
        """Make a sequence, or a list of them."""
        if isinstance(place, slice):
            return [self[index] for index in range(*place.indices(len(self)))]
        number = int(self._numbers[place])
        group = self.file_index.group(number)
        if self._instances is not None:
            instance = int(self._instances[place])
            rows = group.annotations[self.file_index.instances[group.annotations] == instance]
            alone = len(rows) == len(group.annotations)
            return CocoTargetSequence(
                group.name if alone else f"{group.name}.{instance}",
                self.file_index,
                group,
                rows,
                self._root,
                self._config,
            )
        rows = group.annotations
        if group.record and len(rows) and len(np.unique(self.file_index.instances[rows])) == 1:
            return CocoTargetSequence(group.name, self.file_index, group, rows, self._root, self._config)
        return CocoVideoSequence(group.name, self.file_index, group, self._root, self._config)

    def __iter__(self) -> Iterator[CocoVideoSequence | CocoTargetSequence]:
        """Make all sequences, one after the other."""
        return (self[place] for place in range(len(self)))
