"""The options of every component with weights, and what its config says of them. Light: no torch.

::

    @attrs.frozen(kw_only=True)
    class MyDetectorConfig:
        weights: str = weights_option()
        weights_sha256: str = sha256_option()

        def check(self) -> Iterator[str]:
            yield from weights_problems(self)

        def files(self) -> Iterator[str]:
            yield from weight_files(self)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Protocol

import attrs

from vtcore.options import option
from vtrack_nets.sources import local_file, source_problem

__all__ = ["HasWeights", "sha256_option", "weight_files", "weights_option", "weights_problems"]

_SHA256 = re.compile(r"[0-9a-fA-F]{8,64}")


class HasWeights(Protocol):
    """A config with the two options."""

    @property
    def weights(self) -> str:
        """Path or address."""

    @property
    def weights_sha256(self) -> str:
        """SHA-256 of the file."""


def weights_option(default: str = "", help: str = "") -> Any:  # noqa: A002 - reads as `option` does
    """Declare the option ``weights``.

    Args:
        default: A path or address; empty for none.
        help: What loads, one sentence; the common one by default.
    """
    return option(
        default, help or "File or address (https://...) of the network's weights; an address is fetched once, and kept."
    )


def sha256_option() -> Any:
    """Declare the option ``weights_sha256``; anything but 8 to 64 hexadecimal digits, or nothing, is a ValueError."""
    declared = option("", "SHA-256 of the weights' file, whole or its first 8 digits or more; empty does not check it.")

    def validate(instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        if value and _SHA256.fullmatch(value) is None:
            raise ValueError(f"{attribute.name}: must be 8 to 64 hexadecimal digits, got {value!r}")

    declared.validator(validate)
    return declared


def weights_problems(config: HasWeights, *, required: bool = True) -> Iterator[str]:
    """Yield, for a config's ``check()``, that its weights are not there. No network is asked.

    Args:
        config: The config.
        required: Whether the component cannot do without weights.
    """
    if not config.weights:
        if required:
            yield 'weights: none are given; write weights = "file or address"'
        return
    problem = source_problem(config.weights)
    if problem:
        yield f"weights: {problem}"


def weight_files(config: HasWeights) -> Iterator[str]:
    """Yield, for a config's ``files()``, the local file of its weights, if it has any.

    An address is fetched first, as the run is about to do: what is detected follows from what is in the file.

    Raises:
        DownloadError: The address cannot be fetched.
    """
    if config.weights:
        yield str(local_file(config.weights, config.weights_sha256))
