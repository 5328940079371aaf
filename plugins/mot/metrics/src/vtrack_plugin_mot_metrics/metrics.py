"""The metrics: trackeval's, to the last digit.

Formulas and matching are those of trackeval (Luiten and Hoffhues, https://github.com/JonathonLuiten/TrackEval, MIT),
worked out over many frames at a time (`hota_score`, `clear_score`, `identity_score`); this module brings data to them
and their results into the form of ``metrics.json``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar

from vtcore.evaluation import EvaluatedSequence, FrameErrors
from vtrack_plugin_mot_metrics import scores
from vtrack_plugin_mot_metrics.clear_score import clear_record
from vtrack_plugin_mot_metrics.config import ClearConfig, CountConfig, HotaConfig, IdentityConfig
from vtrack_plugin_mot_metrics.diagnosis import diagnose
from vtrack_plugin_mot_metrics.frame_matching import frame_errors
from vtrack_plugin_mot_metrics.hota_score import hota_record
from vtrack_plugin_mot_metrics.identity_score import identity_record
from vtrack_plugin_mot_metrics.preparation import PreparedClass, prepare

__all__ = ["Clear", "Count", "Hota", "Identity"]


class _TrackevalMetric(ABC):
    """A metric of trackeval, by sequence and class.

    Attributes:
        summary: Names of the fields that a short table shows.
    """

    summary: ClassVar[tuple[str, ...]]

    @cached_property
    def _scorer(self) -> scores.Scorer:
        # trackeval takes a third of a second to import, so only who scores pays for it.
        return self._make_scorer()

    @abstractmethod
    def _make_scorer(self) -> scores.Scorer:
        """Import trackeval and return its metric."""

    def evaluate(self, sequence: EvaluatedSequence) -> dict[int, scores.Record]:
        """Return the sequence's result of each class that occurs in it.

        Returns:
            Label to the evaluator's fields: numbers, and float64 ``(19,)`` arrays where there is a curve.

        Raises:
            DataError: An id stands twice in a frame, results carry no ids, or a label is out of range.
        """
        return {
            label: scores.plain_record(self._scorer, self._record(part)) for label, part in prepare(sequence).items()
        }

    def _record(self, part: PreparedClass) -> scores.Record:
        """Return trackeval's result of one class, by its own code unless there is a faster way to the same digits."""
        return self._scorer.eval_sequence(part.for_trackeval())

    def report(self, evaluated: Mapping[str, Mapping[int, scores.Record]], classes: tuple[str, ...]) -> dict[str, Any]:
        """Combine sequences and classes as trackeval does.

        Returns:
            As ``Metric.report``. With several classes ``COMBINED`` and each sequence weigh every detection alike,
            whatever its class; ``CLASS_AVERAGED`` weighs the classes alike that occur at all; ``by_class`` holds
            those, each with the sequences that it occurs in. A number that is not finite is None.
        """
        return scores.report(self._scorer, evaluated, classes)

    def diagnose(self, sequence: EvaluatedSequence) -> list[str]:
        """Say why a sequence has not one match, one line each; nothing if it has any."""
        return diagnose(sequence)


class Hota(_TrackevalMetric):
    """HOTA and its parts, as means over 19 localisation thresholds and as curves.

    Luiten et al., IJCV 2021, https://arxiv.org/abs/2009.07736.
    """

    summary = ("HOTA", "DetA", "AssA", "LocA")

    def __init__(self) -> None:
        self.config = HotaConfig()

    def _make_scorer(self) -> scores.Scorer:
        from trackeval.metrics import HOTA

        scorer: scores.Scorer = HOTA()
        return scorer

    def _record(self, part: PreparedClass) -> scores.Record:
        return hota_record(self._scorer, part)


class Clear(_TrackevalMetric):
    """MOTA, MOTP and the other CLEAR MOT metrics.

    Bernardin and Stiefelhagen, EURASIP JIVP 2008, https://doi.org/10.1155/2008/246309.
    """

    summary = ("MOTA", "MOTP", "IDSW", "CLR_FP", "CLR_FN", "MT", "ML", "Frag")

    def __init__(self, *, threshold: float = 0.5) -> None:
        """Prepare the metric.

        Args:
            threshold: Intersection over union from which a result may match an annotation, above 0 to 1.

        Raises:
            ValueError: The threshold is out of bounds.
        """
        self.config = ClearConfig(threshold=threshold)

    def _make_scorer(self) -> scores.Scorer:
        from trackeval.metrics import CLEAR

        scorer: scores.Scorer = CLEAR({"THRESHOLD": self.config.threshold, "PRINT_CONFIG": False})
        return scorer

    def _record(self, part: PreparedClass) -> scores.Record:
        return clear_record(self._scorer, part)

    def frame_errors(self, sequence: EvaluatedSequence) -> FrameErrors:
        """Return each frame's hits, false positives, misses and identity switches, over all classes.

        Raises:
            DataError: As `evaluate`.
        """
        return frame_errors(prepare(sequence).values(), sequence.length, self.config.threshold)


class Identity(_TrackevalMetric):
    """Identity F1, recall and precision.

    Ristani et al., ECCV Workshops 2016, https://arxiv.org/abs/1609.01775.
    """

    summary = ("IDF1", "IDR", "IDP")

    def __init__(self, *, threshold: float = 0.5) -> None:
        """Prepare the metric.

        Args:
            threshold: Intersection over union from which a result may match an annotation, above 0 to 1.

        Raises:
            ValueError: The threshold is out of bounds.
        """
        self.config = IdentityConfig(threshold=threshold)

    def _make_scorer(self) -> scores.Scorer:
        from trackeval.metrics import Identity as IdentityScorer

        scorer: scores.Scorer = IdentityScorer({"THRESHOLD": self.config.threshold, "PRINT_CONFIG": False})
        return scorer

    def _record(self, part: PreparedClass) -> scores.Record:
        return identity_record(self._scorer, part)


class Count(_TrackevalMetric):
    """Numbers of boxes and identities, after the data's rules were applied."""

    summary = ("Dets", "GT_Dets", "IDs", "GT_IDs")

    def __init__(self) -> None:
        self.config = CountConfig()

    def _make_scorer(self) -> scores.Scorer:
        from trackeval.metrics import Count as CountScorer

        scorer: scores.Scorer = CountScorer()
        return scorer
