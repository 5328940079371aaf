from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtcore.drawing.annotate import Annotator, Pen, annotate
from vtcore.drawing.colours import UNMATCHED, colour_of
from vtcore.drawing.labels import caption, plain
from vtcore.drawing.trails import Trails
from vtcore.instances import Instances
from vtcore.masks import Masks


def grey(height: int = 120, width: int = 160) -> np.ndarray:
    return np.full((height, width, 3), 90, np.uint8)


def one(**fields: object) -> Instances:
    return Instances([[40.0, 50.0, 90.0, 100.0]], [0.5], [0], **fields)  # type: ignore[arg-type]


def has(picture: np.ndarray, colour: tuple[int, int, int]) -> bool:
    return bool((picture == np.array(colour, np.uint8)).all(axis=2).any())


boxes = st.lists(
    st.tuples(*[st.floats(-1e9, 1e9, width=32)] * 2, *[st.floats(0, 1e9, width=32)] * 2), min_size=1, max_size=4
)


@settings(max_examples=40, deadline=None)
@given(boxes, st.integers(1, 90), st.integers(1, 90), st.booleans())
def test_any_box_is_drawn_on_a_copy(rows: list[tuple[float, ...]], height: int, width: int, tracked: bool) -> None:
    image = grey(height, width)
    before = image.copy()
    corners = np.array([(x, y, x + w, y + h) for x, y, w, h in rows], np.float32)
    found = Instances(corners, ids=np.arange(len(rows)) if tracked else None)
    picture = annotate(image, found, ("person",))
    assert np.array_equal(image, before)
    assert picture.shape == image.shape
    assert picture.dtype == np.uint8
    assert not np.shares_memory(picture, image)


def test_nothing_found_is_a_plain_copy() -> None:
    image = grey()
    picture = annotate(image, Instances.empty())
    assert np.array_equal(picture, image)
    assert not np.shares_memory(picture, image)


def test_a_read_only_and_strided_image_is_fine() -> None:
    image = grey(120, 320)[:, ::2]
    image.flags.writeable = False
    assert annotate(image, one(ids=[3])).shape == (120, 160, 3)


def test_identity_decides_the_colour_wherever_it_is() -> None:
    there = Instances([[10.0, 60.0, 50.0, 110.0]], [0.9], [0], ids=[7])
    for found in (one(ids=[7]), there):
        assert has(annotate(grey(), found), colour_of(7))


def test_detections_are_coloured_by_class() -> None:
    picture = annotate(grey(), Instances([[40.0, 50.0, 90.0, 100.0]], [0.5], [2]), ("a", "b", "c"))
    assert has(picture, colour_of(2))


def test_a_predicted_track_has_a_grey_box_and_keeps_its_label_colour() -> None:
    matched = annotate(grey(), one(ids=[5], detection_index=[0]))
    predicted = annotate(grey(), one(ids=[5], detection_index=[-1]))
    assert not has(matched, UNMATCHED)
    assert has(predicted, UNMATCHED)
    assert has(predicted, colour_of(5))


def test_width_scales_before_drawing() -> None:
    picture = annotate(grey(120, 160), one(ids=[5]), width=320)
    assert picture.shape == (240, 320, 3)
    rows, columns = np.nonzero((picture == np.array(colour_of(5), np.uint8)).all(axis=2))
    assert rows.max() == pytest.approx(200, abs=2)
    assert columns.max() == pytest.approx(180, abs=2)


def test_masks_are_blended_inside_only() -> None:
    pixels = np.zeros((1, 120, 160), bool)
    pixels[0, 60:80, 50:70] = True
    found = one(ids=[5], masks=Masks.encode(pixels))
    bare, blended = annotate(grey(), one(ids=[5])), annotate(grey(), found)
    changed = (bare != blended).any(axis=2)
    assert changed[65:75, 55:65].all()
    assert not (changed & ~pixels[0]).any()


def test_masks_follow_the_width_and_an_empty_one_is_no_error() -> None:
    pixels = np.zeros((2, 120, 160), bool)
    pixels[0, 60:80, 50:70] = True
    found = Instances([[40.0, 50.0, 90.0, 100.0]] * 2, ids=[1, 2], masks=Masks.encode(pixels))
    bare = annotate(grey(), found.replace(masks=None), width=320)
    assert (bare != annotate(grey(), found, width=320)).any(axis=2)[130:150, 110:130].all()


def test_larger_pictures_get_thicker_lines() -> None:
    small, large = Pen.for_size(320, 240), Pen.for_size(3840, 2160)
    assert small.line == 1
    assert large.line > 3
    assert large.font > 3 * small.font


def test_captions() -> None:
    found = Instances([[0.0, 0.0, 9.0, 9.0]] * 2, [0.5, 1.0], [0, 4], ids=[12, 13])
    assert caption(found, 0, ("pérson",), True) == ("12 person 0.50", "12")
    assert caption(found, 1, ("person",), False) == ("13 4", "13")
    assert caption(found.replace(ids=None), 0, (), True) == ("0.50", "")
    assert plain("猫 cat") == "? cat"


class TestTrails:
    def test_reach_back_so_many_frames_and_no_more(self) -> None:
        trails = Trails(3)
        for index in range(10):
            trails.update(index, one(ids=[1]))
        assert trails[1].shape == (3, 2)
        assert trails[1][0].tolist() == [65.0, 100.0]

    def test_are_dropped_when_their_track_is_gone(self) -> None:
        trails = Trails(5)
        trails.update(0, one(ids=[1]))
        for index in range(1, 5):
            trails.update(index, one(ids=[2]))
        assert len(trails) == 2
        trails.update(5, one(ids=[2]))
        assert len(trails) == 1
        assert trails[1].shape == (0, 2)

    def test_stay_bounded_when_every_frame_brings_new_tracks(self) -> None:
        trails = Trails(10)
        for index in range(500):
            trails.update(index, one(ids=[index]))
        assert len(trails) == 10

    def test_begin_anew_when_frames_do(self) -> None:
        trails = Trails(10)
        trails.update(4, one(ids=[1]))
        trails.update(0, one(ids=[2]))
        assert len(trails[1]) == 0

    def test_keep_nothing_for_length_zero_or_detections(self) -> None:
        trails = Trails(0)
        trails.update(0, one(ids=[1]))
        assert len(trails) == 0
        trails = Trails(5)
        trails.update(0, one())
        assert len(trails) == 0


def test_annotator_draws_trails_and_forgets_them_on_reset() -> None:
    annotator = Annotator(("person",), trails=20)
    for index in range(10):
        moved = Instances([[10.0 + 10 * index, 40.0, 30.0 + 10 * index, 60.0]], ids=[1])
        picture = annotator.draw(grey(), index, moved)
    behind = picture[58:63, 25:90]
    assert has(behind, colour_of(1))
    annotator.reset(("person",))
    assert not has(annotator.draw(grey(), 0, moved)[58:63, 25:90], colour_of(1))


def test_annotator_takes_note_of_skipped_frames() -> None:
    annotator = Annotator(trails=20)
    for index in range(5):
        annotator.skip(index, one(ids=[1]))
    assert len(annotator.trails[1]) == 5
