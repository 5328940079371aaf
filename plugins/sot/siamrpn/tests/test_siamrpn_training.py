from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from vtrack_plugin_siamrpn import AnchorTargets, SiamRpnLoss
from vtrack_plugin_siamrpn.losses import select_cross_entropy_loss

BOX = (80.0, 90.0, 170.0, 160.0)


def overlap(first: Any, second: Any) -> float:
    wide = max(0.0, min(first[2], second[2]) - max(first[0], second[0]))
    high = max(0.0, min(first[3], second[3]) - max(first[1], second[1]))
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (first, second)]
    return wide * high / (sum(areas) - wide * high)


def test_targets_follow_from_overlaps() -> None:
    anchors = AnchorTargets()
    found = anchors(BOX)
    assert found.labels.dtype == np.int64
    for anchor, row, column in np.ndindex(5, 25, 25):
        expected = overlap(anchors.corners[:, anchor, row, column].astype(float), BOX)
        assert found.overlaps[anchor, row, column] == pytest.approx(expected, abs=1e-6)
        label = 1 if expected > 0.6 else 0 if expected < 0.3 else -1
        assert found.labels[anchor, row, column] == label
    on = found.labels == 1
    assert on.sum() == 7
    np.testing.assert_allclose(found.weights[on], 1 / 7, rtol=1e-6)
    assert (found.weights[~on] == 0).all()
    cx, cy, width, height = anchors.centres[:, 2, 10, 11]
    expected = [(125 - cx) / width, (125 - cy) / height, math.log(90 / width), math.log(70 / height)]
    np.testing.assert_allclose(found.deltas[:, 2, 10, 11], expected, rtol=1e-6, atol=1e-7)


def test_as_many_are_drawn_as_asked_for() -> None:
    anchors = AnchorTargets(high_overlap=0.4, positives=8, total=24)
    everything = anchors(BOX)
    drawn = anchors(BOX, random=np.random.default_rng(5))
    assert (drawn.labels == 1).sum() == 8
    assert (drawn.labels == 0).sum() == 16
    assert (everything.labels[drawn.labels >= 0] == drawn.labels[drawn.labels >= 0]).all()
    np.testing.assert_allclose(drawn.weights[drawn.labels == 1], 1 / 8, rtol=1e-6)
    again = anchors(BOX, random=np.random.default_rng(5))
    assert (again.labels == drawn.labels).all()
    assert (anchors(BOX, random=np.random.default_rng(6)).labels != drawn.labels).any()


def test_drawing_is_that_of_the_original() -> None:
    """As pysot draws: the positions on the target are shuffled first, then those beside it."""
    anchors = AnchorTargets(high_overlap=0.4)
    everything, drawn = anchors(BOX), anchors(BOX, random=np.random.RandomState(9))
    state, expected = np.random.RandomState(9), np.full(everything.labels.shape, -1)
    for label, most in ((1, 16), (0, 48)):
        cells = np.nonzero(everything.labels == label)
        order = np.arange(len(cells[0]))
        state.shuffle(order)
        expected[tuple(axis[order[:most]] for axis in cells)] = label
    assert (drawn.labels == expected).all()


def test_wrong_pair_learns_around_where_the_other_thing_is() -> None:
    found = AnchorTargets()(BOX, wrong_pair=True)
    rows, columns = np.nonzero((found.labels == 0).any(axis=0))
    # ceil((125 - 127) / 8 + 0.5) = 1 cell beyond the middle, and three to each side.
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (10, 16, 10, 16)
    assert (found.labels != 1).all()
    assert not found.weights.any()
    assert not found.deltas.any()
    drawn = AnchorTargets()(BOX, wrong_pair=True, random=np.random.default_rng(0))
    assert (drawn.labels == 0).sum() == 16
    rows, columns = np.nonzero((AnchorTargets()((205, 225, 225, 245), wrong_pair=True).labels == 0).any(axis=0))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (23, 24, 21, 24)
    assert (AnchorTargets()((-300, 90, -280, 160), wrong_pair=True).labels == -1).all()


def test_losses_are_their_formulas() -> None:
    generator = torch.Generator().manual_seed(0)
    scores, boxes = (torch.randn(2, count * 3, 4, 4, generator=generator).requires_grad_() for count in (2, 4))
    labels = torch.randint(-1, 2, (2, 3, 4, 4), generator=generator)
    deltas, weights = torch.randn(2, 4, 3, 4, 4, generator=generator), torch.rand(2, 3, 4, 4, generator=generator)
    found = SiamRpnLoss(2.0, 0.5)(scores, boxes, labels, deltas, weights)
    terms: dict[int, list[float]] = {0: [], 1: []}
    distance = 0.0
    raw, shifts = scores.detach().numpy().astype(float), boxes.detach().numpy().astype(float)
    for place in np.ndindex(2, 3, 4, 4):
        picture, anchor, row, column = place
        both = raw[picture, [anchor, 3 + anchor], row, column].tolist()
        label = int(labels[place])
        if label >= 0:
            terms[label].append(math.log(sum(map(math.exp, both))) - both[label])
        off = [
            abs(shifts[picture, part * 3 + anchor, row, column] - float(deltas[picture, part, anchor, row, column]))
            for part in range(4)
        ]
        distance += float(weights[place]) * sum(off)
    classification = 0.5 * sum(sum(each) / len(each) for each in terms.values())
    assert found.classification.item() == pytest.approx(classification, rel=1e-5)
    assert found.localisation.item() == pytest.approx(distance / 2, rel=1e-5)
    assert found.total.item() == pytest.approx(2 * classification + 0.25 * distance, rel=1e-5)
    found.total.backward()
    assert scores.grad is not None
    assert scores.grad.abs().sum() > 0


@pytest.mark.parametrize("positives", [0, 1])
def test_classes_without_company_do_not_count(positives: int) -> None:
    chances = torch.log_softmax(torch.randn(6, 2, generator=torch.Generator().manual_seed(0)), 1).requires_grad_()
    labels = torch.tensor([1] * positives + [0] * 3 + [-1] * (3 - positives))
    beside = chances[positives : positives + 3, 0]
    torch.testing.assert_close(select_cross_entropy_loss(chances, labels), -0.5 * beside.mean())
    nothing = select_cross_entropy_loss(chances, torch.full((6,), -1))
    nothing.backward()
    assert nothing.item() == 0
    assert chances.grad is not None


def test_gradients_reach_every_weight(make_network: Any) -> None:
    network = make_network("resnet18").requires_grad_(requires_grad=True).train()
    images = torch.rand(2, 3, 207, 207, generator=torch.Generator().manual_seed(3)) * 255
    anchors = AnchorTargets(search_size=207, output_size=19)
    targets = [
        anchors(box, wrong_pair=wrong) for box, wrong in (((60, 70, 140, 130), False), ((80, 60, 120, 120), True))
    ]
    labels, deltas, weights, _ = (torch.from_numpy(np.stack(parts)) for parts in zip(*targets, strict=True))
    maps = network(images, *network.template(images[:, :, 40:167, 40:167]))
    SiamRpnLoss()(*maps, labels, deltas, weights).total.backward()
    assert [
        name for name, each in network.named_parameters() if each.grad is None or not each.grad.isfinite().all()
    ] == []
