"""TrackingNet: ``<root>/<TRAIN_0 ... TRAIN_11, TEST>/`` with ``anno/<sequence>.txt`` and ``frames/<sequence>/0.jpg``.

Mueller et al., TrackingNet: A Large-Scale Dataset and Benchmark for Object Tracking in the Wild, ECCV 2018,
https://arxiv.org/abs/1803.10794. Test sequences have the first frame's box alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Seq
from pathlib import Path

from vtcore.errors import DataError
from vtrack_datasets.choosing import data_root, listed, matching
from vtrack_datasets.frame_folder import FrameFolder
from vtrack_datasets.number_text import read_numbers
from vtrack_datasets.target_config import TrackingNetConfig
from vtrack_datasets.target_sequence import TargetSequence
from vtrack_datasets.target_truth import TargetTruth

__all__ = ["CHUNKS", "TrackingNetDataset", "TrackingNetSequence", "chunk_folders"]

_LAYOUT = "<root>/<TRAIN_0 to TRAIN_11, TEST>/ with anno/<sequence>.txt and frames/<sequence>/0.jpg"
_RATE = 30.0
"""Frames a second of its videos, as the paper says."""

CHUNKS: Mapping[str, int] = {**{f"TRAIN_{number}": 2511 for number in range(12)}, "TEST": 511}
"""How many sequences each chunk has."""


class TrackingNetDataset:
    """TrackingNet; see `TrackingNetConfig` for the arguments."""

    def __init__(
        self,
        root: str,
        split: str = "test",
        chunks: Seq[int] = (),
        sequences: Seq[str] = (),
        partial: bool = False,
    ) -> None:
        """Check the options; nothing is read yet.

        Raises:
            ValueError: There is no such split or chunk.
        """
        self.config = TrackingNetConfig(
            root=str(root), split=split, chunks=tuple(chunks), sequences=tuple(sequences), partial=partial
        )

    def sequences(self) -> list[TrackingNetSequence]:
        """Return the sequences by chunk and name.

        Raises:
            DataError: The folder or a chunk does not exist, or holds no annotations.
        """
        config = self.config
        root = data_root(config.root, _LAYOUT)
        folders = chunk_folders(config)
        missing = [folder.name for folder in folders if not (folder / "anno").is_dir()]
        if missing and (not config.partial or len(missing) == len(folders)):
            hint = "; name those to take in dataset.chunks" if config.split == "train" else ""
            raise DataError(f"holds no anno folder of {listed(missing)}{hint}; expected {_LAYOUT}", file=root)
        found = [
            TrackingNetSequence(folder, path.stem, root, partial=config.partial)
            for folder in folders
            for path in sorted((folder / "anno").glob("*.txt"))
        ]
        if not found:
            raise DataError(f"holds no annotations; expected {_LAYOUT}", file=root)
        names = set(matching([sequence.name for sequence in found], config.sequences, root))
        return [sequence for sequence in found if sequence.name in names]


def chunk_folders(config: TrackingNetConfig) -> list[Path]:
    """Return the folders of the chunks that a config asks for; they may be missing."""
    root = Path(config.root).expanduser()
    if config.split == "test":
        return [root / "TEST"]
    return [root / f"TRAIN_{number}" for number in sorted(set(config.chunks)) or range(12)]


class TrackingNetSequence(TargetSequence):
    """One sequence of a chunk."""

    def __init__(self, chunk: Path, name: str, root: Path, *, partial: bool = False) -> None:
        """Name the files; none is opened."""
        super().__init__(name, FrameFolder(chunk / "frames" / name, first=0), root, partial=partial)
        self._path = chunk / "anno" / f"{name}.txt"
        self._test = chunk.name == "TEST"

    def files(self) -> Mapping[str, Path]:
        """Return the annotation's file."""
        return {"groundtruth": self._path}

    def _read_truth(self) -> TargetTruth | None:
        boxes = read_numbers(self._path, 4)
        return TargetTruth(boxes, first_only=self._test and len(boxes) == 1)

    def _find_frame_rate(self) -> float:
        return _RATE
