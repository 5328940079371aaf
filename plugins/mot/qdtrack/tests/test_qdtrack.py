"""QDTrack's rules, one at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtcore.errors import DataError, StateError
from vtcore.frames import Frame
from vtcore.instances import Instances
from vtrack_plugin_qdtrack import DUPLICATE, SUPPRESSED, UNMATCHED, QDTrack, QDTrackTao

BOX = [10.0, 10, 50, 90]
FAR = [300.0, 10, 340, 90]
THIRD = [600.0, 10, 640, 90]
RED, BLUE, GREEN = [9.0, 0, 0], [0.0, 9, 0], [0.0, 0, 9]


def moved(step: float) -> list[float]:
    return [BOX[0] + step, BOX[1], BOX[2] + step, BOX[3]]


def fates(tracker: Any, boxes: Any = (), looks: Any = None, scores: Any = None, labels: Any = None) -> list[int]:
    """Return what became of every detection."""
    scores = [0.95] * len(boxes) if scores is None else scores
    tracks = tracker.update(
        boxes=np.reshape(boxes, (-1, 4)), scores=scores, labels=labels, embeddings=looks if len(boxes) else None
    )
    found = tracker.fates
    assert found[tracks.detection_index].tolist() == tracks.ids.tolist()
    assert (found > 0).sum() == len(tracks)
    return list(found.tolist())


def test_a_track_is_found_by_looks_wherever_it_is() -> None:
    tracker = QDTrack()
    assert fates(tracker, [BOX, FAR], [RED, BLUE]) == [1, 2]
    assert fates(tracker, [BOX, FAR], [BLUE, RED]) == [2, 1]
    assert fates(tracker, [THIRD], [RED]) == [1]


def test_a_track_starts_only_at_a_sure_detection() -> None:
    assert fates(QDTrack(), [BOX, FAR], [RED, BLUE], [0.9, 0.91]) == [UNMATCHED, 1]
    tracker = QDTrack(new_track_threshold=0.6)
    assert fates(tracker, [BOX, FAR], [RED, BLUE], [0.61, 0.6]) == [1, UNMATCHED]


def test_a_track_goes_on_with_less_sure_ones_and_unsure_ones_like_it_are_forgotten() -> None:
    tracker = QDTrack()
    fates(tracker, [BOX, FAR], [RED, BLUE])
    assert fates(tracker, [BOX, FAR], [RED, BLUE], [0.51, 0.5]) == [1, SUPPRESSED]
    # Not like it enough to be forgotten, and so remembered.
    tracker = QDTrack(suppress_threshold=1.0)
    fates(tracker, [BOX, FAR], [RED, BLUE])
    assert fates(tracker, [FAR], [BLUE], [0.4]) == [UNMATCHED]


@pytest.mark.parametrize("frames", [0, 1, 2])
def test_what_was_no_track_draws_detections_to_itself(frames: int) -> None:
    tracker = QDTrack(metric="cosine", backdrop_frames=frames)
    fates(tracker, [BOX], [RED])
    # Something reddish that is no track.
    assert fates(tracker, [BOX, FAR], [RED, [6, 7, 0]], [0.95, 0.4])[0] == 1
    answers = [fates(tracker, [FAR], [[6.0, 5.5, 0]], [0.8])[0] for _ in range(1)]
    assert answers == [UNMATCHED if frames else 1]
    if frames == 2:
        assert len(tracker._backdrops) == 2


def test_frames_without_detections_age_no_backdrops() -> None:
    tracker = QDTrack(metric="cosine")
    fates(tracker, [BOX, FAR], [RED, [6, 7, 0]], [0.95, 0.4])
    fates(tracker)
    assert len(tracker._backdrops) == 1


def test_duplicates_are_left_out_across_classes() -> None:
    tracker = QDTrack()
    # Overlaps of 0.78, 0.48 and 0.33 with the surest one.
    boxes = [BOX, moved(5), moved(14), moved(20)]
    looks, labels = [RED, BLUE, GREEN, [5, 5, 5]], [0, 1, 2, 0]
    assert fates(tracker, boxes, looks, [0.99, 0.98, 0.97, 0.4], labels) == [1, DUPLICATE, 2, DUPLICATE]
    assert tracker.order.tolist() == [0, 2]
    assert len(tracker._backdrops) == 0


def test_a_backdrop_does_not_overlap_anything_surer() -> None:
    tracker = QDTrack(backdrop_iou_threshold=0.4)
    assert fates(tracker, [BOX, moved(20)], [RED, BLUE], [0.99, 0.4]) == [1, UNMATCHED]
    assert len(tracker._backdrops) == 1
    tracker = QDTrack(high_threshold=0.3)
    assert fates(tracker, [BOX, moved(20)], [RED, BLUE], [0.99, 0.4]) == [1, UNMATCHED]
    assert len(tracker._backdrops) == 0


def test_the_surest_chooses_first() -> None:
    tracker = QDTrack(metric="cosine")
    fates(tracker, [BOX], [RED])
    assert fates(tracker, [FAR, BOX], [RED, RED], [0.92, 0.96]) == [2, 1]


def test_who_lost_a_track_takes_the_next_most_alike() -> None:
    tracker = QDTrack(metric="cosine")
    fates(tracker, [BOX, FAR], [RED, [9, 5, 0]])
    assert fates(tracker, [BOX, FAR], [[9, 1, 0], [9, 0.5, 0]], [0.96, 0.95]) == [1, 2]


@pytest.mark.parametrize("metric", ["bisoftmax", "softmax", "cosine"])
def test_classes_are_apart_unless_told_otherwise(metric: str) -> None:
    for per_class, wanted in ((True, 2), (False, 1)):
        tracker = QDTrack(per_class=per_class, metric=metric)
        fates(tracker, [BOX], [RED], labels=[0])
        assert fates(tracker, [BOX], [RED], labels=[1]) == [wanted]


def test_a_lost_track_comes_back_within_its_age_only() -> None:
    for gap, wanted in ((29, 1), (30, 2)):
        tracker = QDTrack()
        fates(tracker, [BOX], [RED])
        for _ in range(gap):
            fates(tracker)
        assert fates(tracker, [FAR], [RED]) == [wanted]


@pytest.mark.parametrize("kind", [QDTrack, QDTrackTao])
def test_frames_without_detections_drop_nobody_in_compat(kind: Any) -> None:
    tracker = kind(max_age=3, compat="mmtracking")
    fates(tracker, [BOX], [RED])
    for _ in range(9):
        fates(tracker)
    assert fates(tracker, [FAR], [RED]) == [1]
    for _ in range(3):
        fates(tracker, [THIRD], [BLUE], labels=[1])
    assert fates(tracker, [FAR], [RED]) != [1]


def test_who_is_alone_in_memory_is_not_taken_by_anything_unlike() -> None:
    red, blue = [4.3, 0], [0, 4.3]
    tracker = QDTrack(backdrop_frames=0)
    fates(tracker, [BOX], [red])
    # The softmax over tracks is 1 for whatever comes; that over detections is 1e-8 for the first.
    assert fates(tracker, [FAR, BOX], [blue, red], scores=[0.99, 0.95]) == [2, 1]


def test_the_new_embedding_counts_four_fifths() -> None:
    tracker = QDTrack(metric="cosine")
    fates(tracker, [BOX], [[10, 0]])
    fates(tracker, [BOX], [[10, 10]])
    assert tracker._tracks.embeddings.tolist() == [pytest.approx([10, 8])]


def test_without_embeddings_boxes_are_matched_where_they_are_expected() -> None:
    tracker = QDTrack()
    for step in range(5):
        assert fates(tracker, [moved(15 * step), FAR]) == [1, 2]
    fates(tracker)
    fates(tracker)
    assert fates(tracker, [moved(15 * 7), FAR]) == [1, 2]
    # Once looks are known they decide.
    assert fates(tracker, [moved(15 * 8), FAR], [RED, BLUE]) == [1, 2]
    assert fates(tracker, [moved(15 * 9), FAR], [BLUE, RED]) == [2, 1]
    tracker = QDTrack()
    fates(tracker, [BOX, FAR], [RED, BLUE])
    assert fates(tracker, [BOX, FAR, THIRD], [RED, [0, 0, 0], GREEN]) == [1, 2, 3]


def test_embeddings_of_another_length_are_refused() -> None:
    tracker = QDTrack()
    fates(tracker, [BOX], [RED])
    with pytest.raises(ValueError, match="embeddings must have 3 numbers as those before, got 2"):
        fates(tracker, [BOX], [[1.0, 2]])


def test_another_ones_state_is_refused() -> None:
    with pytest.raises(StateError, match="this is no state of QDTrack: it is one of QDTrackTao; load"):
        QDTrack().load_state_dict(QDTrackTao().state_dict())
    with pytest.raises(StateError, match=r"it was taken with max_age = 5, and here it is 30"):
        QDTrack().load_state_dict(QDTrack(max_age=5).state_dict())


@pytest.mark.parametrize("kind", [QDTrack, QDTrackTao])
def test_memory_is_bounded_by_who_can_come_back(kind: Any) -> None:
    tracker, random, sizes = kind(max_age=5), np.random.default_rng(0), []
    for _ in range(60):
        # Nobody is like anybody.
        fates(tracker, [BOX, FAR, THIRD], 5 * random.normal(size=(3, 64)), [0.95, 0.93, 0.4], random.integers(0, 9, 3))
        sizes.append(len(tracker._tracks) + len(tracker._backdrops))
    assert max(sizes) <= 3 * 5 + 1


class Painted:
    """Finds a box in each picture, and says that it looks as the picture's first pixel."""

    classes = ("cat", "person")
    batch_size = 1

    def reset(self, sequence: Any) -> None:
        self.sequence = sequence

    def detect(self, frames: Any) -> list[Instances]:
        return [Instances([BOX], [0.95], [1], embeddings=frame.image[:1, 0].astype(np.float32)) for frame in frames]


