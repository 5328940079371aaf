"""The tokens of targets in one row each, with where they lie and which count."""

from __future__ import annotations

from collections.abc import Sequence as Seq

import numpy as np
import torch
from torch import Tensor, nn

from vtcore.instances import BoolArray
from vtrack_plugin_stark.position import PositionCache
from vtrack_plugin_stark.target import Target

__all__ = ["TokenRows"]

Rows = tuple[Tensor, Tensor, Tensor | None]
"""Tokens of all templates, ``(B, T, C)``; where these and those of the search region lie, ``(B, T + n, C)``; and which
of them are no padding, bool ``(B, T + n)``, None for all."""


class TokenRows:
    """Joins what is kept of targets; as long as nothing changes, once.

    Args:
        of_template: What places the tokens of a template.
        of_search: What places those of a search region.
        device: Where they are kept.
    """

    def __init__(self, of_template: nn.Module, of_search: nn.Module, device: torch.device) -> None:
        self._of_template = PositionCache(of_template, device)
        self._of_search = self._of_template if of_search is of_template else PositionCache(of_search, device)
        self._last: tuple[list[tuple[Tensor, ...]], list[bytes], Rows] | None = None

    def __call__(self, targets: Seq[Target], paddings: Seq[BoolArray]) -> Rows:
        """Return the tokens of the templates of all targets, where all tokens lie, and which count.

        Args:
            targets: The targets.
            paddings: Cells of each one's search region that are padding, bool ``(h, w)``.
        """
        templates, hidden = [target.templates for target in targets], [padding.tobytes() for padding in paddings]
        if self._last is not None:
            known, before, rows = self._last
            # A template that is renewed stands in a tuple of its own.
            if len(known) == len(templates) and before == hidden and all(map(_same, known, templates)):
                return rows
        rows = self._joined(targets, paddings)
        self._last = templates, hidden, rows
        return rows

    def _joined(self, targets: Seq[Target], paddings: Seq[BoolArray]) -> Rows:
        pairs = list(zip(targets, paddings, strict=True))
        tokens = torch.stack([torch.cat(target.templates) for target in targets])
        position = torch.stack(
            [
                torch.cat((*map(self._of_template, target.paddings), self._of_search(padding)))
                for target, padding in pairs
            ]
        )
        hidden = np.stack(
            [np.concatenate([each.ravel() for each in (*target.paddings, padding)]) for target, padding in pairs]
        )
        return tokens, position, torch.from_numpy(~hidden).to(position.device) if hidden.any() else None


def _same(first: object, second: object) -> bool:
    return first is second
