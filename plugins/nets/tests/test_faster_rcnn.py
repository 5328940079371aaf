"""The network as a whole, beside torchvision's where both mean the same."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torchvision.models.detection.backbone_utils import resnet_fpn_backbone
from torchvision.models.detection.faster_rcnn import FasterRCNN as Theirs

from vtcore.components import BuildContext
from vtcore.errors import OptionError
from vtrack_nets.assignment import MaxOverlapAssigner
from vtrack_nets.faster_rcnn import FasterRcnn, Targets
from vtrack_nets.faster_rcnn_names import convert_faster_rcnn, count_classes, resnet_depth
from vtrack_nets.faster_rcnn_running import FasterRcnnRunner
from vtrack_nets.fitting import fit
from vtrack_nets.fpn import FPN
from vtrack_nets.normalisation import Normalizer
from vtrack_nets.resnet import ResNet
from vtrack_nets.roi_head import RoIHead
from vtrack_nets.rpn import RPNHead
from vtrack_nets.sampling import Sampler
from vtrack_nets.training_rules import RpnRules, TwoStageRules

PICTURES = torch.randn(3, 3, 96, 128, generator=torch.Generator().manual_seed(0))


def spread(network: nn.Module) -> nn.Module:
    """Make outputs differ, so that comparisons say something."""
    generator = torch.Generator().manual_seed(5)
    for name, value in network.state_dict().items():
        if "cls" in name or "reg" in name or "bbox_pred" in name:
            value.copy_(torch.randn(value.shape, generator=generator) * (0.3 if value.ndim > 1 else 0.01))
    return network.eval()


def tiny(classes: int = 3, **options: Any) -> FasterRcnn:
    torch.manual_seed(0)
    network = FasterRcnn(
        classes,
        backbone=ResNet(depth=18),
        neck=FPN(out_channels=16),
        roi_head=RoIHead(hidden_features=32),
        **options,
    )
    spread(network)
    return network


@pytest.fixture(scope="module")
def theirs() -> Any:
    torch.manual_seed(0)
    backbone = resnet_fpn_backbone(backbone_name="resnet18", weights=None)
    return spread(Theirs(backbone, num_classes=4))


@pytest.fixture(scope="module")
def ours(theirs: Any) -> FasterRcnn:
    network = FasterRcnn(3, backbone=ResNet(depth=18)).eval()
    report = fit(network, convert_faster_rcnn(dict(theirs.state_dict())))
    assert report.complete
    assert not report.unexpected
    return network


@torch.inference_mode()
def test_maps_proposals_and_second_stage_are_those_of_torchvision(theirs: Any, ours: FasterRcnn) -> None:
    wanted = list(theirs.backbone(PICTURES).values())
    found = ours.extract_features(PICTURES)
    for one, other in zip(found, wanted, strict=True):
        assert torch.allclose(one, other, atol=1e-5)
    for one, other in zip(ours.rpn_head(found), theirs.rpn.head(wanted), strict=True):
        assert all(torch.allclose(each, same, atol=1e-5) for each, same in zip(one, other, strict=True))
    cut = torch.randn(9, 256, 7, 7, generator=torch.Generator().manual_seed(1))
    scores, deltas = ours.roi_head.bbox_head(cut)
    their_scores, their_deltas = theirs.roi_heads.box_predictor(theirs.roi_heads.box_head(cut))
    assert torch.allclose(scores, their_scores.roll(-1, dims=1), atol=1e-5)
    assert torch.allclose(deltas, their_deltas[:, 4:], atol=1e-5)


@torch.inference_mode()
def test_batches_give_what_single_pictures_give() -> None:
    network = tiny()
    together = network(PICTURES)
    for picture, each in zip(PICTURES, together, strict=True):
        (alone,) = network(picture[None])
        assert len(each.boxes) > 5
        assert each.labels.tolist() == alone.labels.tolist()
        assert torch.allclose(each.boxes, alone.boxes, atol=1e-3)
        assert torch.allclose(each.scores, alone.scores, atol=1e-5)
    assert all(torch.equal(one.boxes, other.boxes) for one, other in zip(together, network(PICTURES), strict=True))


@torch.inference_mode()
def test_boxes_are_cut_to_each_picture_or_left() -> None:
    sizes = [(96, 128), (50, 60), (96, 70)]
    for (height, width), found in zip(sizes, tiny()(PICTURES, sizes), strict=True):
        limits = torch.tensor([width, height, width, height])
        assert (found.boxes >= 0).all()
        assert (found.boxes <= limits).all()
    free = tiny(clip_border=False)(PICTURES, sizes)
    assert any((each.boxes < 0).any() for each in free)


@torch.inference_mode()
def test_detections_are_told_in_the_original() -> None:
    network = tiny(max_detections=0)
    plain, divided = network(PICTURES[:1])[0], network(PICTURES[:1], None, torch.full((1, 4), 2.0))[0]
    assert len(plain.boxes) == len(divided.boxes)
    assert torch.allclose(plain.boxes, divided.boxes * 2, atol=1e-3)
    assert len(tiny(max_detections=4)(PICTURES[:1])[0].boxes) == 4
    assert tiny(min_score=1.0)(PICTURES[:1])[0].boxes.shape == (0, 4)


@torch.inference_mode()
def test_given_boxes_are_corrected() -> None:
    network = tiny()
    features = network.extract_features(PICTURES[:2])
    boxes = [torch.tensor([[10.0, 10.0, 50.0, 60.0], [0.0, 0.0, 9.0, 9.0]]), torch.zeros(0, 4)]
    found = network.regress(features, boxes, [(96, 128)] * 2)
    assert [tuple(each.boxes.shape) for each in found] == [(2, 3, 4), (0, 3, 4)]
    assert [tuple(each.scores.shape) for each in found] == [(2, 4), (0, 4)]
    assert torch.allclose(found[0].scores.sum(dim=1), torch.ones(2))
    none = network.detect(features, [torch.zeros(0, 4)] * 2)
    assert [len(each.boxes) for each in none] == [0, 0]


@torch.inference_mode()
def test_one_box_for_all_classes() -> None:
    torch.manual_seed(0)
    head = RoIHead(in_channels=16, num_classes=3, hidden_features=8, class_agnostic=True)
    assert head.bbox_head.fc_reg.out_features == 4
    maps = [torch.randn(1, 16, 32 // scale, 32 // scale) for scale in (1, 2, 4, 8)]
    (found,) = head.regress(maps, [torch.tensor([[0.0, 0.0, 40.0, 40.0]])])
    assert found.boxes.shape == (1, 3, 4)
    assert torch.equal(found.boxes[:, 0], found.boxes[:, 2])


def targets(count: int = 2) -> list[Targets]:
    boxes = torch.tensor([[10.0, 10.0, 50.0, 60.0], [60.0, 20.0, 120.0, 90.0]])[:count]
    return [Targets(boxes, torch.arange(count)), Targets(torch.zeros(0, 4), torch.zeros(0, dtype=torch.int64))]


def test_losses_fall_when_they_are_followed() -> None:
    network = tiny(rules=TwoStageRules.mmtracking(seed=1)).train()
    optimizer = torch.optim.SGD([each for each in network.parameters() if each.requires_grad], 0.002)
    sums = []
    for _ in range(6):
        losses = network.loss(PICTURES[:2], targets())
        assert losses.keys() == {"loss_rpn_cls", "loss_rpn_bbox", "loss_cls", "loss_bbox", "acc"}
        assert losses["loss_rpn_cls"].shape == losses["loss_rpn_bbox"].shape == (5,)
        losses.pop("acc")
        total: Tensor = torch.stack([each.sum() for each in losses.values()]).sum()
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        sums.append(total.item())
    assert sums[-1] < sums[0] * 0.8


def test_nothing_in_a_picture_is_learnt_too() -> None:
    losses = tiny().loss(PICTURES[1:2], targets()[1:])
    assert losses["loss_bbox"].item() == 0
    assert losses["loss_rpn_bbox"].sum().item() == 0
    assert losses["loss_cls"].isfinite()
    sum(each.sum() for each in losses.values()).backward()


def test_the_second_stage_learns_from_as_many_proposals_as_the_rules_say(monkeypatch: pytest.MonkeyPatch) -> None:
    network, counts = tiny(), []
    sample = RoIHead.sample

    def counting(self: RoIHead, proposals: Tensor, *rest: Any) -> Any:
        counts.append(len(proposals))
        return sample(self, proposals, *rest)

    monkeypatch.setattr(RoIHead, "sample", counting)
    for rpn in (RpnRules(), RpnRules(max_proposals=7), RpnRules(nms_pre=1)):
        network.rules = TwoStageRules(rpn=rpn)
        network.loss(PICTURES[:1], targets()[:1])
    # Suppression leaves few of those that lie in 96 x 128; of one anchor for each map at most one.
    assert counts[0] > 100
    assert counts[1] == 7
    assert 1 <= counts[2] <= 5
    features = network.extract_features(PICTURES[:1])
    heads = network.rpn_head(features)
    few, usual, every = (
        network.rpn_head.propose(*heads, rules=rules)[0]
        for rules in (
            RpnRules(nms_pre=1000, max_proposals=9999),
            RpnRules(max_proposals=9999),
            RpnRules(nms_pre=2000, max_proposals=9999),
        )
    )
    assert len(few.boxes) < len(usual.boxes)
    assert torch.equal(usual.boxes, every.boxes)


def test_what_is_drawn_follows_from_the_seed() -> None:
    one, other, third = (
        tiny(rules=TwoStageRules.mmtracking(seed=seed)).loss(PICTURES[:2], targets())["loss_rpn_cls"]
        for seed in (1, 1, 2)
    )
    assert torch.equal(one, other)
    assert not torch.equal(one, third)


def test_ignored_regions_and_anchors_beyond_the_picture_count_nothing() -> None:
    rules = partial(RpnRules, sampler=Sampler())
    network = tiny(rules=TwoStageRules(rpn=rules(assigner=MaxOverlapAssigner(ignore=0.5))))
    (target, _) = targets()
    plain = network.loss(PICTURES[:1], [target])["loss_rpn_cls"]
    hidden = Targets(target.boxes, target.labels, torch.tensor([[0.0, 0.0, 128.0, 20.0]]))
    assert not torch.equal(network.loss(PICTURES[:1], [hidden])["loss_rpn_cls"], plain)
    network.rules = TwoStageRules(rpn=rules(allowed_border=0))
    inside = network.loss(PICTURES[:1], [target])["loss_rpn_cls"]
    # No anchor of the coarsest map, of 512 pixels, lies within 96 x 128.
    assert inside[4].item() == 0
    assert plain[4].item() > 0


class Striped(nn.Module):
    """A backbone of a stranger, that says nothing of its channels."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Conv2d(3, 4 + stride, stride, stride) for stride in (4, 8, 16, 32))

    def forward(self, images: Tensor) -> list[Tensor]:
        return [layer(images) for layer in self.layers]


