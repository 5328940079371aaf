from __future__ import annotations

import numpy as np

from vtrack_common_sot.windows import hann_window, outer_window


def test_windows_with_zeros_at_the_ends_and_beyond() -> None:
    assert hann_window(5, zero_ends=True).tolist() == [0, 0.5, 1, 0.5, 0]
    np.testing.assert_allclose(hann_window(3), [0.5, 1, 0.5], atol=1e-7)
    assert hann_window(16).dtype == np.float32


def test_windows_in_two_dimensions() -> None:
    window = outer_window(3, 5)
    assert window.shape == (3, 5)
    np.testing.assert_allclose(window[1], hann_window(5))
    np.testing.assert_allclose(window[:, 2], hann_window(3))