@pytest.mark.parametrize("kind", [QDTrack, QDTrackTao])
def test_it_finds_detections_by_itself_where_it_has_a_detector(kind: Any) -> None:
    # A softmax over a single track would take anything for it.
    tracker = kind(detector=Painted(), metric="cosine")
    assert tracker.config.needs == frozenset()
    ids = []
    for index, colour in enumerate((9, 99, 9)):
        image = np.zeros((8, 8, 3), np.uint8)
        image[0, 0] = [0, 9, 0] if colour == 9 else [99, 0, 0]
        tracks = tracker.update(Frame(index, image))
        ids += tracks.ids.tolist()
        assert tracks.detection_index.tolist() == [-1]
        assert len(tracker.seen) == len(tracker.fates) == 1
    assert ids == [1, 2, 1]
    with pytest.raises(TypeError, match=r"give the frame: update\(frame\)"):
        tracker.update()
    with pytest.raises(DataError, match=r"has a detector of its own; leave out one of the two: \[detector\], or"):
        tracker.update(Frame(3, image), boxes=[BOX])
    with pytest.raises(TypeError, match="detector must find instances, or be None, got int 3"):
        kind(detector=3)


# --- TAO ----------------------------------------------------------------------------------------------------------


def test_tao_reports_a_mean_of_scores() -> None:
    tracker = QDTrackTao()
    fates(tracker, [BOX], [RED], [0.2])
    tracks = tracker.update(boxes=[BOX], scores=[0.6], embeddings=[RED])
    assert (tracks.ids.tolist(), tracks.scores.tolist()) == ([1], pytest.approx([0.4]))
    assert tracker.update(boxes=[BOX], scores=[0.6], embeddings=[RED]).scores.tolist() == pytest.approx([0.5])