@torch.inference_mode()
def test_any_backbone_will_do() -> None:
    network = FasterRcnn(2, backbone=Striped(), neck=FPN(out_channels=8), roi_head=RoIHead(hidden_features=8)).eval()
    assert network.state_dict()["neck.lateral_convs.3.conv.weight"].shape == (8, 36, 1, 1)
    assert len(network(PICTURES)) == 3


def test_parts_that_do_not_fit_are_refused() -> None:
    with pytest.raises(OptionError, match=r"rpn: expects 5 maps of 16 channels, .* got maps of \[16, 16, 16, 16\]"):
        FasterRcnn(1, backbone=ResNet(depth=18), neck=FPN(out_channels=16, levels=4))
    with pytest.raises(OptionError, match=r"rpn: expects 5 maps of 8 channels"):
        FasterRcnn(1, backbone=ResNet(depth=18), neck=FPN(out_channels=16), rpn_head=RPNHead(in_channels=8))
    with pytest.raises(OptionError, match=r"roi_head: expects 4 maps of 8 channels"):
        FasterRcnn(1, backbone=ResNet(depth=18), neck=FPN(out_channels=16), roi_head=RoIHead(in_channels=8))
    with pytest.raises(OptionError, match=r"roi_head: num_classes: must be 2, got 3"):
        FasterRcnn(3, backbone=ResNet(depth=18), neck=FPN(out_channels=16), roi_head=RoIHead(num_classes=2))
    with pytest.raises(OptionError, match=r"roi_head: num_classes: must be at least 1, got 0"):
        FasterRcnn(0, backbone=ResNet(depth=18), neck=FPN(out_channels=16))


