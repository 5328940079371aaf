"""What parts of networks must answer."""

from __future__ import annotations

from typing import Any

from vtcore.testing.definitions import define
from vtcore.testing.failures import CheckFailure, NotChecked, expect
from vtcore.testing.subjects import Subject
from vtcore.testing.torch_module import torch_module

__all__ = ["maps_finest_first", "takes_maps"]


@define("backbone")
def maps_finest_first(subject: Subject) -> None:
    """Pictures of any number and size give feature maps, finest first, the same for each picture by itself."""
    torch = torch_module()

    backbone = subject.make().eval()
    for count, height, width in ((2, 128, 160), (1, 96, 224)):
        images = torch.rand(count, 3, height, width, generator=torch.Generator().manual_seed(0))
        with torch.inference_mode():
            maps = list(backbone(images))
            alone = list(backbone(images[:1]))
        expect(maps, "it answers no map; answer a list of tensors (N, C, h, w)")
        sizes = [tuple(each.shape) for each in maps]
        right = all(len(size) == 4 and size[0] == count for size in sizes)
        expect(right, f"for {count} pictures it answers maps of {sizes}; answer tensors (N, C, h, w)")
        heights = [size[2] for size in sizes]
        expect(heights == sorted(heights, reverse=True), f"maps have heights {heights}; answer the finest first")
        expect(all(bool(torch.isfinite(each).all()) for each in maps), "a map holds numbers that are not finite")
        same = all(torch.allclose(one[:1], each, atol=1e-4, rtol=1e-3) for one, each in zip(maps, alone, strict=True))
        expect(same, "in eval() a picture's maps change with the pictures beside it; normalise by stored statistics")


@define("head")
def takes_maps(subject: Subject) -> None:
    """Feature maps are taken, finest first, and training reaches its weights."""
    torch = torch_module()

    head = subject.make()
    if not isinstance(head, torch.nn.Module):
        raise NotChecked("it is no torch.nn.Module")
    if not any(True for _ in head.parameters()):
        raise NotChecked("it has no weights")
    channels = getattr(subject.configured().config, "in_channels", 0) or 256
    strides = getattr(subject.configured().config, "strides", (4, 8, 16, 32))
    maps = [torch.rand(1, channels, 128 // stride or 1, 128 // stride or 1) for stride in strides]
    given = [each.clone() for each in maps]
    try:
        answered = head.eval()(given)
    except TypeError as error:
        raise NotChecked(f"it takes more than feature maps: {error}") from error
    except Exception as error:
        raise CheckFailure(
            f"maps of {channels} channels at strides {list(strides)} are not taken: {type(error).__name__}: {error}"
        ) from error
    same = all(torch.equal(one, other) for one, other in zip(maps, given, strict=True))
    expect(same, "it changes the maps that it is given: others look at them too; work on a copy")
    _expect_gradients(head, answered)


def _expect_gradients(head: Any, answered: Any) -> None:
    """Go on if every weight that can be trained has a part in what is answered."""
    told = [each for each in _tensors(answered) if each.is_floating_point()]
    if not told:
        return
    way = "no .detach(), .item() or torch.no_grad() on the way from the maps to the answer"
    expect(any(each.requires_grad for each in told), f"its answers carry no gradients, so it cannot be trained; {way}")
    sum(each.sum() for each in told if each.requires_grad).backward()
    left = [name for name, weight in head.named_parameters() if weight.requires_grad and weight.grad is None]
    expect(not left, f"training would not reach {', '.join(left[:3])}; {way}")


def _tensors(value: Any) -> list[Any]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [tensor for each in value for tensor in _tensors(each)]
    return [value] if hasattr(value, "requires_grad") else []
