from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtcore.drawing.annotate import Annotator, Pen, annotate
from vtcore.drawing.colours import UNMATCHED, colour_of
from vtcore.drawing.labels import _text_size, caption, draw_captions, plain
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


class TestCaptionPlaces:
    """Where captions go and which form they take, told by the area of their grounds."""

    RED, BLUE = (0, 0, 255), (255, 0, 0)
    FONT, STROKE = 0.4, 1
    LONG, SHORT = "12 pedestrian 0.50", "12"

    def grounds(self, *boxes: list[int], height: int = 200, width: int = 400) -> list[tuple[int, int, int, int]]:
        """Draw at most two boxes' captions, and return left, top, right, bottom of each ground."""
        canvas = np.full((height, width, 3), 90, np.uint8)
        colours = [self.RED, self.BLUE][: len(boxes)]
        draw_captions(canvas, boxes, [(self.LONG, self.SHORT)] * len(boxes), colours, self.FONT, self.STROKE)
        found = []
        for colour in colours:
            rows, columns = np.nonzero((canvas == np.array(colour, np.uint8)).all(axis=2))
            if len(rows):
                found.append((int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1))
        return found

    def wide(self, ground: tuple[int, int, int, int]) -> bool:
        return ground[2] - ground[0] > _text_size(self.LONG, self.FONT, self.STROKE)[0]

    def test_a_narrow_box_has_the_whole_caption_above_it(self) -> None:
        (ground,) = self.grounds([50, 100, 60, 130])
        assert self.wide(ground)
        assert ground[0] == 50
        assert ground[3] == 100

    def test_no_caption_covers_the_short_form_of_another(self) -> None:
        left, right = [50, 100, 60, 130], [80, 96, 90, 130]
        for order in ([left, right], [right, left]):
            grounds = dict(zip(map(tuple, order), self.grounds(*order), strict=True))
            assert not self.wide(grounds[tuple(left)]), "it would cover the identity at its right"
            assert self.wide(grounds[tuple(right)])

    def test_the_upper_of_two_takes_the_room_that_both_could_have(self) -> None:
        upper, lower = [230, 96, 240, 130], [390, 104, 400, 130]  # moved to the left, into the picture
        for order in ([upper, lower], [lower, upper]):
            grounds = dict(zip(map(tuple, order), self.grounds(*order), strict=True))
            assert self.wide(grounds[tuple(upper)])
            assert not self.wide(grounds[tuple(lower)])

    def test_captions_that_do_not_meet_stay_whole(self) -> None:
        assert all(map(self.wide, self.grounds([50, 100, 60, 130], [50, 60, 60, 90])))
        assert all(map(self.wide, self.grounds([10, 100, 20, 130], [220, 100, 230, 130])))

    @pytest.mark.parametrize("box", [[390, 100, 420, 130], [-20, -30, 40, 60], [395, 2, 399, 30], [10, 195, 20, 240]])
    def test_captions_stay_in_the_picture(self, box: list[int]) -> None:
        (ground,) = self.grounds(box)
        left, top, right, bottom = ground
        whole = self.grounds([50, 100, 60, 130])[0]
        assert (right - left, bottom - top) == (whole[2] - whole[0], whole[3] - whole[1])

    def test_a_picture_too_small_for_the_whole_caption_has_the_short_one(self) -> None:
        (ground,) = self.grounds([5, 20, 15, 35], height=40, width=60)
        assert not self.wide(ground)

    def test_boxes_out_of_sight_have_none(self) -> None:
        assert self.grounds([500, 10, 600, 90], [10, -90, 50, -5]) == []

    def test_without_a_short_form_nothing_is_written_over_another(self) -> None:
        canvas = np.full((200, 400, 3), 90, np.uint8)
        boxes = [[50, 100, 60, 130], [52, 101, 60, 130]]
        draw_captions(canvas, boxes, [("0.50", "")] * 2, [self.RED, self.BLUE], self.FONT, self.STROKE)
        assert has(canvas, self.RED)
        assert not has(canvas, self.BLUE)


def test_a_usual_pedestrian_shows_class_and_score() -> None:
    found = Instances([[100.0, 100.0, 130.0, 180.0]], [0.87], [0], ids=[12])
    image = grey(240, 320)
    scored = annotate(image, found, ("pedestrian",))
    plainer = annotate(image, found, ("pedestrian",), show_scores=False)
    nameless = annotate(image, found)
    assert (scored != plainer).any()
    assert (scored != nameless).any()


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
