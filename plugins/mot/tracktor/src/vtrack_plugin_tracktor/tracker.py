"""Tracktor: the second stage of a detector is a tracker.

Paper: Bergmann, Meinhardt and Leal-Taixé, "Tracking without Bells and Whistles", ICCV 2019,
https://arxiv.org/abs/1903.05625. The rules are those of ``TracktorTracker`` of
https://github.com/open-mmlab/mmtracking (Apache-2.0); what differs is listed in the documentation of the algorithm.
"""

from __future__ import annotations

from collections.abc import Sequence as Seq
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from vtcore.errors import DataError
from vtcore.instances import Float32Array, Float64Array, Instances, Int64Array
from vtcore.interfaces import ReId
from vtcore.labels import LabelMap
from vtrack_common_mot.assignment import left_over
from vtrack_common_mot.camera_motion.interfaces import CameraMotion, require_estimator
from vtrack_common_mot.cascade import match_most
from vtrack_common_mot.gallery import Gallery
from vtrack_common_mot.linear_motion import LinearMotion
from vtrack_common_mot.overlap import BoxReader, overlaps
from vtrack_common_mot.rows import ID, LABEL, LAST
from vtrack_common_mot.tracker import BoxTracker
from vtrack_plugin_tracktor.config import TracktorConfig
from vtrack_plugin_tracktor.memory import SLOT, Followed
from vtrack_plugin_tracktor.second_stage import Judged, SecondStage

if TYPE_CHECKING:
    import supervision

    from vtcore.frames import Frame, Sequence
    from vtcore.interfaces import Detector

__all__ = ["Tracktor"]

_STILL = np.eye(2, 3)


