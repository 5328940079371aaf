"""The package hands out its names, and torch comes with the first that needs it."""

from __future__ import annotations

import subprocess
import sys

import pytest

import vtrack_nets


def test_every_public_name_is_there() -> None:
    assert [name for name in vtrack_nets.__all__ if not callable(getattr(vtrack_nets, name))] == []
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = vtrack_nets.nothing


def test_importing_it_brings_no_torch() -> None:
    code = "import sys, vtrack_nets; vtrack_nets.CheckpointError; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "False"
