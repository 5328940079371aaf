from __future__ import annotations

import pytest
import torch
from torch.nn import functional
from torchvision.ops import generalized_box_iou

from vtrack_plugin_stark.losses import localisation_loss, score_loss


def _corners(boxes):
    return torch.cat((boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2), dim=1)


def _case():
    torch.manual_seed(0)
    found = torch.rand(6, 4) * 0.4 + torch.tensor([0.3, 0.3, 0.1, 0.1])
    annotations = torch.rand(6, 4) * 0.3 + 0.2
    return found.requires_grad_(), annotations


def test_the_loss_is_the_weighted_sum_of_overlaps_and_differences():
    found, annotations = _case()
    loss = localisation_loss(found[:, None], annotations)
    wanted = torch.cat((annotations[:, :2], annotations[:, :2] + annotations[:, 2:]), dim=1)
    giou = (1 - generalized_box_iou(_corners(found), wanted).diagonal()).mean()
    l1 = (_corners(found) - wanted).abs().mean()
    torch.testing.assert_close(loss.giou, giou)
    torch.testing.assert_close(loss.l1, l1)
    torch.testing.assert_close(loss.total, 2 * giou + 5 * l1)
    gradients = [torch.autograd.grad(each, found, retain_graph=True)[0] for each in (loss.total, 2 * giou + 5 * l1)]
    assert gradients[0].abs().sum() > 0
    torch.testing.assert_close(*gradients)
    assert 0 < loss.overlap < 1
    assert not loss.overlap.requires_grad


def test_every_query_learns_from_the_same_annotation():
    found, annotations = _case()
    doubled = torch.stack((found, found), dim=1)
    torch.testing.assert_close(
        localisation_loss(doubled, annotations).total, localisation_loss(found[:, None], annotations).total
    )


def test_annotations_are_cut_off_at_the_search_region():
    found, _ = _case()
    wide, cut = (torch.tensor([each] * 6) for each in ([-0.5, 0.2, 2.0, 0.4], [0.0, 0.2, 1.0, 0.4]))
    assert localisation_loss(found[:, None], wide).total == localisation_loss(found[:, None], cut).total


def test_a_box_the_wrong_way_round_leaves_the_overlaps_out():
    found, annotations = _case()
    turned = found * torch.tensor([1.0, 1.0, -1.0, 1.0])
    loss = localisation_loss(turned[:, None], annotations)
    assert loss.giou == 0
    assert loss.overlap == 0
    assert loss.total == 5 * loss.l1


def test_boxes_that_are_no_numbers_are_refused():
    with pytest.raises(ValueError, match="nan: training has failed; lower the learning rate"):
        localisation_loss(torch.full((1, 1, 4), torch.nan), torch.zeros(1, 4))


def test_the_score_learns_by_cross_entropy():
    logits = torch.tensor([[[2.0]], [[-1.0]], [[0.5]]], requires_grad=True)
    labels = torch.tensor([1, 0, 0])
    loss = score_loss(logits, labels)
    shares = logits.detach().flatten().sigmoid()
    torch.testing.assert_close(loss.detach(), functional.binary_cross_entropy(shares, labels.float()))
    loss.backward()
    torch.testing.assert_close(logits.grad.flatten(), (shares - labels) / 3)
