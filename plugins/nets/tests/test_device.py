"""Names of devices."""

from __future__ import annotations

import pytest
import torch

from vtcore.errors import VtcoreError
from vtrack_nets import DeviceError, resolve_device


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch):
    def make(*, cuda: int = 0, mps: bool = False, built: str | None = "13.0") -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
        monkeypatch.setattr(torch.version, "cuda", built)

    return make


@pytest.mark.parametrize(
    ("there", "name", "device"),
    [
        ({}, "auto", "cpu"),
        ({}, "cpu", "cpu"),
        ({"mps": True}, "auto", "mps"),
        ({"mps": True}, "mps", "mps"),
        ({"cuda": 1, "mps": True}, "auto", "cuda:0"),
        ({"cuda": 2}, "cuda", "cuda:0"),
        ({"cuda": 2}, "cuda:1", "cuda:1"),
        ({"cuda": 2}, "cpu", "cpu"),
    ],
)
def test_what_is_there(machine, there, name, device):
    machine(**there)
    assert resolve_device(name) == torch.device(device)


@pytest.mark.parametrize(
    ("there", "name", "message"),
    [
        ({}, "gpu", "device 'gpu': must be 'auto', 'cpu', 'cuda', 'cuda:N' or 'mps'"),
        ({}, "", "device '': must be"),
        ({}, "cuda:", "device 'cuda:': must be"),
        ({}, "cuda:-1", "device 'cuda:-1': must be"),
        ({}, "cpu:0", "device 'cpu:0': must be"),
        ({}, "cuda", "device 'cuda': torch cannot use CUDA here (no CUDA device was found); write 'auto' or 'cpu'"),
        ({"built": None}, "cuda:0", f"torch cannot use CUDA here (torch {torch.__version__} was built without)"),
        ({"cuda": 1}, "cuda:1", "device 'cuda:1': this machine has only 'cuda:0'"),
        ({"cuda": 4}, "cuda:7", "device 'cuda:7': this machine has 'cuda:0' to 'cuda:3'"),
        ({}, "mps", "device 'mps': this machine has no Metal device that torch can use; write 'auto' or 'cpu'"),
    ],
)
def test_what_is_not_there(machine, there, name, message):
    machine(**there)
    with pytest.raises(DeviceError) as caught:
        resolve_device(name)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, VtcoreError)
