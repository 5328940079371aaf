from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from vtrack_plugin_yolox import Yolox, YoloxLayout, YoloxLoss
from vtrack_plugin_yolox.decoding import decoded_boxes, places
from vtrack_plugin_yolox.simota import VARIANTS, assign, class_costs, overlaps

SIZES = [(8, 12), (4, 6), (2, 3)]
COUNT = 96 + 24 + 6


def raw(seed: int = 0, classes: int = 3, pictures: int = 2) -> torch.Tensor:
    torch.manual_seed(seed)
    return torch.randn(pictures, COUNT, 5 + classes) * 0.5


def labels(*rows: tuple[float, ...], most: int = 4) -> torch.Tensor:
    filled = torch.zeros(most, len(rows[0]) if rows else 5)
    if rows:
        filled[: len(rows)] = torch.tensor(rows)
    return filled


def test_class_costs_are_cross_entropies_of_every_class() -> None:
    torch.manual_seed(0)
    classes, objectness, wanted = torch.randn(20, 5), torch.randn(20, 1), torch.tensor([3, 0, 3])
    scores = (classes.sigmoid() * objectness.sigmoid()).sqrt()
    plain = functional.binary_cross_entropy(
        scores[None].expand(3, -1, -1),
        functional.one_hot(wanted, 5).float()[:, None].expand(-1, 20, -1),
        reduction="none",
    ).sum(dim=2)
    torch.testing.assert_close(class_costs(classes, objectness, wanted), plain)


def test_overlaps_of_centres_and_sizes() -> None:
    boxes = torch.tensor([[5.0, 5, 10, 10], [10, 5, 10, 10], [50, 50, 4, 4]])
    torch.testing.assert_close(overlaps(boxes, boxes), torch.tensor([[1, 1 / 3, 0], [1 / 3, 1, 0], [0, 0, 1]]))


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_place_learns_one_object(variant: str) -> None:
    given = raw()
    at = places(SIZES)
    objects = torch.tensor([[40.0, 30, 30, 40], [44, 32, 28, 36], [80, 50, 20, 20]])
    found = assign(
        decoded_boxes(given, at)[0],
        given[0, :, 4:5],
        given[0, :, 5:],
        at,
        objects,
        torch.tensor([0, 1, 2]),
        (64, 96),
        VARIANTS[variant],
    )
    assert len(set(found.places.tolist())) == len(found.places)
    assert found.places.tolist() == sorted(found.places.tolist())
    assert set(found.objects.tolist()) == {0, 1, 2}
    boxes = decoded_boxes(given, at)[0][found.places]
    torch.testing.assert_close(found.overlaps, overlaps(objects, boxes)[found.objects, torch.arange(len(boxes))])


def test_variants_differ_for_a_centre_beyond_the_picture() -> None:
    rows = labels((0.0, 110, 30, 60, 40))[None]
    found = {name: YoloxLoss(variant=name).of_places(raw(pictures=1), rows, SIZES) for name in VARIANTS}
    assert len(found["bytetrack"].assignments[0].places) > 0
    # Only the coarsest places reach so far.
    assert all(place >= 96 for place in found["megvii"].assignments[0].places.tolist())


def test_an_object_that_no_place_is_near_is_nobodys() -> None:
    rows = labels((0.0, 500, 500, 10, 10))[None]
    found = YoloxLoss(variant="megvii").of_places(raw(pictures=1), rows, SIZES)
    assert len(found.assignments[0].places) == 0
    assert float(found.total) == pytest.approx(float(found.objectness))


@pytest.mark.parametrize("l1", [False, True])
def test_pictures_without_objects_learn_that_nothing_is_there(l1: bool) -> None:
    given = raw().requires_grad_()
    empty = torch.stack((labels(), labels()))
    found = YoloxLoss(l1=l1).of_places(given, empty, SIZES)
    found.total.backward()
    assert [float(each.detach()) for each in (found.box, found.classes, found.l1)] == [0, 0, 0]
    wanted = functional.binary_cross_entropy_with_logits(
        given[..., 4], torch.zeros_like(given[..., 4]), reduction="sum"
    )
    torch.testing.assert_close(found.total, wanted)
    # As published, where nothing counts less than one.
    assert found.positives == 1
    assert torch.isfinite(given.grad).all()


def test_identities_in_the_labels_do_not_count() -> None:
    plain = torch.stack((labels((1.0, 40, 30, 30, 40)), labels()))
    numbered = torch.cat((plain, torch.full((2, 4, 1), 7.0)), dim=2)
    first = YoloxLoss(variant="bytetrack").of_places(raw(), plain, SIZES)
    second = YoloxLoss(variant="bytetrack").of_places(raw(), numbered, SIZES)
    torch.testing.assert_close(first.total, second.total)


def test_training_lowers_the_loss() -> None:
    torch.manual_seed(0)
    network = Yolox(YoloxLayout(8, 1, depthwise=False, classes=2)).train()
    images = torch.randn(2, 3, 64, 96)
    wanted = torch.stack((labels((0.0, 40, 30, 30, 40)), labels((1.0, 60, 40, 20, 20), (0.0, 20, 20, 16, 24))))
    criterion = YoloxLoss(l1=True)
    optimiser = torch.optim.Adam(network.parameters(), lr=0.003)
    losses = []
    for _ in range(60):
        found = criterion(network.raw(images), wanted)
        optimiser.zero_grad()
        found.total.backward()
        optimiser.step()
        losses.append(float(found.total.detach()))
    assert losses[-1] < 0.6 * losses[0]


def test_unknown_variants_are_refused() -> None:
    with pytest.raises(ValueError, match="variant: must be one of 'bytetrack', 'megvii', got 'mmdet'"):
        YoloxLoss(variant="mmdet")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((3.0, 40, 30, 30, 40), "labels: the network has the classes 0 to 2, got 3"),
        ((-1.0, 40, 30, 30, 40), "classes 0 to 2, got -1"),
        ((40.0, 30, 30, 40), r"labels: must be \(2 pictures, objects, 5 or more\), got \(2, 4, 4\)"),
    ],
)
def test_labels_that_cannot_be_are_refused(row: tuple[float, ...], message: str) -> None:
    given = torch.stack((labels(row), torch.zeros(4, len(row))))
    with pytest.raises(ValueError, match=message):
        YoloxLoss().of_places(raw(), given, SIZES)


def test_labels_of_another_number_of_pictures_are_refused() -> None:
    with pytest.raises(ValueError, match=r"labels: must be \(2 pictures, objects, 5 or more\), got \(1, 4, 5\)"):
        YoloxLoss().of_places(raw(), labels((1.0, 40, 30, 30, 40))[None], SIZES)


def test_rows_that_fill_up_may_be_negative() -> None:
    given = torch.stack([labels((1.0, 40, 30, 30, 40))] * 2)
    negative = torch.where(given == 0, -torch.ones(()), given)
    negative[:, 0] = given[:, 0]
    assert YoloxLoss().of_places(raw(), negative, SIZES).total == YoloxLoss().of_places(raw(), given, SIZES).total
