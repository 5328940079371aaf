"""Networks at work: precision, memory layout, memory that runs out, answers in pieces, threads, compilation."""

from __future__ import annotations

import gc
import logging
import shutil
import threading
import weakref
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor, nn

from vtcore.components import BuildContext
from vtcore.errors import VtcoreError
from vtrack_nets import DeviceError, NetworkRunner
from vtrack_nets.memory import is_out_of_memory

CPU = BuildContext(device="cpu")


class Convolutions(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 4, 3, stride=2))

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(images)


class Narrow(nn.Module):
    """Runs out of memory above a size of batch, and keeps the sizes that it saw."""

    def __init__(self, most: int, error: BaseException | None = None) -> None:
        super().__init__()
        self.most = most
        self.error = error or torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")
        self.seen: list[int] = []

    def forward(self, batch: Tensor, *rest: Any) -> Any:
        self.seen.append(len(batch))
        if len(batch) > self.most:
            raise self.error
        return batch * 2


def images(count: int = 5) -> Tensor:
    return torch.rand(count, 3, 17, 19, generator=torch.Generator().manual_seed(1))


def test_it_answers_as_the_network_does() -> None:
    network = Convolutions().train()
    runner = NetworkRunner(network, CPU, name="x")
    found = runner(images())
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())
    assert found.is_inference()
    assert runner.device == torch.device("cpu")
    assert torch.equal(found, network(images()))
    assert runner.batch_size(16) == 16


def test_without_a_context_it_takes_what_is_there() -> None:
    runner = NetworkRunner(Convolutions(), name="x")
    assert runner(images()).device.type == runner.device.type
    assert runner.device.type == ("cuda" if torch.cuda.is_available() else runner.device.type)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_mixed_precision_answers_in_float32(dtype: str) -> None:
    network = Convolutions()
    exact = NetworkRunner(network, CPU, name="x")(images())
    runner = NetworkRunner(network, BuildContext(device="cpu", dtype=dtype), name="x")
    seen: list[torch.dtype] = []
    network.layers[0].register_forward_hook(lambda _, __, output: seen.append(output.dtype))
    found = runner(images())
    assert seen == [getattr(torch, dtype)]
    assert found.dtype is torch.float32
    assert next(network.parameters()).dtype is torch.float32
    assert not torch.equal(found, exact)
    assert torch.allclose(found, exact, atol=0.03)


def test_an_unknown_type_or_device() -> None:
    with pytest.raises(DeviceError, match="dtype 'int8': must be 'float32', 'float16' or 'bfloat16'"):
        NetworkRunner(Convolutions(), BuildContext(device="cpu", dtype="int8"), name="x")
    with pytest.raises(DeviceError, match="device 'tpu'"):
        NetworkRunner(Convolutions(), BuildContext(device="tpu"), name="x")


def test_channels_last_is_the_same_in_another_order() -> None:
    exact = NetworkRunner(Convolutions(), CPU, name="x")(images())
    network = Convolutions()
    seen: list[bool] = []
    network.register_forward_pre_hook(
        lambda _, given: seen.append(given[0].is_contiguous(memory_format=torch.channels_last))
    )
    runner = NetworkRunner(network, BuildContext(device="cpu", channels_last=True), name="x")
    found = runner(images())
    assert seen == [True]
    assert network.layers[0].weight.is_contiguous(memory_format=torch.channels_last)
    assert torch.allclose(found, exact, atol=1e-6)


# --- Memory -----------------------------------------------------------------------------------------------------

TOLD = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 8 GiB"),
    RuntimeError("CUDA error: out of memory"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
    RuntimeError("MPS backend out of memory (MPS allocated: 8.12 GB, other allocations: 1 GB, max allowed: 9.07 GB)"),
    RuntimeError(
        "[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to "
        "allocate 40000000000 bytes. Error code 12 (Cannot allocate memory)"
    ),
    RuntimeError(
        "[enforce fail at alloc_cpu.cpp:82] data. DefaultCPUAllocator: not enough memory: you tried to allocate"
    ),
    MemoryError(),
]


@pytest.mark.parametrize("error", TOLD, ids=range(len(TOLD)))
def test_a_batch_too_large_is_halved(error: BaseException, caplog: pytest.LogCaptureFixture) -> None:
    network = Narrow(3, error)
    runner = NetworkRunner(network, CPU, name="detector 'x'")
    batch = torch.arange(10.0).reshape(10, 1)
    with caplog.at_level(logging.WARNING, "vtcore"):
        assert torch.equal(runner(batch), batch * 2)
    assert network.seen == [10, 5, 2, 2, 2, 2, 2]
    assert runner.batch_size(8) == 2
    assert runner.batch_size(1) == 1
    network.seen.clear()
    with caplog.at_level(logging.WARNING, "vtcore"):
        assert torch.equal(runner(batch[:5]), batch[:5] * 2)
    assert network.seen == [2, 2, 1]
    assert [record.getMessage() for record in caplog.records] == [
        "detector 'x': out of memory on cpu with a batch of 10; going on with smaller ones"
    ]