def test_tao_tracks_of_other_scores_are_others() -> None:
    tracker = QDTrackTao(score_difference=0.3)
    fates(tracker, [BOX], [RED], [0.2])
    assert fates(tracker, [BOX], [RED], [0.6]) == [2]


def test_tao_leaves_out_unsure_ones_that_overlap_an_earlier_one_of_their_class() -> None:
    tracker = QDTrackTao()
    boxes, looks = [BOX, moved(5), moved(5), moved(5)], [RED, BLUE, GREEN, [5, 5, 5]]
    assert fates(tracker, boxes, looks, [0.2, 0.3, 0.6, 0.3], [0, 0, 0, 1]) == [1, DUPLICATE, 2, 3]


def test_tao_continues_nothing_with_what_scores_too_little() -> None:
    tracker = QDTrackTao(min_score=0.3)
    fates(tracker, [BOX], [RED])
    assert fates(tracker, [BOX], [RED], [0.29]) == [2]
    assert fates(tracker, [BOX], [RED], [0.3]) == [1]


@pytest.mark.parametrize("options", [{}, {"add_cosine": False}, {"metric": "cosine"}])
def test_tao_survives_the_longest_embeddings(options: Any) -> None:
    tracker = QDTrackTao(**options)
    looks = np.array([[1e19, 0, 0], [0, -1e19, 0]], np.float32)
    assert fates(tracker, [BOX, FAR], looks) == [1, 2]
    assert fates(tracker, [BOX, FAR], looks) == [1, 2]


# --- Any detections -----------------------------------------------------------------------------------------------

numbers = st.sampled_from([0.0, 1e-30, 1.0, -1.0, 7.0, 1e18])
detection = st.tuples(
    st.integers(0, 8), st.integers(0, 3), st.sampled_from([0.0, 0.3, 0.5, 0.7, 0.95, 1.0]), st.integers(0, 1),
    st.tuples(numbers, numbers),
)  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(
    video=st.lists(st.lists(detection, max_size=7), max_size=8),
    kind=st.sampled_from([QDTrack, QDTrackTao]),
    metric=st.sampled_from(["bisoftmax", "cosine"]),
    per_class=st.booleans(),
)
def test_any_detections_are_tracked(video: Any, kind: Any, metric: str, per_class: bool) -> None:
    tracker = kind(metric=metric, per_class=per_class, new_track_threshold=0.4)
    for detections in video:
        boxes = [[30.0 * x, 30.0 * y, 30.0 * x + 40, 30.0 * y + 40] for x, y, *_ in detections]
        found = fates(
            tracker,
            boxes,
            [look for *_, look in detections],
            [score for _, _, score, *_ in detections],
            [label for *_, label, _ in detections],
        )
        ids = [fate for fate in found if fate > 0]
        assert len(set(ids)) == len(ids)
        assert set(found) - set(ids) <= {UNMATCHED, SUPPRESSED, DUPLICATE}
        assert sorted(np.flatnonzero(np.array(found) != DUPLICATE).tolist()) == sorted(tracker.order.tolist())