def test_heads_for_other_strides_than_the_backbone_has_are_refused() -> None:
    with pytest.raises(OptionError, match=r"rpn: strides: the pyramid is built on maps of strides \[8, 16, 32\], got"):
        FasterRcnn(1, backbone=ResNet(depth=18), neck=FPN(start_level=1, out_channels=8))
    dilated = ResNet(depth=18, strides=(1, 2, 2, 1), dilations=(1, 1, 1, 2))
    rpn, head = RPNHead(strides=(4, 8, 16, 16, 32)), RoIHead(strides=(4, 8, 16, 16), hidden_features=8)
    assert FasterRcnn(1, backbone=dilated, neck=FPN(out_channels=8), rpn_head=rpn, roi_head=head).rpn_head is rpn
    assert FasterRcnn(1, backbone=Striped(), neck=FPN(out_channels=8)).neck.start_level == 0


@pytest.mark.parametrize("name", ["strides", "scales", "ratios"])
def test_heads_need_maps_and_anchors(name: str) -> None:
    empty: dict[str, Any] = {name: ()}
    with pytest.raises(ValueError, match=f"^{name}: must name at least one, got none"):
        RPNHead(**empty)
    with pytest.raises(ValueError, match=r"^strides: must name at least one, got none"):
        RoIHead(strides=())


