"""Weights into networks, by name, with a report of what fitted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import attrs
import torch
from torch import Tensor, nn

from vtrack_nets.errors import CheckpointError, shown

__all__ = ["FitReport", "Rename", "Reshaped", "fit"]

Rename = Callable[[str], str | None]
"""From a file's name of a weight to the network's; None leaves it out."""

_OPTIONAL = "num_batches_tracked"
"""Counts batches in training; files from before torch 0.4.1 have none."""

_SHOWN = 3


@attrs.frozen
class Reshaped:
    """A weight of another shape than the network's.

    Attributes:
        name: As the network has it.
        wanted: The network's shape.
        found: The file's shape.
    """

    name: str
    wanted: tuple[int, ...]
    found: tuple[int, ...]

    def __str__(self) -> str:
        """``name: (2, 128) in the network, (3, 128) in the file``."""
        return f"{self.name}: {self.wanted} in the network, {self.found} in the file"


@attrs.frozen
class FitReport:
    """What became of the weights of a file; names are the network's, but for those that it does not know.

    Attributes:
        matched: Taken.
        missing: Left as they were: the file has none.
        unexpected: Of the file, and of no use to the network.
        reshaped: Left as they were: the file's have another shape.
        ignored: Of the file, and left out by the renaming.
    """

    matched: tuple[str, ...]
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    reshaped: tuple[Reshaped, ...]
    ignored: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every weight of the network came from the file."""
        return not (self.missing or self.reshaped)

    def __str__(self) -> str:
        """``141 matched, 3 missing (a, b, c), none unexpected, none reshaped``."""
        parts = [f"{len(self.matched)} matched"]
        for word in ("missing", "unexpected", "reshaped"):
            values = getattr(self, word)
            parts.append(f"{len(values)} {word} ({_some(map(str, values))})" if values else f"none {word}")
        return ", ".join(parts)


def fit(
    module: nn.Module,
    state: Mapping[str, Tensor],
    *,
    rename: Rename | Mapping[str, str] | None = None,
    strict: bool = True,
    source: str | Path = "weights",
) -> FitReport:
    """Copy weights into a network; its types and device stay.

    Args:
        module: The network; left as it was when an error is raised.
        state: Tensors by name, as `load_state` gives them.
        rename: From their names to the network's: a function, or a table in which names that stay may be left out.
        strict: Refuse missing and reshaped weights; otherwise what fits is taken. Unexpected ones are only reported.
        source: Where they come from, for messages.

    Raises:
        CheckpointError: Nothing matches; two weights have one name after renaming; a weight is not a number, complex
            where the network's is real, or of a type that cannot be made the network's; with `strict`, a weight of the
            network is missing or has another shape.
    """
    renamed, ignored = _renamed(state, rename, source)
    wanted = module.state_dict()
    taken = {name: _scalar(state[old], wanted[name]) for name, old in renamed.items() if name in wanted}
    reshaped = tuple(
        Reshaped(name, tuple(wanted[name].shape), tuple(value.shape))
        for name, value in taken.items()
        if wanted[name].shape != value.shape
    )
    for each in reshaped:
        del taken[each.name]
    report = FitReport(
        matched=tuple(taken),
        missing=tuple(name for name in wanted if name not in renamed and name.rpartition(".")[2] != _OPTIONAL),
        unexpected=tuple(old for name, old in renamed.items() if name not in wanted),
        reshaped=reshaped,
        ignored=ignored,
    )
    if not taken and wanted:
        raise CheckpointError(_stranger(module, wanted, report), file=source)
    if strict and not report.complete:
        raise CheckpointError(
            f"does not fit {type(module).__name__}: {report}; give the weights of this very network and size",
            file=source,
        )
    _check_numbers(taken, wanted, source)
    module.load_state_dict(taken, strict=False)
    return report


def _scalar(value: Tensor, wanted: Tensor) -> Tensor:
    """Return a weight; a number that torch before 0.4 wrote as a row of one, as the number that it is."""
    return value[0] if wanted.ndim == 0 and value.shape == (1,) else value


def _check_numbers(taken: Mapping[str, Tensor], wanted: Mapping[str, Tensor], source: str | Path) -> None:
    """Refuse what a network would take without a word, and then answer nonsense."""
    for name, value in taken.items():
        if value.is_complex() and not wanted[name].is_complex():
            raise CheckpointError(f"its weight {name} is complex, the network's is real: it is another's", file=source)
        try:
            torch.empty(1, dtype=value.dtype).to(wanted[name].dtype)
        except RuntimeError as error:
            kind, needed = (str(each.dtype).removeprefix("torch.") for each in (value, wanted[name]))
            raise CheckpointError(
                f"its weight {name} is of the type {kind}, which cannot be made {needed} here", file=source
            ) from error
        if value.is_floating_point() and bool(value.isnan().any()):
            raise CheckpointError(
                f"its weight {name} holds nan, which is no number: its training failed; take an earlier checkpoint",
                file=source,
            )


def _renamed(
    state: Mapping[str, Tensor], rename: Rename | Mapping[str, str] | None, source: str | Path
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the old name by the new one, and the names that are left out."""
    renamed: dict[str, str] = {}
    ignored = []
    for old in state:
        new = rename.get(old, old) if isinstance(rename, Mapping) else old if rename is None else rename(old)
        if new is None:
            ignored.append(old)
        elif new in renamed:
            raise CheckpointError(
                f"both {shown(renamed[new])} and {shown(old)} are the network's {shown(new)}", file=source
            )
        else:
            renamed[new] = old
    return renamed, tuple(ignored)


def _stranger(module: nn.Module, wanted: Mapping[str, Tensor], report: FitReport) -> str:
    network = type(module).__name__
    if report.reshaped:
        return f"does not fit {network}: {report}; give the weights of this very network and size"
    names = _some(report.unexpected or report.ignored) or "none"
    return (
        f"holds another network than {network}: no name matches (there: {names}; expected: {_some(wanted)}); give the "
        "weights of this very network"
    )


def _some(names: Iterable[str]) -> str:
    """Return the first names, and how many more there are."""
    listed = list(names)
    more = len(listed) - _SHOWN
    return ", ".join(map(shown, listed[:_SHOWN])) + (f" and {more} more" if more > 0 else "")