class Tracktor(BoxTracker):
    """Carries boxes from frame to frame by the second stage of a detector.

    Args:
        detector: A two-stage detector that hands out its feature maps: ``FasterRcnnDetector(weights=...)``.
        reid: Describes boxes, so that who was lost is found again; None for nobody.
        camera_motion: Estimator of the camera's motion; None for a camera that stands still.
        detections: ``own`` or ``given``: whose boxes start tracks.
        classes: Classes to track, by name; empty for all.
        new_track_threshold: Detections must score more than this to start a track, or to be one again.
        keep_threshold: A track goes on while the second stage is surer of it than this.
        nms_threshold: Of two tracks that overlap by more only the surer one goes on.
        duplicate_iou_threshold: Detections that overlap a track by this or more are taken to be it.
        appearance_threshold: Greatest Euclidean distance at which a detection is a lost track.
        iou_threshold: Least overlap of such a detection with where the track was last.
        gallery_size: Embeddings of a track that are kept.
        max_age: How many frames after it was seen last a track can be found again.
        motion_samples: Boxes whose steps give a track's velocity; 0 for none.
        motion_centre_only: Move tracks by their centres' steps.
        compat: ``mmtracking`` measures steps from where a track was expected.
        per_class: Match within a class only; a track keeps its class.
        clock: ``frames`` or ``seconds``: what tells how much time went by.
        persist: Keep tracks and identities from one sequence to the next.

    Attributes:
        classes: Names of the classes that are tracked.
        seen: The detections of the last frame as the second stage judges them; labels index `classes`.

    Raises:
        ValueError: An option is out of bounds, the detector hands out no feature maps, or has no class of a name.
        TypeError: Another part is no such part.
    """

    config: TracktorConfig

    _STATE: ClassVar[tuple[str, ...]] = ("_rows", "_gallery", "_camera")

    def __init__(
        self,
        *,
        detector: Detector | None = None,
        reid: ReId | None = None,
        camera_motion: CameraMotion | None = None,
        detections: str = "own",
        classes: Seq[str] = (),
        new_track_threshold: float = 0.5,
        keep_threshold: float = 0.5,
        nms_threshold: float = 0.6,
        duplicate_iou_threshold: float = 0.3,
        appearance_threshold: float = 2.0,
        iou_threshold: float = 0.2,
        gallery_size: int = 10,
        max_age: int = 10,
        motion_samples: int = 0,
        motion_centre_only: bool = False,
        compat: str = "",
        per_class: bool = True,
        clock: str = "frames",
        persist: bool = False,
    ) -> None:
        self.config = TracktorConfig(
            detector=detector,  # type: ignore[arg-type]
            reid=reid,
            camera_motion=camera_motion,
            detections=detections,
            classes=tuple(classes),
            new_track_threshold=new_track_threshold,
            keep_threshold=keep_threshold,
            nms_threshold=nms_threshold,
            duplicate_iou_threshold=duplicate_iou_threshold,
            appearance_threshold=appearance_threshold,
            iou_threshold=iou_threshold,
            gallery_size=gallery_size,
            max_age=max_age,
            motion_samples=motion_samples,
            motion_centre_only=motion_centre_only,
            compat=compat,
            per_class=per_class,
            clock=clock,
            persist=persist,
        )
        require_estimator(camera_motion)
        if reid is not None and not isinstance(reid, ReId):
            raise TypeError(f"reid must describe boxes, or be None, got {type(reid).__name__} {reid!r}")
        self._stage = SecondStage(detector, classes)
        self.classes = self._stage.classes
        self._camera = camera_motion
        self._reid = reid
        self._motion = LinearMotion(motion_samples, centre_only=motion_centre_only) if motion_samples else None
        self._gallery = Gallery("mean", size=gallery_size, metric="euclidean", normalise=False)
        self._reader = BoxReader()
        self._to_labels = LabelMap((), ())
        super().__init__(clock=clock, persist=persist)

    def update(
        self,
        frame: Frame | None = None,
        detections: Instances | supervision.Detections | None = None,
        *,
        boxes: npt.ArrayLike | None = None,
        scores: npt.ArrayLike | None = None,
        labels: npt.ArrayLike | None = None,
        embeddings: npt.ArrayLike | None = None,
    ) -> Instances:
        """Take the next frame, with ``detections="given"`` its detections too, and return its tracks.

        Of given detections only the boxes count. See `vtrack_common_mot.tracker.BoxTracker`.
        """
        if self.config.detections == "own" and detections is None and boxes is None:
            detections = Instances.empty()
        return super().update(frame, detections, boxes=boxes, scores=scores, labels=labels, embeddings=embeddings)

    def _start(self, sequence: Sequence | None) -> None:
        self._rows = Followed(max(self.config.motion_samples, 1))
        self._gallery.clear()
        self.seen = Instances.empty()
        if self._camera is not None:
            self._camera.reset(sequence)
        self._meet(sequence)

    def _proceed(self, sequence: Sequence) -> None:
        if self._camera is not None:
            self._camera.proceed(sequence)
        self._meet(sequence)

    def _meet(self, sequence: Sequence | None) -> None:
        """Take over the class names of a sequence, or give it the detector's."""
        if sequence is not None:
            sequence.classes = sequence.classes or self.classes
            self._to_labels = LabelMap(self.classes, sequence.classes)

    def _advance(self, frame: Frame | None, detections: Instances) -> Instances:
        if frame is None or frame.image is None:
            raise DataError("tracker 'tracktor' looks at pictures, and was given none; give frames with images")
        if self.config.detections == "own" and len(detections):
            raise DataError(
                "detections are given to a tracker that finds its own; leave out [detector], or write "
                'detections = "given" in the table of the tracker'
            )
        warp = None if self._camera is None else self._camera.estimate(frame, detections)
        extracted = self._stage.extract(frame.image)
        judged = self._judged(extracted, detections)
        self.seen = judged.instances
        sure = (self.seen.scores > np.float32(self.config.new_track_threshold)).nonzero()[0]
        carried, tracks = self._carried(extracted, warp)
        free = sure[self._apart(self.seen.boxes[sure], carried.boxes)]
        fresh = self.seen[free]
        embeddings = self._described(frame, carried, fresh)
        again = self._found_again(tracks, fresh, None if embeddings is None else embeddings[len(carried) :])
        answer = self._noted(carried, tracks, fresh, again, embeddings)
        answer.detection_index = np.concatenate((np.full(len(carried), -1), judged.rows[free]))
        self._drop()
        return self._to_labels(answer)

    def _judged(self, extracted: Any, detections: Instances) -> Judged:
        if self.config.detections == "given":
            return self._stage.judged(extracted, detections.boxes)
        found = self._stage.found(extracted)
        # No row of what was handed in.
        return Judged(found, np.full(len(found), -1))

    def _carried(self, extracted: Any, warp: Float64Array | None) -> tuple[Instances, Int64Array]:
        """Return where the tracks seen in the last frame are now, surest first, and which they are."""
        rows = self._rows
        if not len(rows):
            return Instances.empty(), np.empty(0, np.int64)
        self._move(warp)
        before = rows.seen_at(self._last_tick).nonzero()[0]
        if not len(before):
            return Instances.empty(), before
        judged = self._stage.carried(
            extracted,
            rows.places[before],
            rows.facts[LABEL, before] if self.config.per_class else None,
            least=self.config.keep_threshold,
            threshold=self.config.nms_threshold,
        )
        return judged.instances, before[judged.rows]

    def _move(self, warp: Float64Array | None) -> None:
        """Expect all tracks where camera and velocity carry them."""
        rows = self._rows
        if warp is not None and not (warp == _STILL).all():
            rows.warp(warp)
        if self._motion is None:
            return
        _, velocity, known = self._motion.predict(
            rows.boxes, rows.frames, self._frame, times=rows.times, elapsed=self._elapsed
        )
        rows.velocities[known] = np.tile(velocity, 2)[known] if self.config.motion_centre_only else velocity[known]
        rows.places = rows.places + rows.velocities * self._elapsed
        if self.config.compat:
            rows.boxes[:, -1] = rows.places

    def _apart(self, boxes: Float32Array, carried: Float32Array) -> npt.NDArray[np.bool_]:
        """Return which boxes overlap no track, bool ``(n,)``."""
        if not len(carried):
            return np.ones(len(boxes), bool)
        overlap = overlaps(self._edges(boxes), self._edges(carried))
        apart: npt.NDArray[np.bool_] = np.all(overlap < self.config.duplicate_iou_threshold, axis=1)
        return apart

    def _edges(self, boxes: npt.NDArray[Any]) -> Float64Array:
        edges: Float64Array = self._reader.read(boxes)[0][:6]
        return edges

    def _described(self, frame: Frame, carried: Instances, fresh: Instances) -> Float32Array | None:
        """Return embeddings of both, one after the other; None where nobody tells."""
        if self._reid is None:
            return None
        boxes = np.concatenate((carried.boxes, fresh.boxes))
        (embeddings,) = self._reid.embed([frame], [boxes])
        return self._gallery.read(embeddings, len(boxes))

    def _found_again(self, tracks: Int64Array, fresh: Instances, embeddings: Float32Array | None) -> Int64Array:
        """Return the lost track that each detection is, int64 ``(n,)``; -1 for none."""
        found = np.full(len(fresh), -1)
        lost = left_over(len(self._rows), np.sort(tracks))
        if embeddings is None or not len(lost) or not len(fresh):
            return found
        facts = self._rows.facts
        near = overlaps(self._edges(self._rows.places[lost]), self._edges(fresh.boxes)) >= self.config.iou_threshold
        if self.config.per_class:
            near &= facts[LABEL, lost][:, None] == fresh.labels
        distance = self._gallery.distances(facts[SLOT, lost], embeddings, near)
        near &= np.isfinite(distance)
        row, column = match_most(np.where(near, distance, 0.0), near)
        alike = distance[row, column] <= self.config.appearance_threshold
        found[column[alike]] = lost[row[alike]]
        return found

    def _noted(
        self,
        carried: Instances,
        tracks: Int64Array,
        fresh: Instances,
        again: Int64Array,
        embeddings: Float32Array | None,
    ) -> Instances:
        """Take note of where tracks are now and of those that begin, and return all of them."""
        rows = self._rows
        rows.note(tracks, carried.boxes, carried.labels, self._frame, self._tick)
        old, new = (again >= 0).nonzero()[0], (again < 0).nonzero()[0]
        rows.note(again[old], fresh.boxes[old], fresh.labels[old], self._frame, self._tick)
        begun = again.copy()
        begun[new] = rows.append(self._new_ids(len(new)), fresh.boxes[new], fresh.labels[new], self._frame, self._tick)
        every = np.concatenate((tracks, begun))
        if embeddings is not None and len(every):
            slots = rows.facts[SLOT]
            slots[every] = self._gallery.learn(slots[every], embeddings)
        return Instances.trusted(
            np.concatenate((carried.boxes, fresh.boxes)),
            np.concatenate((carried.scores, fresh.scores)),
            np.concatenate((carried.labels, fresh.labels)),
            rows.facts[ID, every],
        )

    def _drop(self) -> None:
        """Drop tracks that were not seen for too long."""
        facts = self._rows.facts
        stay = self._tick - facts[LAST] < self.config.max_age
        if not stay.all():
            self._gallery.release(facts[SLOT, ~stay])
            self._rows.keep(stay)
