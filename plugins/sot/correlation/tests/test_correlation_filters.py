from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vtrack_plugin_correlation.kernels import energy, gaussian_correlation, linear_correlation, transformed
from vtrack_plugin_correlation.mosse import score_of_ratio
from vtrack_plugin_correlation.responses import gaussian_label, label_spectrum, peak_place, peak_to_sidelobe
from vtrack_plugin_correlation.scale_filter import ScaleFilter
from vtrack_plugin_correlation.windows import bounded, model_size

SHAPES = [(6, 8), (7, 9), (5, 10)]


def features(seed: int, shape: tuple[int, int]) -> Any:
    return np.random.default_rng(seed).normal(size=(3, *shape)).astype(np.float32)


@pytest.mark.parametrize("shape", SHAPES)
def test_kernels_of_all_shifts_are_those_of_each(shape: tuple[int, int]) -> None:
    one, other = features(0, shape), features(1, shape)
    spectra = transformed(one), transformed(other)
    energies = energy(spectra[0], shape[1]), energy(spectra[1], shape[1])
    assert energies == pytest.approx(((one**2).sum(), (other**2).sum()), rel=1e-5)
    gaussian = gaussian_correlation(*spectra, shape[1], 0.7, energies)
    linear = linear_correlation(*spectra, shape[1])
    for row in range(shape[0]):
        for column in range(shape[1]):
            moved = np.roll(other, (row, column), axis=(1, 2))
            distance = ((one - moved) ** 2).sum() / one.size
            assert gaussian[row, column] == pytest.approx(np.exp(-distance / 0.49), rel=1e-4)
            assert linear[row, column] == pytest.approx((one * moved).sum() / one.size, abs=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_label_has_its_top_first(shape: tuple[int, int]) -> None:
    label = gaussian_label(*shape, 1.5)
    assert label[0, 0] == 1 == label.max()
    assert label[1, 0] == pytest.approx(label[-1, 0]) == pytest.approx(np.exp(-0.5 / 1.5**2))
    np.testing.assert_allclose(np.fft.rfft2(label), label_spectrum(*shape, 1.5), atol=1e-5)


@pytest.mark.parametrize("place", [(0.0, 0.0), (3.3, -2.4), (-4.45, 1.5), (0.25, 4.9)])
def test_a_peak_is_found_between_places(place: tuple[float, float]) -> None:
    # The shorter way round.
    rows, columns = ((np.arange(n) - at + n / 2) % n - n / 2 for n, at in ((12, place[1]), (14, place[0])))
    response = np.exp(-(rows[:, None] ** 2 + columns**2) / 8).astype(np.float32)
    found, top = peak_place(response)
    assert found == pytest.approx(place, abs=0.03)
    assert 0.9 < top <= 1


def test_a_flat_response_has_its_peak_at_the_first_place() -> None:
    found, top = peak_place(np.zeros((6, 5), np.float32))
    assert (found.tolist(), top) == ([0, 0], 0)


def test_the_peak_is_measured_against_what_is_around() -> None:
    response = np.random.default_rng(0).normal(0, 0.1, (40, 40)).astype(np.float32)
    response[2, 38] = 3
    # Eleven times eleven places around the peak do not count, over the edge neither.
    response[:8, 33:] = np.where(response[:8, 33:] == 3, 3, 2.5)
    response[:8, :4] = 2.5
    response[-3:, 33:], response[-3:, :4] = 2.5, 2.5
    rest = np.ones((40, 40), bool)
    rest[:8, 33:] = rest[:8, :4] = rest[-3:, 33:] = rest[-3:, :4] = False
    expected = (3 - response[rest].mean()) / response[rest].std()
    assert peak_to_sidelobe(response) == pytest.approx(expected, rel=1e-4)
    assert expected > 25


def test_ratios_that_are_none() -> None:
    assert peak_to_sidelobe(np.zeros((30, 30), np.float32)) == 0
    assert peak_to_sidelobe(np.eye(6, dtype=np.float32)) == 0
    assert [round(score_of_ratio(ratio), 2) for ratio in (-3.0, 0.0, 7.0, 20.0, 1e9)] == [0, 0, 0.5, 0.74, 1]


@pytest.mark.parametrize("growth", [0.88, 0.95, 1.0, 1.06, 1.15])
def test_sizes_are_found(growth: float, frame: Any, target: Any) -> None:
    """What was seen at one size is found at another."""
    first, second = frame(1), frame(1, growth=growth)
    box = target(1, 0).ltwh[0]
    finder = ScaleFilter(count=17, step=1.03, learning_rate=0.025)
    model = finder.train(first.image, box[:2] + box[2:] / 2, box[2:])
    there = target(1, 0, growth=growth).ltwh[0]
    found = finder.find(second.image, there[:2] + there[2:] / 2, box[2:], model)
    assert found == pytest.approx(growth, abs=0.025)


def test_a_model_of_sizes_is_a_mean() -> None:
    image = np.random.default_rng(0).integers(0, 256, (100, 100, 3), dtype=np.uint8)
    centre, size = np.array((50.0, 50.0)), np.array((30.0, 30.0))
    still, moving = (ScaleFilter(count=5, step=1.1, learning_rate=rate) for rate in (0.0, 1.0))
    model = still.train(image, centre, size)
    np.testing.assert_array_equal(still.train(image, centre + 9, size, model).numerator, model.numerator)
    np.testing.assert_array_equal(
        moving.train(image, centre + 9, size, model).denominator, moving.train(image, centre + 9, size).denominator
    )


def test_sizes_of_pictures() -> None:
    assert model_size(np.array((250.0, 250.0)), 96, 4) == (24, 24)
    assert model_size(np.array((400.0, 100.0)), 96, 4) == (12, 48)
    assert model_size(np.array((1e5, 0.01)), 64) == (4, 1024)


def test_bounds() -> None:
    start = np.array((40.0, 20.0))
    centre, size = bounded(np.array((-9.0, 500.0)), start * 9, start, (100, 200, 3))
    assert (centre.tolist(), size.tolist()) == ([0, 100], [200, 100])
    assert bounded(centre, start * 1e-6, start, (100, 200))[1].tolist() == [4, 2]
    assert bounded(centre, start, start, (8, 8))[1].tolist() == [40, 20]