def test_names_of_mmtracking_lose_their_prefix_and_ours_stay() -> None:
    state = dict(tiny().state_dict())
    tracker = {f"detector.{name}": value for name, value in state.items()}
    found = convert_faster_rcnn(
        tracker | {"reid.backbone.conv1.weight": torch.zeros(1), "track_head.x": torch.zeros(1)}
    )
    assert found.keys() == state.keys()
    assert convert_faster_rcnn(state) is state
    assert (count_classes(state), resnet_depth(state)) == (3, 18)
    assert (count_classes({}), resnet_depth({})) == (0, 0)


def test_older_names_of_torchvision(theirs: Any, ours: FasterRcnn) -> None:
    older = {
        name.replace("rpn.head.conv.0.0.", "rpn.head.conv.").replace("_blocks.0.0.", "_blocks.0."): value
        for name, value in theirs.state_dict().items()
    }
    assert len({*older} - {*theirs.state_dict()}) == 6
    found, wanted = convert_faster_rcnn(older), ours.state_dict()
    assert found.keys() == {name for name in wanted if not name.endswith("num_batches_tracked")}
    assert all(torch.equal(value, wanted[name]) for name, value in found.items())
    again = convert_faster_rcnn(found)
    assert all(torch.equal(value, wanted[name]) for name, value in again.items())


def test_pictures_are_normalised_and_padding_is_zero() -> None:
    batch = torch.randint(0, 256, (2, 6, 8, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    mean, std = (1.0, 2.0, 3.0), (2.0, 4.0, 5.0)
    found = Normalizer(mean, std)(batch, [(6, 8), (4, 5)])
    red = (batch[0, :, :, 2].float() - 1) / 2
    assert torch.equal(found[0, 0], red)
    assert found[1, :, 4:].abs().sum() == found[1, :, :, 5:].abs().sum() == 0
    assert found[1, :, :4, :5].abs().sum() > 0
    assert torch.equal(Normalizer(mean, std, channel_order="bgr")(batch)[0, 0], (batch[0, :, :, 0].float() - 1) / 2)
    assert found.is_contiguous()


@pytest.mark.parametrize("options", [{}, {"dtype": "bfloat16"}, {"channels_last": True}])
def test_parts_run_one_by_one_as_the_run_says(options: dict[str, Any]) -> None:
    network = tiny()
    with torch.inference_mode():
        wanted = network(PICTURES[:2])
    runner = FasterRcnnRunner(network, BuildContext(device="cpu", **options), name="network 'tiny'")
    features = runner.features(PICTURES[:2])
    sizes, factors = torch.tensor([[96, 128]] * 2), torch.ones(2, 4)
    found = runner.detect(features, sizes, factors)
    boxes = [torch.tensor([[10.0, 10.0, 50.0, 60.0]])] * 2
    regressed = runner.regress(features, boxes, sizes)
    assert all(each.dtype == torch.float32 for each in (*features, found[0].boxes, regressed[0].boxes))
    if "dtype" not in options:
        assert all(torch.allclose(a.boxes, b.boxes, atol=1e-2) for a, b in zip(found, wanted, strict=True))
    assert [each.boxes.shape for each in regressed] == [(1, 3, 4)] * 2