def test_this_machines_own_words() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 60, dtype=torch.uint8)
    assert is_out_of_memory(caught.value)
    assert not is_out_of_memory(RuntimeError("shape mismatch"))
    assert not is_out_of_memory(ValueError("out of memory"))


def test_a_single_input_too_large() -> None:
    runner = NetworkRunner(Narrow(0), CPU, name="detector 'x'")
    with pytest.raises(DeviceError) as caught:
        runner(torch.zeros(4, 3, 20, 30))
    assert str(caught.value) == (
        "detector 'x': the memory of cpu is too small for a single input of 3 x 20 x 30; make it smaller, free memory, "
        'or choose another device or dtype = "bfloat16" in [run]'
    )
    assert isinstance(caught.value, VtcoreError)


def test_other_errors_are_not_hidden() -> None:
    network = Narrow(0, RuntimeError("shape mismatch"))
    with pytest.raises(RuntimeError, match="shape mismatch"):
        NetworkRunner(network, CPU, name="x")(torch.zeros(4, 1))
    assert network.seen == [4]


def test_nothing_of_a_failed_attempt_lives_on() -> None:
    """What it had computed would take the room of the next attempt."""
    held: list[weakref.ref[Tensor]] = []
    alive: list[int] = []

    class Greedy(nn.Module):
        def forward(self, batch: Tensor) -> Tensor:
            alive.append(sum(each() is not None for each in held))
            computed = batch * 2
            held.append(weakref.ref(computed))
            if len(batch) > 1:
                raise torch.OutOfMemoryError("CUDA out of memory")
            return computed

    gc.disable()
    try:
        NetworkRunner(Greedy(), CPU, name="x")(torch.zeros(4, 1))
    finally:
        gc.enable()
    # The first piece's answer is kept, those of failed attempts are not.
    assert alive[:3] == [0, 0, 0]


def test_an_empty_batch() -> None:
    assert NetworkRunner(Convolutions(), CPU, name="x")(torch.zeros(0, 3, 9, 9)).shape == (0, 4, 3, 3)


class Pair(NamedTuple):
    boxes: Tensor
    count: int


def shaped(batch: Tensor, extra: Tensor, names: list[str], scale: float) -> dict[str, Any]:
    assert len(batch) == len(extra) == len(names)
    return {
        "tensor": batch * scale + extra,
        "levels": (batch, batch.half()),
        "maps": [batch[:, :, None, None].expand(-1, 2, 3, 4), batch[:, :, None, None].expand(-1, 2, 5, 6)],
        "each": [{"boxes": row[None].expand(index + 1, -1)} for index, row in enumerate(batch)],
        "names": [name.upper() for name in names],
        "pair": Pair(batch, 7),
        "nothing": None,
        "scale": scale,
    }


class Shaped(Narrow):
    def forward(self, batch: Tensor, *rest: Any) -> Any:
        super().forward(batch)
        return shaped(batch, *rest)


@pytest.mark.parametrize("most", [1, 2, 3, 5, 7])
def test_answers_of_every_form_are_joined(most: int) -> None:
    batch = torch.arange(14.0).reshape(7, 2)
    rest = (torch.arange(7.0)[:, None], list("abcdefg"), 0.5)
    whole = shaped(batch, *rest)
    found = NetworkRunner(Shaped(most), CPU, name="x")(batch, *rest)
    assert found.keys() == whole.keys()
    assert torch.equal(found["tensor"], whole["tensor"])
    assert [level.dtype for level in found["levels"]] == [torch.float32] * 2
    assert all(torch.equal(level, batch) for level in found["levels"])
    assert isinstance(found["maps"], list)
    assert [tuple(level.shape) for level in found["maps"]] == [(7, 2, 3, 4), (7, 2, 5, 6)]
    assert len(found["each"]) == 7
    assert all(torch.equal(each["boxes"][0], row) for each, row in zip(found["each"], batch, strict=True))
    assert found["names"] == list("ABCDEFG")
    assert isinstance(found["pair"], Pair)
    assert torch.equal(found["pair"].boxes, batch)
    assert (found["pair"].count, found["nothing"], found["scale"]) == (7, None, 0.5)


