"""AFLink on tables of tracks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vtcore.components import BuildContext, Configured, build
from vtcore.host import plugin_host
from vtcore.interfaces import Refiner
from vtcore.masks import Masks
from vtcore.tables import TrackTable
from vtrack_common_mot.table_tracks import Tracks
from vtrack_nets import DeviceError
from vtrack_plugin_aflink import AFLink
from vtrack_plugin_aflink.pairs import near_pairs


def names(table: TrackTable) -> list[int]:
    return sorted(set(table.ids.tolist()))


def with_ids(table: TrackTable, ids: np.ndarray) -> TrackTable:
    return TrackTable(table.frames, table.ltwh, ids=ids, detection_index=table.detection_index)


def test_a_track_that_goes_on_is_joined(linker, walk):
    table = walk((3, range(10), (0, 0), (4, 2)), (9, range(15, 30), (0, 0), (4, 2)), (5, range(40, 50), (0, 0), (4, 2)))
    joined = linker().refine(table)
    assert names(joined) == [3]
    assert np.array_equal(joined.ltwh, table.ltwh)
    assert names(linker(temporal_threshold=(0, 6)).refine(table)) == [3, 5]
    assert names(linker(temporal_threshold=(7, 30)).refine(table)) == [3, 9]
    assert names(linker(spatial_threshold=30).refine(table)) == [3, 5]
    assert linker(confidence_threshold=1.0).refine(table) is table


@pytest.mark.parametrize("seed", range(3))
def test_right_whatever_the_ids_are(linker, crowd, seed):
    """With ids 0, 1, 2, ... in order of appearance the published code is right: any other ids give the same tracks."""
    table = crowd(60, seed, size=200)
    linked = linker(compat="mmdetection").refine(table)
    assert len(names(linked)) < 45
    for shift, step in ((0, 1), (10, 1), (1, 1), (3, 7)):
        other = linker().refine(with_ids(table, table.ids * step + shift))
        assert np.array_equal(other.ids, linked.ids * step + shift)
        assert np.array_equal(other.detection_index, linked.detection_index)
    drawn = np.random.default_rng(seed).permutation(60)
    mixed = linker().refine(with_ids(table, drawn[table.ids]))
    assert np.array_equal(mixed.ids, drawn[linked.ids])


def test_compat_links_nothing_where_ids_are_greater_than_places(linker, crowd):
    table = crowd(60, shift=60)
    assert names(linker(compat="mmdetection").refine(table)) == list(range(60, 120))
    assert len(names(linker().refine(table))) < 60
    # Ten more than the places: some places are ids as well, of other tracks.
    table = crowd(60, shift=10)
    wrong, right = linker(compat="mmdetection").refine(table), linker().refine(table)
    assert not np.array_equal(wrong.ids, right.ids)


def test_where_both_have_a_row_in_a_frame_the_earlier_ones_stays(linker, walk):
    table = walk(
        (5, range(4, 9), (3, 0), (0, 0)),
        (7, range(5), (0, 0), (0, 0)),
        detection_index=range(10),
        scores=np.linspace(0.1, 1, 10),
    )
    joined = linker().refine(table)
    assert joined.frames.tolist() == list(range(9))
    assert names(joined) == [7]
    assert joined.ltwh[4, 0] == 0
    assert joined.detection_index.tolist() == [5, 6, 7, 8, 9, 1, 2, 3, 4]
    apart = linker(temporal_threshold=(1, 30)).refine(table)
    assert len(apart) == 10
    assert names(apart) == [5, 7]


def test_single_rows_side_by_side(linker, walk):
    """Two tracks of one frame may each go on as the other."""
    joined = linker().refine(walk((4, [3], (0, 0), (0, 0)), (2, [3], (9, 0), (0, 0))))
    assert (joined.ids.tolist(), joined.ltwh[:, 0].tolist()) == ([4], [0.0])


def test_classes(linker, walk):
    table = walk((1, range(5), (0, 0), (0, 0)), (2, range(6, 9), (0, 0), (0, 0)), labels=[0] * 5 + [1] * 3)
    assert names(linker().refine(table)) == [1, 2]
    assert names(linker(per_class=False).refine(table)) == [1]


def test_every_column_stays(linker, walk):
    masks = Masks([{"size": [4, 4], "counts": "`0`0"}] * 9)
    table = walk(
        (1, range(5), (0, 0), (0, 0)),
        (2, range(4, 8), (0, 0), (0, 0)),
        masks=masks,
        embeddings=np.arange(18.0).reshape(9, 2),
        roles=[0, 1] * 4 + [2],
        visibility=np.linspace(0, 1, 9),
    )
    joined = linker().refine(table)
    stays = np.array([0, 1, 2, 3, 4, 6, 7, 8])
    assert len(joined.masks) == 8
    for name in ("embeddings", "roles", "visibility", "scores", "labels", "ltwh", "frames"):
        assert np.array_equal(getattr(joined, name), getattr(table, name)[stays]), name


@pytest.mark.parametrize("batch_size", [1, 7, 10_000])
def test_the_size_of_batches_changes_nothing(linker, crowd, batch_size):
    table = crowd(16)
    tracks = Tracks.of(table, by_appearance=True)
    pairs = near_pairs(table, tracks, (0, 30), 1e6, per_class=True)
    found, wanted = (linker(batch_size=size).confidence(table, tracks, *pairs) for size in (batch_size, 256))
    assert len(found) > 10
    assert np.allclose(found, wanted, atol=1e-6)


def test_the_threshold_is_within_the_allowed_range(linker, walk):
    table = walk((1, range(5), (0, 0), (3, 0)), (2, range(6, 19), (0, 0), (3, 0)))
    tracks = Tracks.of(table, by_appearance=True)
    (found,) = linker().confidence(table, tracks, np.array([0]), np.array([1]))
    assert names(linker(confidence_threshold=float(found)).refine(table)) == [1]
    assert names(linker(confidence_threshold=float(np.nextafter(found, 1))).refine(table)) == [1, 2]


@pytest.mark.parametrize("compat", ["", "mmdetection"])
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(
            st.integers(0, 40),
            st.integers(-1, 6),
            st.floats(-500, 1e6, width=32),
            st.floats(-500, 2000, width=32),
            st.integers(0, 1),
        ),
        max_size=60,
    ),
    least=st.integers(-20, 2),
)
def test_a_valid_table_comes_out(linker, compat, rows, least):
    rows = list({(row[0], row[1]) if row[1] >= 0 else (row[0], object()): row for row in rows}.values())
    array = np.array(rows, np.float64).reshape(-1, 5)
    boxes = np.concatenate((array[:, 2:4], np.ones((len(array), 2))), 1)
    table = TrackTable(array[:, 0], boxes, ids=array[:, 1], labels=array[:, 4], detection_index=np.arange(len(array)))
    before = table.ids.copy(), table.ltwh.copy()
    refiner = linker(compat=compat, spatial_threshold=1e4, temporal_threshold=(least, 30))
    refined = refiner.refine(table, sequence="any", length=41)
    assert np.array_equal(before[0], table.ids)
    assert np.array_equal(before[1], table.ltwh)
    keys = [key for key in zip(refined.frames.tolist(), refined.ids.tolist(), strict=True) if key[1] >= 0]
    assert len(keys) == len(set(keys)), "an id stands twice in a frame"
    index = refined.detection_index
    assert len(np.unique(index)) == len(index)
    row = np.argsort(table.detection_index)[index]
    assert np.array_equal(refined.ltwh, table.ltwh[row])
    assert np.array_equal(refined.frames, table.frames[row])
    assert (refined.ids < 0).sum() == (table.ids < 0).sum()
    again = refiner.refine(table)
    assert np.array_equal(again.ids, refined.ids)
    if not compat:
        assert set(refined.ids.tolist()) <= set(table.ids.tolist())
        if least > 0:
            assert len(refined) == len(table)


def test_no_rows(linker):
    assert len(linker().refine(TrackTable.empty())) == 0
    assert isinstance(linker(), Refiner)


def test_device_of_the_run_or_its_own(weights):
    component = plugin_host().component("refiner", "aflink")
    config = component.load_config()
    refiner = build(Configured(component, config(weights=str(weights))), BuildContext(device="cpu"))
    assert next(refiner.network.parameters()).device.type == "cpu"
    with pytest.raises(DeviceError, match="device 'cuda:99'"):
        build(Configured(component, config(weights=str(weights))), BuildContext(device="cuda:99"))
    with pytest.raises(DeviceError, match="device 'tpu': must be 'auto'"):
        AFLink(str(weights), device="tpu")


@pytest.mark.gpu
@pytest.mark.skipif("not __import__('torch').cuda.is_available()", reason="needs a CUDA device")
def test_the_same_on_cuda(linker, crowd):
    table = crowd(60)
    tracks = Tracks.of(table, by_appearance=True)
    pairs = near_pairs(table, tracks, (0, 30), 1e6, per_class=True)
    here, there = (linker(device=device).confidence(table, tracks, *pairs) for device in ("cpu", "cuda"))
    assert np.allclose(here, there, atol=1e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temporal_threshold": (30, 0)}, "temporal_threshold: must not fall, got 30 and 0"),
        ({"temporal_threshold": (0, 1, 2)}, "temporal_threshold: must be two numbers, least and most, got (0, 1, 2)"),
        ({"spatial_threshold": -1}, "spatial_threshold: must be >= 0, got -1"),
        ({"confidence_threshold": 1.5}, "confidence_threshold: must be <= 1, got 1.5"),
        ({"length": 24}, "length: must be >= 25, got 24"),
        ({"batch_size": 0}, "batch_size: must be >= 1, got 0"),
        ({"compat": "mmtracking"}, "compat: must be one of '', 'mmdetection', got 'mmtracking'"),
    ],
)
def test_options_out_of_bounds(linker, options, message):
    with pytest.raises(ValueError, match="must") as caught:
        linker(**options)
    assert str(caught.value) == message
