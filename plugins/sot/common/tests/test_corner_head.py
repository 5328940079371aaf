from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from torch import nn  # noqa: E402

from vtrack_common_sot.corner_head import CornerHead, soft_argmax  # noqa: E402
from vtrack_common_sot.folding import fold_norm, fold_norms  # noqa: E402
from vtrack_common_sot.packed_convolution import PackedPointwise, pack_pointwise  # noqa: E402


def _restless(module):
    """Give norms numbers that are not trivial."""
    torch.manual_seed(0)
    for each in module.modules():
        if isinstance(each, nn.BatchNorm2d):
            nn.init.uniform_(each.weight, 0.5, 1.5)
            nn.init.normal_(each.bias)
            nn.init.normal_(each.running_mean)
            nn.init.uniform_(each.running_var, 0.5, 2)
    return module.eval()


def test_a_sharp_peak_is_where_it_is():
    scores = torch.full((2, 4, 6), -100.0)
    scores[0, 3, 1] = scores[1, 0, 5] = 100.0
    places, probabilities = soft_argmax(scores, stride=16)
    assert places.tolist() == [[16, 48], [80, 0]]
    assert probabilities.shape == (2, 24)
    assert probabilities.argmax(dim=1).tolist() == [3 * 6 + 1, 5]


def test_an_offset_moves_places_within_their_cells():
    scores = torch.randn(3, 5, 5)
    first, middle = (soft_argmax(scores, stride=8, offset=offset)[0] for offset in (0.0, 0.5))
    torch.testing.assert_close(middle - first, torch.full((3, 2), 4.0))


def test_equal_scores_lie_in_the_middle():
    places, _ = soft_argmax(torch.zeros(1, 5, 5), stride=10)
    torch.testing.assert_close(places, torch.tensor([[20.0, 20.0]]))


def test_boxes_are_shares_of_the_edge():
    head = _restless(CornerHead(8, 16, stride=16))
    features = torch.randn(3, 8, 6, 6)
    corners = head(features)
    maps = head.scores(features)
    for corner, probabilities in enumerate((corners.top_left, corners.bottom_right)):
        torch.testing.assert_close(probabilities, maps[:, corner].flatten(1).softmax(dim=1))
        columns = torch.arange(6.0).repeat(6) / 6
        torch.testing.assert_close(corners.boxes[:, 2 * corner], (probabilities * columns).sum(dim=1))


def test_folded_norms_change_nothing_but_rounding():
    head = _restless(CornerHead(8, 16))
    features = torch.randn(2, 8, 5, 5)
    with torch.no_grad():
        before = head(features)
        after = head.fuse()(features)
        again = head.fuse()(features)
    assert not any(isinstance(each, nn.BatchNorm2d) for each in head.modules())
    for one, other, third in zip(before, after, again, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)
        assert torch.equal(other, third)


@pytest.mark.parametrize("options", [{}, {"bias": False}, {"stride": 2, "groups": 2}, {"dilation": 2, "padding": 2}])
def test_a_convolution_takes_its_norm_in(options):
    convolution, norm = _restless(nn.Sequential(nn.Conv2d(4, 6, 3, **options), nn.BatchNorm2d(6)))
    picture = torch.randn(2, 4, 9, 9)
    folded = fold_norm(convolution, norm)
    torch.testing.assert_close(folded(picture), norm(convolution(picture)), rtol=1e-5, atol=1e-5)
    assert not folded.weight.requires_grad


def test_only_convolutions_with_a_norm_right_behind_them_are_folded():
    inside = nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU(), nn.BatchNorm2d(4), nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4))
    network = _restless(nn.Sequential(nn.BatchNorm2d(3), inside, nn.BatchNorm2d(4)))
    picture = torch.randn(2, 3, 9, 9)
    with torch.no_grad():
        before = network(picture)
        fold_norms(network)
        torch.testing.assert_close(network(picture), before, rtol=1e-5, atol=1e-5)
    norms = [name for name, module in network.named_modules() if isinstance(module, nn.BatchNorm2d)]
    assert norms == ["0", "1.2", "2"]


@pytest.mark.parametrize("stride", [1, 2])
def test_a_packed_convolution_answers_the_same(stride):
    network = nn.Sequential(nn.Conv2d(64, 96, 1, stride=stride), nn.ReLU(), nn.Conv2d(96, 64, 3)).eval()
    maps = torch.randn(2, 64, 9, 9).contiguous(memory_format=torch.channels_last)
    with torch.no_grad():
        before = network(maps)
        replaced = pack_pointwise(network)
        after = network(maps)
    assert isinstance(network[0], PackedPointwise) is bool(replaced)
    assert isinstance(network[2], nn.Conv2d)
    torch.testing.assert_close(after, before, rtol=1e-4, atol=1e-4)


def test_what_is_no_plain_convolution_of_one_place_is_left_alone():
    network = nn.Sequential(nn.Conv2d(64, 64, 1, groups=2), nn.Conv2d(64, 64, 1, padding=1), nn.Conv2d(64, 64, 3))
    assert pack_pointwise(network) == 0
