from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from vtcore.errors import DataError
from vtrack_datasets import CocoDataset, Got10kDataset, ImageNetVidDataset, LasotDataset, TargetIndex


def test_entries_are_targets(layouts: Any) -> None:
    index = TargetIndex(LasotDataset(layouts.lasot("airplane-1", "airplane-2")).sequences())
    track = index[1]
    assert (len(index), len(track), track.sequence.name) == (2, 4, "airplane-2")
    assert track.visible.tolist() == [True, False, True, True]
    assert track.view(2).ltwh.tolist() == [4, 3, 10, 8]
    assert track.view(2).image().shape == (24, 32, 3)
    assert index[-1].sequence.name == "airplane-2"
    assert [len(entry) for entry in index] == [4, 4]
    with pytest.raises(IndexError, match="there is no target 2: there are 2"):
        _ = index[2]


def test_frames_are_left_out(layouts: Any) -> None:
    sequences = Got10kDataset(layouts.got10k(), "train").sequences()
    assert TargetIndex(sequences, visible_only=True)[0].frames.tolist() == [0, 1]
    assert TargetIndex(sequences, min_size=9)[0].frames.tolist() == []
    assert TargetIndex(sequences, min_size=9).pair(0, np.random.default_rng(0)) is None


def test_pairs_lie_within_reach(layouts: Any) -> None:
    root = layouts.lasot("airplane-1", frames=40)
    index = TargetIndex(LasotDataset(root).sequences())
    generator = np.random.default_rng(0)
    pairs = [index.pair(0, generator, reach=3) for _ in range(400)]
    apart = {second.frame - first.frame for first, second in filter(None, pairs)}
    assert apart == set(range(-3, 4))
    assert {first.frame for first, _ in filter(None, pairs)} == set(range(39))
    again = np.random.default_rng(0)
    for pair in pairs[:5]:
        repeated = index.pair(0, again, reach=3)
        assert pair is not None
        assert repeated is not None
        assert [view.frame for view in pair] == [view.frame for view in repeated]
    with pytest.raises(ValueError, match="reach must be >= 0, got -1"):
        index.pair(0, generator, reach=-1)


def test_one_image_is_a_pair_with_itself(layouts: Any) -> None:
    index = TargetIndex(CocoDataset(layouts.coco(), "val2017").sequences())
    pair = index.pair(1, np.random.default_rng(0))
    assert pair is not None
    assert [view.frame for view in pair] == [0, 0]
    assert pair[0].ltwh.tolist() == [2, 3, 10, 8]


def test_occluded_objects_of_imagenet(layouts: Any) -> None:
    index = TargetIndex(ImageNetVidDataset(layouts.vid()).sequences())
    assert index[0].visible.tolist() == [True, False, True]
    assert index[1].frames.tolist() == [0, 1]


def test_only_so_much_is_kept(layouts: Any) -> None:
    sequences = LasotDataset(layouts.lasot("a-1", "a-2", "a-3")).sequences()
    index = TargetIndex(sequences, keep=2)
    first = index[0]
    assert index[0] is first
    _ = index[1], index[2]
    assert index[0] is not first
    assert "truth" not in sequences[0].__dict__
    assert TargetIndex(sequences, keep=0)[0] is not TargetIndex(sequences, keep=0)[0]
    with pytest.raises(ValueError, match="keep must be >= 0, got -1"):
        TargetIndex(sequences, keep=-1)


def test_an_index_goes_to_other_processes_without_what_was_read(layouts: Any) -> None:
    index = TargetIndex(LasotDataset(layouts.lasot("a-1", "a-2", frames=60)).sequences())
    before = len(pickle.dumps(index))
    held = sum(entry.ltwh.nbytes for entry in index)
    # How the images are numbered is kept; it takes the same for a sequence of any length.
    assert len(pickle.dumps(index)) - before < 200 < held
    assert pickle.loads(pickle.dumps(index))[1].view(0).image().shape == (24, 32, 3)


def test_sequences_that_are_no_entries(layouts: Any) -> None:
    several = TargetIndex(CocoDataset(layouts.coco(), "val2017", "all").sequences())
    with pytest.raises(DataError, match="'000000000007' has 3 targets; take one sequence for each"):
        _ = several[1]
    (layouts.got10k() / "val" / "GOT-10k_Val_000001" / "groundtruth.txt").unlink()
    nothing = TargetIndex(Got10kDataset(layouts.folder / "got10k", "val").sequences())
    with pytest.raises(DataError, match="has no annotations to train on"):
        _ = nothing[0]
