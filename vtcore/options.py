"""Fields of component configs: default, meaning, unit and bounds in one place.

A config is a frozen attrs class whose fields *are* the TOML table::

    @attrs.frozen(kw_only=True)
    class ByteTrackConfig:
        high_threshold: float = option(0.6, "Detections scoring more take part in the first matching.", ge=0, le=1)

The module that holds it must not import numpy, OpenCV or torch: ``vtcore describe`` and the checking of
experiments read it.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from vtcore.deprecation import Deprecation

__all__ = ["METADATA_KEY", "OptionInfo", "option", "option_info"]

METADATA_KEY = "vtcore"


@attrs.frozen
class OptionInfo:
    """What `option` knows of a field beyond its type and default.

    Attributes:
        help: One sentence: meaning, and the effect of raising the value where there is one.
        unit: Unit of the value (``px``, ``frames``, ``s``), empty for none.
        ge, gt, le, lt: Bounds of the value, or of every element of a list.
        choices: The allowed values, if they are few.
        formerly: Names that the field had before, each the `Deprecation.argument`.
    """

    help: str
    unit: str = ""
    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None
    choices: tuple[Any, ...] | None = None
    formerly: tuple[Deprecation, ...] = ()

    def complaint(self, value: Any) -> str | None:
        """Say what is wrong with `value` (``must be <= 1, got 1.5``), or None if nothing is."""
        if isinstance(value, list | tuple):
            return next((text for text in map(self.complaint, value) if text), None)
        if value is None:
            return None
        if self.choices is not None and value not in self.choices:
            return f"must be one of {', '.join(map(repr, self.choices))}, got {value!r}"
        if not isinstance(value, int | float):
            return None
        if value != value:
            return "must be a number, got nan"
        for sign, holds, bound in self._bounds():
            if not holds(value, bound):
                return f"must be {sign} {_plain(bound)}, got {value!r}"
        return None

    def bounds(self) -> list[str]:
        """Return the bounds in words: ``[">= 0", "<= 1"]``."""
        return [f"{sign} {_plain(bound)}" for sign, _, bound in self._bounds()]

    def _bounds(self) -> list[tuple[str, Callable[[float, float], bool], float]]:
        bounds = (
            (">=", operator.ge, self.ge),
            (">", operator.gt, self.gt),
            ("<=", operator.le, self.le),
            ("<", operator.lt, self.lt),
        )
        return [(sign, holds, bound) for sign, holds, bound in bounds if bound is not None]


def _plain(bound: float) -> str:
    """Return a bound with all its digits, a whole one without a point."""
    return str(int(bound)) if math.isfinite(bound) and bound == int(bound) else repr(bound)


def _validate(instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    info: OptionInfo = attribute.metadata[METADATA_KEY]
    complaint = info.complaint(value)
    if complaint is not None:
        raise ValueError(f"{attribute.name}: {complaint}")


def option(
    default: Any = attrs.NOTHING,
    help: str = "",  # noqa: A002 - reads as argparse does
    *,
    factory: Callable[[], Any] | None = None,
    unit: str = "",
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
    choices: Collection[Any] | None = None,
    formerly: Deprecation | Collection[Deprecation] = (),
) -> Any:
    """Declare one field of a config; the arguments are those of `OptionInfo`.

    Args:
        default: Value when the table leaves the key out; without one the key is required.
        help: One sentence for ``vtcore describe``.
        factory: Makes the default of a mutable field (a list).
        unit: Unit of the value.
        ge: Least allowed value.
        gt: Value that must be exceeded.
        le: Greatest allowed value.
        lt: Value that must not be reached.
        choices: The allowed values.
        formerly: Deprecation of the name that the field had before, or of several; experiments that still use it go
            on, and are told (``docs/compatibility.md``).

    Raises:
        ValueError: When the config is made with a value out of bounds: ``<field>: must be <= 1, got 1.5``; at once
            where a deprecation in `formerly` is of no argument.
    """
    former = tuple(formerly) if isinstance(formerly, Collection) else (formerly,)
    for deprecation in former:
        if not deprecation.argument:
            raise ValueError(f"{deprecation.name}: say which name the option had: argument=...")
    info = OptionInfo(help, unit, ge, gt, le, lt, None if choices is None else tuple(choices), former)
    metadata = {METADATA_KEY: info}
    if factory is not None:
        return attrs.field(factory=factory, metadata=metadata, validator=_validate)
    return attrs.field(default=default, metadata=metadata, validator=_validate)


def option_info(attribute: attrs.Attribute[Any]) -> OptionInfo:
    """Return what is known of a config's field; fields made without `option` have an empty help."""
    info: OptionInfo = attribute.metadata.get(METADATA_KEY, OptionInfo(""))
    return info
