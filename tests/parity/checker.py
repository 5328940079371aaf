"""Comparing what was computed with what a case stores."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.testing import assert_allclose

INDEX, VALUE = "@flat_index", "@value"


class Checker:
    """Compares what was computed with what a case stores, within its tolerance, and notes what was compared.

    Attributes:
        wanted: What is stored, by name; an output that is stored in samples stands under its name as those samples.
    """

    def __init__(self, case: Any) -> None:
        stored = {name: value for name, value in case.stored().items() if not name.startswith("given:")}
        self._places = {name.removesuffix(INDEX): stored.pop(name) for name in list(stored) if name.endswith(INDEX)}
        self.wanted = {name.removesuffix(VALUE): value for name, value in stored.items()}
        self._shapes = case.stated.get("outputs", {})
        self._tolerance = case.stated.get("tolerance", {})
        self.left = set(self.wanted)

    def close(self, name: str, value: Any, *, rtol: float | None = None, atol: float | None = None) -> None:
        """Compare numbers, within the case's bounds or stricter ones."""
        value = np.asarray(value)
        if name in self._places:
            assert list(value.shape) == self._shapes[name], name
            value = value.reshape(-1)[self._places[name]]
        assert value.shape == self.wanted[name].shape, name
        stated = self._bounds(name)
        rtol, atol = stated["rtol"] if rtol is None else rtol, stated["atol"] if atol is None else atol
        assert_allclose(value, self.wanted[name], rtol=rtol, atol=atol, err_msg=name)
        self.left.discard(name)

    def exact(self, name: str, value: Any) -> None:
        """Compare ids, labels, indices."""
        value = np.asarray(value)
        if name in self._places:
            assert list(value.shape) == self._shapes[name], name
            value = value.reshape(-1)[self._places[name]]
        assert value.tolist() == self.wanted[name].tolist(), name
        self.left.discard(name)

    def compared(self, name: str) -> Any:
        """Return what is stored under a name, for a comparison of the caller's own."""
        self.left.discard(name)
        return self.wanted[name]

    def finish(self) -> None:
        """Refuse to end while something stored was never compared."""
        assert not self.left, f"never compared: {sorted(self.left)}"

    def _bounds(self, name: str) -> dict[str, float]:
        own = self._tolerance.get(name)
        stated = own if isinstance(own, dict) else self._tolerance
        return {bound: stated.get(bound, 0.0) for bound in ("rtol", "atol")}
