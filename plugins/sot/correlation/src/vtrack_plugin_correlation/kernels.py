"""Kernel correlation: how alike a picture is to all shifts of another, at the cost of a few transforms.

Henriques et al., High-Speed Tracking with Kernelized Correlation Filters, PAMI 2015, section 6, from the paper.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.fft

from vtcore.instances import Float32Array

__all__ = ["ComplexArray", "energy", "gaussian_correlation", "linear_correlation", "transformed"]

ComplexArray = npt.NDArray[np.complex64]


def transformed(features: Float32Array) -> ComplexArray:
    """Return the transform of a picture or of each channel, complex64 ``(..., rows, columns // 2 + 1)``."""
    return np.asarray(scipy.fft.rfft2(features), np.complex64)


def energy(spectrum: ComplexArray, columns: int) -> float:
    """Return the sum of squares of what was transformed, by Parseval's theorem.

    Args:
        spectrum: Of `transformed`.
        columns: Of what was transformed.
    """
    power = spectrum.real**2 + spectrum.imag**2
    # All columns but the first, and the last of an even number, stand for two.
    total = 2 * float(power.sum()) - float(power[..., 0].sum())
    if columns % 2 == 0:
        total -= float(power[..., -1].sum())
    return total / float(spectrum.shape[-2] * columns)


def gaussian_correlation(
    first: ComplexArray, second: ComplexArray, columns: int, sigma: float, energies: tuple[float, float]
) -> Float32Array:
    """Return the Gaussian kernel of one picture and every shift of the other.

    Args:
        first: Transform of the one.
        second: Transform of the other.
        columns: Of the pictures.
        sigma: Width of the kernel; raising it takes less alike pictures for alike.
        energies: Of both (`energy`).

    Returns:
        float32 ``(rows, columns)``, 0 to 1.
    """
    rows = first.shape[1]
    cross = _cross(first, second, (rows, columns))
    distance = np.maximum(0, sum(energies) - 2 * cross) / np.float32(first.shape[0] * rows * columns)
    return np.asarray(np.exp(distance / np.float32(-(sigma**2))), np.float32)


def linear_correlation(first: ComplexArray, second: ComplexArray, columns: int) -> Float32Array:
    """Return the scalar product of one picture and every shift of the other, for each number in them.

    Args:
        first: Transform of the one.
        second: Transform of the other.
        columns: Of the pictures.
    """
    rows = first.shape[1]
    cross = _cross(first, second, (rows, columns))
    return np.asarray(cross / np.float32(first.shape[0] * rows * columns), np.float32)


def _cross(first: ComplexArray, second: ComplexArray, shape: tuple[int, int]) -> Float32Array:
    return np.asarray(scipy.fft.irfft2((first * second.conj()).sum(axis=0), shape), np.float32)
