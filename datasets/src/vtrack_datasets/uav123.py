"""UAV123 and UAV20L: ``<root>/anno/UAV123/<sequence>.txt`` and ``<root>/data_seq/UAV123/<folder>/000001.jpg``.

Mueller, Smith, Ghanem, A Benchmark and Simulator for UAV Tracking, ECCV 2016. A sequence is a stretch of a folder of
images; its box is NaN where the target is not in sight.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Seq
from pathlib import Path

from vtrack_datasets.attribute_files import attribute_folder, read_attributes
from vtrack_datasets.choosing import chosen_of_split, data_root
from vtrack_datasets.frame_folder import FrameFolder
from vtrack_datasets.number_text import read_numbers
from vtrack_datasets.target_config import Uav123Config
from vtrack_datasets.target_sequence import TargetSequence
from vtrack_datasets.target_truth import TargetTruth
from vtrack_datasets.uav123_facts import UAV_ATTRIBUTES, UAV_SEQUENCES

__all__ = ["Uav123Dataset", "Uav123Sequence"]

_LAYOUT = "<root>/anno/UAV123/<sequence>.txt and <root>/data_seq/UAV123/<folder>/000001.jpg"
_RATE = 30.0
"""Frames a second of its videos, as the paper says."""


class Uav123Dataset:
    """UAV123 or UAV20L; see `Uav123Config` for the arguments."""

    def __init__(self, root: str, subset: str = "UAV123", sequences: Seq[str] = (), partial: bool = False) -> None:
        """Check the options; nothing is read yet.

        Raises:
            ValueError: There is no such benchmark.
        """
        self.config = Uav123Config(root=str(root), subset=subset, sequences=tuple(sequences), partial=partial)

    def sequences(self) -> list[Uav123Sequence]:
        """Return the sequences by name.

        Raises:
            DataError: The folder does not exist, or annotations of the benchmark are missing.
        """
        config = self.config
        root = data_root(config.root, _LAYOUT)
        folder = root / "anno" / config.subset
        found = {path.stem for path in folder.glob("*.txt")}
        expected = list(UAV_SEQUENCES[config.subset])
        names = chosen_of_split(expected, found, config.sequences, folder, config.subset, partial=config.partial)
        attributes = attribute_folder(folder, "", ("att",))
        return [Uav123Sequence(name, root, config, attributes) for name in names]


class Uav123Sequence(TargetSequence):
    """One sequence."""

    def __init__(self, name: str, root: Path, config: Uav123Config, attributes: Path | None) -> None:
        """Name the files; none is opened."""
        facts = UAV_SEQUENCES[config.subset][name]
        image_root = root / "data_seq" / "UAV123"
        images = FrameFolder(image_root / facts.folder, first=facts.first, last=facts.last)
        super().__init__(name, images, image_root, partial=config.partial)
        self._path = root / "anno" / config.subset / f"{name}.txt"
        self._attribute_files = attributes

    def files(self) -> Mapping[str, Path]:
        """Return the annotation's file."""
        return {"groundtruth": self._path}

    def _read_truth(self) -> TargetTruth | None:
        return TargetTruth(read_numbers(self._path, 4))

    def _find_frame_rate(self) -> float:
        return _RATE

    def _find_attributes(self) -> tuple[str, ...]:
        return read_attributes(self._attribute_files, self.name, UAV_ATTRIBUTES)
