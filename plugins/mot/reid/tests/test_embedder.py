"""From frames and boxes to embeddings, whatever the boxes are."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch

from vtcore.components import BuildContext
from vtcore.errors import DataError
from vtcore.frames import Frame
from vtrack_nets.lanes import Lanes
from vtrack_plugin_reid import OSNetReId
from vtrack_plugin_reid.crops import OriginalCrops
from vtrack_plugin_reid.embedder import CropEmbedder

NONE = np.zeros((0, 4), np.float32)
ODD = np.array(
    [[30, 40, 31, 41], [50, 60, 50, 60], [400, 10, 500, 90], [-50, -60, -2, -3], [-9, -9, 900, 900]], np.float32
)


def mean_colours(batch_size=3, infer=None, **options):
    """Stands in for a network: the mean of each colour of a crop, and twice the blue."""

    def network(crops):
        sizes.append(len(crops))
        means = crops.mean((2, 3))
        return torch.cat((means, 2 * means[:, 2:]), 1)

    sizes = []
    crops = OriginalCrops((8, 4), (0, 0, 0), (1, 1, 1), "rgb", device=torch.device("cpu"))
    options = {"embedding_length": 4, "batch_size": batch_size, "normalise": False} | options
    return CropEmbedder("reid 'test'", crops, infer or network, **options), sizes


def test_rows_are_in_order_over_frames_and_batches(picture, boxes):
    frames = [picture(0), picture(1, 100, 80), picture(2), picture(3)]
    wanted = [boxes[:5], NONE, boxes[5:6], boxes[6:]]
    embedder, sizes = mean_colours()
    found = embedder.embed(frames, wanted)
    assert [each.shape for each in found] == [(5, 4), (0, 4), (1, 4), (6, 4)]
    assert all(each.dtype == np.float32 for each in found)
    seen = int(sum(each.any(1).sum() for each in found))
    assert seen > 8
    assert sizes == [3] * (seen // 3) + ([seen % 3] if seen % 3 else [])
    for frame, some, rows in zip(frames, wanted, found, strict=True):
        for box, row in zip(some, rows, strict=True):
            assert np.allclose(mean_colours()[0].embed([frame], [box[None]])[0][0], row, atol=1e-4)


@pytest.mark.parametrize("batch_size", [2, 100])
def test_side_by_side_is_one_after_the_other(picture, boxes, batch_size):
    frames = [picture(number) for number in range(4)]
    wanted = [boxes[:5], NONE, boxes[5:6], boxes[6:]]
    alone = mean_colours(batch_size=batch_size)[0].embed(frames, wanted)
    embedder, sizes = mean_colours(batch_size=batch_size, lanes=Lanes(3))
    for _ in range(5):
        together = embedder.embed(frames, wanted)
        assert all(np.array_equal(one, other) for one, other in zip(alone, together, strict=True))
    # A third of the crops each, but never more than a batch.
    assert len(sizes) >= 15
    assert max(sizes) <= batch_size


@pytest.mark.parametrize("lanes", [None, Lanes(2)])
def test_several_batches_are_answered_as_one_is(picture, boxes, lanes):
    frames = [picture(number) for number in range(7)]
    wanted = [boxes[:5], NONE, boxes[5:6], boxes[6:], NONE, boxes[:1], boxes]
    batches = [(frames[start:end], wanted[start:end]) for start, end in ((0, 1), (1, 4), (4, 4), (4, 6), (6, 7))]
    alone = [mean_colours(batch_size=6)[0].embed(*batch) for batch in batches]
    embedder, sizes = mean_colours(batch_size=6, lanes=lanes)
    together = list(embedder.embed_each(iter(batches)))
    assert [len(each) for each in together] == [1, 3, 0, 2, 1]
    for one, other in zip(alone, together, strict=True):
        assert all(np.array_equal(*pair) for pair in zip(one, other, strict=True))
    assert max(sizes) <= 6


def test_batches_before_one_that_cannot_be_had_are_answered_first(picture, boxes):
    def batches():
        yield [picture()], [boxes]
        raise OSError("gone")

    each = mean_colours(lanes=Lanes(2))[0].embed_each(batches())
    assert len(next(each)[0]) == len(boxes)
    with pytest.raises(OSError, match="gone"):
        next(each)


def test_what_is_kept_of_the_last_image_is_no_matter_of_several_threads(picture, boxes):
    threads = set()

    def network(crops):
        threads.add(threading.current_thread())
        return crops.mean((2, 3))

    size, nothing, one = (8, 4), (0, 0, 0), (1, 1, 1)
    crops = OriginalCrops(size, nothing, one, "rgb", device=torch.device("cpu"), place="device")
    options = {"embedding_length": 3, "batch_size": 2, "normalise": False}
    CropEmbedder("reid 'test'", crops, network, **options, lanes=Lanes(2)).embed([picture()], [boxes])
    assert threads == {threading.current_thread()}


def test_odd_boxes(small, picture):
    reid = OSNetReId(str(small))
    (found,) = reid.embed([picture()], [ODD])
    assert np.isfinite(found).all()
    assert found.any(1).tolist() == [True, True, False, False, True]
    (whole,) = reid.embed([picture()], [np.array([[0, 0, 320, 240]], np.float32)])
    assert np.allclose(found[4], whole[0], atol=1e-5)


def test_nothing_to_embed(small, picture):
    reid = OSNetReId(str(small))
    assert reid.embed([], []) == []
    assert [each.shape for each in reid.embed([picture(), picture()], [NONE, []])] == [(0, 512), (0, 512)]
    assert reid.seconds == {"crop": 0.0, "forward": 0.0}


def test_what_a_box_looks_like_follows_from_it_alone(small, picture, boxes):
    frames = [picture(0), picture(1)]
    wanted = OSNetReId(str(small), batch_size=1).embed(frames, [boxes, boxes[:4]])
    for batch_size in (3, 32):
        found = OSNetReId(str(small), batch_size=batch_size).embed(frames, [boxes, boxes[:4]])
        for one, other in zip(found, wanted, strict=True):
            assert np.allclose(one, other, atol=1e-4, rtol=1e-4)


def test_crops_made_on_the_device_give_the_same_embeddings(small, picture, boxes):
    host, device = (
        OSNetReId(str(small), crop=place, normalise=True).embed([picture()], [boxes])[0] for place in ("host", "device")
    )
    seen = host.any(1)
    assert ((host * device).sum(1)[seen] > 0.999).all()


def test_length_1_where_asked_for(small, picture, boxes):
    plain, brought = (OSNetReId(str(small), normalise=each).embed([picture()], [boxes])[0] for each in (False, True))
    seen = plain.any(1)
    lengths = np.linalg.norm(plain[seen], axis=1)
    assert np.ptp(lengths) > 1e-3
    assert np.allclose(np.linalg.norm(brought[seen], axis=1), 1, atol=1e-5)
    assert np.allclose(plain[seen] / lengths[:, None], brought[seen], atol=1e-5)
    assert not brought[~seen].any()


def test_time_is_told(small, picture, boxes):
    reid = OSNetReId(str(small))
    reid.embed([picture()], [boxes])
    before = dict(reid.seconds)
    assert all(value > 0 for value in before.values())
    reid.embed([picture()], [boxes])
    assert all(reid.seconds[name] > value for name, value in before.items())


def test_pixels_that_change_after_an_error_are_looked_at(picture, boxes):
    frame = picture()
    crops = OriginalCrops((8, 4), (0, 0, 0), (1, 1, 1), "rgb", device=torch.device("cpu"), place="device")
    fails = [True]

    def network(batch):
        if fails:
            raise RuntimeError(fails.pop())
        return batch.mean((2, 3))

    embedder = CropEmbedder("reid 'test'", crops, network, embedding_length=3, batch_size=9, normalise=False)
    with pytest.raises(RuntimeError):
        embedder.embed([frame], [boxes])
    frame.image[:] = 7
    (found,) = embedder.embed([frame], [np.array([[10, 20, 60, 140]], np.float32)])
    assert np.allclose(found, 7)


def test_refusals(picture, boxes):
    embedder, _ = mean_colours()
    with pytest.raises(ValueError, match="frame 3 has no image: re-identification looks at pixels"):
        embedder.embed([Frame(3)], [boxes])
    with pytest.raises(ValueError, match=r"boxes must have shape \(n, 4\), got \(2, 5\)"):
        embedder.embed([picture()], [np.zeros((2, 5))])
    with pytest.raises(ValueError, match="boxes: expected those of 1 frames, got those of 2"):
        embedder.embed([picture()], [boxes, boxes])
    broken, _ = mean_colours(infer=lambda crops: crops.mean((2, 3)) * float("nan"), embedding_length=3)
    with pytest.raises(DataError, match="reid 'test': the network answers with what is no number"):
        broken.embed([picture()], [boxes])


def test_shared_among_cores_embeddings_are_the_same(small, picture, boxes):
    context = BuildContext(device="cpu")
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        shared = OSNetReId(str(small), normalise=True, context=context).embed([picture()], [boxes])[0]
        torch.set_num_threads(1)
        alone = OSNetReId(str(small), normalise=True, context=context).embed([picture()], [boxes])[0]
    finally:
        torch.set_num_threads(before)
    assert np.allclose(shared, alone, atol=1e-5)
