"""Which looks of a target are kept, and when a new one is taken up.

The rules of https://github.com/MCG-NJU/MixFormer and https://github.com/MCG-NJU/MixFormerV2 (both MIT).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import numpy as np

from vtcore.frames import Image
from vtcore.instances import Float64Array

__all__ = ["MixFormerTarget", "TemplateRule"]

_NOT_YET = -1.0
"""A best score that any score exceeds."""


@attrs.define(eq=False, slots=False)
class MixFormerTarget:
    """A target of a MixFormer tracker.

    Attributes:
        ltwh: ``x, y, width, height`` in pixels of the original frame.
        templates: uint8 ``(1 + n, T, T, 3)``, the first look, then 1 to `TemplateRule.online_size` later ones.
        candidate: uint8 ``(T, T, 3)``, the interval's best look so far; the first one where there is none.
        best_score: Its score, less its decay.
        oldest: Which of the later looks gives way next.
        frames: Frames since the target was started.
    """

    ltwh: Float64Array
    templates: Image
    candidate: Image
    best_score: float = _NOT_YET
    oldest: int = 0
    frames: int = 0

    def __attrs_post_init__(self) -> None:
        """Remember nothing of the templates yet; what is follows from them, and is no part of the state."""
        self.memory: tuple[Any, ...] | None = None

    @classmethod
    def started(cls, ltwh: Float64Array, template: Image) -> MixFormerTarget:
        """Return a new target, whose first look is the later one, too."""
        return cls(np.array(ltwh, np.float64), np.stack((template, template)), template)


@attrs.frozen
class TemplateRule:
    """When a look is taken up; see `vtrack_plugin_mixformer.config` for the options.

    Attributes:
        update: ``"score"``, ``"interval"`` or ``"never"``.
        interval: Frames.
        online_size: Later looks that are kept at most.
        min_score: A look that scores no more is never taken up.
        decay: What the interval's best score is multiplied by every frame.
    """

    update: str
    interval: int
    online_size: int
    min_score: float = 0.5
    decay: float = 1.0

    def apply(self, target: MixFormerTarget, score: float, look: Callable[[], Image]) -> None:
        """Take note of the next frame.

        Args:
            target: With its box in that frame; its memory is given up where its templates change.
            score: Of that box, 0 to 1.
            look: Cuts it out of the frame; called only where that is needed.
        """
        target.frames += 1
        due = self.update != "never" and target.frames % self.interval == 0
        if self.update == "interval" and due:
            target.candidate = look()
        elif self.update == "score":
            target.best_score *= self.decay
            if score > self.min_score and score > target.best_score:
                target.candidate, target.best_score = look(), score
        if due:
            self._take_up(target)
            target.best_score, target.candidate = _NOT_YET, target.templates[0]

    def _take_up(self, target: MixFormerTarget) -> None:
        """Put the candidate beside the later looks, or in the place of one of them."""
        later = target.templates[1:]
        # Without a score the original keeps one later look, whatever there is room for.
        room = 1 if self.update == "interval" else self.online_size
        if len(later) < room:
            changed = np.concatenate((target.templates, target.candidate[None]))
        else:
            place = 1 + target.oldest
            if np.array_equal(target.templates[place], target.candidate):
                changed = target.templates
            else:
                changed = target.templates.copy()
                changed[place] = target.candidate
            target.oldest = (target.oldest + 1) % room
        if changed is not target.templates:
            target.templates, target.memory = changed, None