def test_what_cannot_be_joined() -> None:
    class Odd(Narrow):
        def forward(self, batch: Tensor, *rest: Any) -> Any:
            super().forward(batch)
            return float(batch[0, 0])

    with pytest.raises(TypeError, match="answers of the type float to the pieces of a batch cannot be joined"):
        NetworkRunner(Odd(1), CPU, name="x")(torch.arange(3.0)[:, None])


def test_a_tuple_is_one_value() -> None:
    """A size has as many entries as a batch of two, and none of them is one image's."""
    seen: list[Any] = []

    class Sized(Narrow):
        def forward(self, batch: Tensor, *rest: Any) -> Any:
            super().forward(batch)
            seen.append(rest)
            return batch

    NetworkRunner(Sized(1), CPU, name="x")(torch.arange(2.0)[:, None], (480, 640), ["a", "b"])
    assert seen == [((480, 640), ["a"]), ((480, 640), ["b"])]


@pytest.mark.parametrize("most", [1, 4])
def test_answers_are_the_same_kind_of_tensors_however_they_came(most: int) -> None:
    answers = NetworkRunner(Narrow(most), CPU, name="x")(torch.arange(4.0)[:, None])
    assert answers.is_inference()
    own = answers.clone()
    own += 1
    assert own.requires_grad_().sum().requires_grad


@pytest.mark.parametrize("error", TOLD[:2], ids=range(2))
def test_a_network_too_large(error: BaseException) -> None:
    class Large(nn.Linear):
        def to(self, *arguments: Any, **options: Any) -> Any:
            raise error

    with pytest.raises(DeviceError) as caught:
        NetworkRunner(Large(1, 1), CPU, name="detector 'x'")
    assert str(caught.value) == (
        "detector 'x': the memory of cpu is too small for the network; free memory, or choose another device in [run]"
    )


def test_channels_last_leaves_other_convolutions_as_they_are() -> None:
    network = nn.Sequential(nn.Conv3d(3, 4, 1), nn.Flatten(3), nn.Conv2d(4, 2, 1))
    batch = torch.rand(2, 3, 4, 5, 6, generator=torch.Generator().manual_seed(1))
    exact = NetworkRunner(network, CPU, name="x")(batch)
    found = NetworkRunner(network, BuildContext(device="cpu", channels_last=True), name="x")(batch)
    assert torch.allclose(found, exact, atol=1e-6)


def test_threads() -> None:
    """Grad mode and autocast are a thread's own; the size is everybody's."""
    network = Narrow(2)
    runner = NetworkRunner(network, BuildContext(device="cpu", dtype="bfloat16"), name="x")
    batch = torch.arange(12.0).reshape(12, 1)
    found: list[Tensor] = []

    def work() -> None:
        found.extend(runner(batch) for _ in range(20))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 80
    assert all(torch.equal(each, batch * 2) for each in found)
    assert runner.batch_size(8) in (1, 2)
    assert torch.is_grad_enabled()
    assert not torch.is_inference_mode_enabled()


# --- Compilation ------------------------------------------------------------------------------------------------


def test_nothing_is_compiled_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "compile", lambda *_, **__: pytest.fail("it was not asked for"))
    NetworkRunner(Convolutions(), CPU, name="x")(images())


def test_compiled_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[nn.Module] = []

    def compiled(network: nn.Module) -> Any:
        asked.append(network)
        return lambda batch: network(batch) + 1

    monkeypatch.setattr(torch, "compile", compiled)
    network = Convolutions()
    runner = NetworkRunner(network, BuildContext(device="cpu", compile=True), name="x")
    assert asked == [network]
    assert runner.network is network
    assert torch.equal(runner(images()), network(images()) + 1)


def test_a_machine_that_cannot_compile(monkeypatch: pytest.MonkeyPatch) -> None:
    from torch._dynamo.exc import InternalTorchDynamoError

    def fail(*_: Any) -> Any:
        raise InternalTorchDynamoError("no C compiler was found\nand more")

    monkeypatch.setattr(torch, "compile", lambda network: fail)
    with pytest.raises(DeviceError) as caught:
        NetworkRunner(Convolutions(), BuildContext(device="cpu", compile=True), name="detector 'x'")(images())
    assert str(caught.value) == (
        "detector 'x': torch.compile does not work here (no C compiler was found); leave out compile in [run]"
    )


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_compiled_network_answers_the_same() -> None:
    if shutil.which("g++") is None and shutil.which("c++") is None:
        pytest.skip("torch.compile needs a C++ compiler")
    exact = NetworkRunner(Convolutions(), CPU, name="x")(images())
    runner = NetworkRunner(Convolutions(), BuildContext(device="cpu", compile=True), name="x")
    assert torch.allclose(runner(images()), exact, atol=1e-5)
    assert torch.allclose(runner(images()[:2]), exact[:2], atol=1e-5)
