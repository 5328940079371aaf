"""torch, which the core does without: it is there where a component is made of it."""

from __future__ import annotations

import importlib
from typing import Any

from vtcore.testing.failures import NotChecked

__all__ = ["torch_module"]


def torch_module() -> Any:
    """Return torch.

    Raises:
        NotChecked: It is not installed.
    """
    try:
        return importlib.import_module("torch")
    except ImportError as error:
        raise NotChecked(f"torch cannot be imported ({error}); install it to check parts of networks") from error
