"""Constant velocity from the latest boxes."""

from __future__ import annotations

import numpy as np
import pytest

from vtrack_common_mot.linear_motion import LinearMotion

BOXES = np.array([[[0.0, 0, 10, 10], [2, 0, 14, 10], [6, 0, 20, 10]]])


def test_edges_or_centres_move_by_the_mean_of_their_steps() -> None:
    frames = np.array([[1, 2, 3]])
    moved, velocity, known = LinearMotion(3).predict(BOXES, frames, 4)
    assert known.tolist() == [True]
    assert velocity.tolist() == [[3, 0, 5, 0]]
    assert moved.tolist() == [[9, 0, 25, 10]]
    moved, velocity, _ = LinearMotion(3, centre_only=True).predict(BOXES, frames, 4)
    assert velocity.tolist() == [[4, 0]]
    assert moved.tolist() == [[10, 0, 24, 10]]
    assert LinearMotion().predict(BOXES, frames, 4)[1].tolist() == [[4, 0, 6, 0]]


def test_only_what_follows_the_last_gap_counts() -> None:
    for frames, wanted in (
        ([1, 3, 4], [4, 0, 6, 0]),
        ([1, 2, 4], None),
        ([-1, 3, 4], [4, 0, 6, 0]),
        ([-1, -1, 4], None),
    ):
        velocity, known = LinearMotion(5).velocities(BOXES, np.array([frames]))
        assert known.tolist() == [wanted is not None]
        assert velocity.tolist() == [wanted or [0, 0, 0, 0]]


def test_a_track_not_seen_in_the_frame_before_stays() -> None:
    moved, _, known = LinearMotion().predict(BOXES, np.array([[1, 2, 3]]), 5)
    assert known.tolist() == [False]
    assert moved.tolist() == [[6, 0, 20, 10]]


def test_time_between_frames_may_differ() -> None:
    motion = LinearMotion()
    assert motion.move(np.array([[0.0, 0, 4, 4]]), np.array([[1.0, 2, 1, 2]]), 2.5).tolist() == [[2.5, 5, 6.5, 9]]


def test_velocities_are_of_the_time_that_went_by() -> None:
    motion = LinearMotion(3)
    frames, times = np.array([[1, 2, 3]]), np.array([[0.0, 4, 6]])
    moved, velocity, _ = motion.predict(BOXES, frames, 4, times=times, elapsed=0.5)
    assert velocity.tolist() == [[1, 0, 10 / 6, 0]]
    assert moved[0] == pytest.approx([6.5, 0, 20 + 5 / 6, 10])
    velocity, known = motion.velocities(BOXES, frames, np.zeros((1, 3)))
    assert (velocity.tolist(), known.tolist()) == ([[0, 0, 0, 0]], [False])


def test_one_box_has_no_velocity() -> None:
    with pytest.raises(ValueError, match="samples: must be >= 2, got 1"):
        LinearMotion(1)
