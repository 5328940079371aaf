"""How fast single-object trackers follow a target: ours and the published ones, in one process and one thread.

::

    python benchmarks/sot.py                                      # against plain forms of the published networks
    python benchmarks/sot.py --peer-root ostrack=../OSTrack       # against the published code itself
    python benchmarks/sot.py ostrack --compile --steps 20

Both sides have the same weights, made up from their names, out of one file in the published form, and follow the same
target through the same pictures. First their boxes must be equal; then they take turns, frame by frame, and what counts
is the middle of the times of a step, and the middle of the ratios of neighbouring steps. On the processor the time is
that of the process, which other programs do not lengthen; on a GPU it is the time that goes by.

What a step takes outside the network is told too: crops in, boxes out, and whatever else our tracker does.
"""

from __future__ import annotations

import os

# Before numpy: one thread.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import argparse  # noqa: E402
import platform  # noqa: E402
import re  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
import warnings  # noqa: E402
import zlib  # noqa: E402
from collections.abc import Callable, Mapping  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import attrs  # noqa: E402
import cv2  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from sot_models import MODELS, Model  # noqa: E402
from sot_plain_mixformer import PlainMixFormer  # noqa: E402
from sot_plain_ostrack import PlainOstrack  # noqa: E402
from sot_plain_siamrpn import PlainSiamRpn  # noqa: E402
from sot_plain_stark import PlainStark  # noqa: E402
from sot_published import PUBLISHED, PublishedNano  # noqa: E402

from vtcore.components import BuildContext, Configured, build  # noqa: E402
from vtcore.frames import Frame  # noqa: E402
from vtcore.host import plugin_host  # noqa: E402
from vtcore.instances import Instances  # noqa: E402

PLAIN = {
    "mixformer": PlainMixFormer,
    "ostrack": PlainOstrack,
    "siamrpn": PlainSiamRpn,
    "stark": PlainStark,
}
"""Plain forms by the name of the tracker."""

EQUAL = 0.05
"""Pixels: boxes that differ by more are not equal."""


@attrs.frozen
class Figures:
    """What was measured of one tracker.

    Attributes:
        name: Of the tracker.
        against: ``published``, ``OpenCV`` or ``plain form``.
        apart: Greatest difference of a coordinate, in pixels.
        theirs: Milliseconds of a step, the middle.
        ours: The same.
        ratio: Theirs by ours, the middle of neighbouring steps.
        outside: Share of our step that is not the network's.
        compiled: As `ratio`, of our tracker compiled; None where it was not asked for.
    """

    name: str
    against: str
    apart: float
    theirs: float
    ours: float
    ratio: float
    outside: float
    compiled: float | None = None


class Ours:
    """Our tracker, as its peers are called."""

    def __init__(self, model: Model, weights: Path, device: str, *, compiled: bool = False) -> None:
        component = plugin_host().component("tracker", model.name)
        config = component.load_config()(**model.files(weights), **model.options)
        context = BuildContext(device=device, compile=compiled)
        self.tracker = build(Configured(component, config), context)
        self.index = 0

    def start(self, image: Any, box: list[int]) -> None:
        self.index = 0
        self.tracker.reset()
        self.tracker.start(Frame(0, image), Instances.from_ltwh([box], ids=[0]))

    def step(self, image: Any) -> Any:
        self.index += 1
        x1, y1, x2, y2 = self.tracker.update(Frame(self.index, image), Instances.empty()).boxes[0].tolist()
        return np.array([x1, y1, x2 - x1, y2 - y1])


def made_up(shapes: Mapping[str, Any], scale: Mapping[str, float], offset: Mapping[str, float]) -> dict[str, Any]:
    """Return weights that keep numbers in range, from the names of their entries.

    Args:
        shapes: By name.
        scale: Factors, by regular expressions of names.
        offset: What is added then.
    """
    state = {}
    for name, shape in shapes.items():
        leaf = name.rpartition(".")[2]
        numbers = np.random.Generator(np.random.PCG64(zlib.crc32(name.encode()))).standard_normal(shape, np.float32)
        if leaf == "num_batches_tracked":
            state[name] = torch.zeros(shape, dtype=torch.int64)
            continue
        if leaf == "running_var":
            value = 1 + 0.1 * np.abs(numbers)
        elif len(shape) <= 1:
            value = 1 + 0.1 * numbers if leaf == "weight" else 0.02 * numbers
        else:
            value = numbers / np.sqrt(np.prod(shape[1:]))
        value = value * np.prod([factor for pattern, factor in scale.items() if re.search(pattern, name)])
        value = value + sum(each for pattern, each in offset.items() if re.search(pattern, name))
        state[name] = torch.from_numpy(np.asarray(value, np.float32))
    return state


BOX = [200, 140, 62, 46]
"""Where the target is in the first picture: x, y, width, height."""


def pictures(count: int) -> list[Any]:
    """Return pictures of a coarse disc that moves by three and two pixels over a faint texture that stands still."""
    rng = np.random.default_rng(7)
    ground = cv2.GaussianBlur(rng.integers(0, 256, (360, 640, 3), np.uint8), (0, 0), 3)
    x, y, width, height = BOX
    coarse = rng.integers(0, 256, (4, 5, 3), np.uint8)
    disc = np.array(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_NEAREST))
    shape = cv2.ellipse(np.zeros((height, width), np.uint8), ((width / 2, height / 2), (width, height), 0), 1, -1)
    images = []
    for index in range(count):
        image = ground.copy()
        left, top = x + 3 * index % 300, y + 2 * index % 120
        image[top : top + height, left : left + width][shape > 0] = disc[shape > 0]
        images.append(image)
    return images


def measure(model: Model, root: Path | None, arguments: argparse.Namespace) -> Figures:
    """Compare and time one tracker."""
    device = arguments.device
    images = pictures(arguments.steps + 1)
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "weights.pth.tar"
        peer, theirs, against = made_peer(model, root, weights, images, device)
        ours = Ours(model, weights, device)
        apart = difference(peer, ours, theirs, images)
        times, outside = alternate(peer, ours, theirs, images, device)
        compiled = None
        if arguments.compile:
            fast = Ours(model, weights, device, compiled=True)
            apart = max(apart, difference(peer, fast, theirs, images))
            fast_times, _ = alternate(peer, fast, theirs, images, device)
            compiled = float(np.median(fast_times[0] / fast_times[1]))
    theirs_middle, ours_middle = (float(np.median(each)) * 1e3 for each in times)
    ratio = float(np.median(times[0] / times[1]))
    return Figures(model.name, against, apart, theirs_middle, ours_middle, ratio, outside, compiled)


def made_peer(model: Model, root: Path | None, weights: Path, images: list[Any], device: str) -> tuple[Any, Any, str]:
    """Return what ours is compared with, the pictures as that takes them, and its kind; write the weights of both."""
    if model.name == "nanotrack":
        return PublishedNano(model.files(weights)), images, "OpenCV"
    if root is not None:
        published: Any = PUBLISHED[model.name](root, device)
        torch.save({"net": made_up(published.shapes(), model.scale, model.offset), "epoch": 1}, weights)
        published.load(weights)
        return published, [published.prepared(image) for image in images], "published"
    state = made_up(model.shapes(), model.scale, model.offset)
    torch.save({"net": state, "epoch": 1}, weights)
    return PLAIN[model.name](state, device), images, "plain form"


def difference(peer: Any, ours: Ours, theirs: list[Any], images: list[Any]) -> float:
    """Return how far boxes are apart at most, over all frames."""
    peer.start(theirs[0], BOX)
    ours.start(images[0], BOX)
    pairs = zip(theirs[1:], images[1:], strict=True)
    return float(max(np.abs(peer.step(one) - ours.step(other)).max() for one, other in pairs))


def alternate(peer: Any, ours: Ours, theirs: list[Any], images: list[Any], device: str) -> tuple[Any, float]:
    """Return the seconds of every step, ``(2, steps)``, theirs first, and the share of ours outside the network."""
    peer.start(theirs[0], BOX)
    ours.start(images[0], BOX)
    clock = time.process_time if device == "cpu" else time.perf_counter
    seconds: list[list[float]] = [[], []]
    shares = []
    for one, other in zip(theirs[1:], images[1:], strict=True):
        seconds[0].append(timed(lambda one=one: peer.step(one), clock, device))  # type: ignore[misc]
        before, began = ours.tracker.seconds["forward"], time.perf_counter()
        seconds[1].append(timed(lambda other=other: ours.step(other), clock, device))  # type: ignore[misc]
        whole = time.perf_counter() - began
        shares.append(1 - (ours.tracker.seconds["forward"] - before) / whole)
    return np.array(seconds), float(np.median(shares))


def timed(step: Callable[[], Any], clock: Callable[[], float], device: str) -> float:
    """Return the seconds of one step."""
    if device != "cpu":
        torch.cuda.synchronize()
    began = clock()
    step()
    if device != "cpu":
        torch.cuda.synchronize()
    return clock() - began


def table(figures: list[Figures]) -> str:
    """Return the figures as a table."""
    rows = ["| tracker | against | boxes apart | theirs | ours | ratio | compiled | outside the network |"]
    rows.append("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for each in figures:
        compiled = "" if each.compiled is None else f"{each.compiled:.2f}"
        rows.append(
            f"| {each.name} | {each.against} | {each.apart:.0e} px | {each.theirs:.1f} ms | {each.ours:.1f} ms "
            f"| {each.ratio:.2f} | {compiled} | {each.outside:.1%} |"
        )
    return "\n".join(rows)


def roots(given: list[str]) -> dict[str, Path]:
    """Return the checkouts by the name of the tracker."""
    found = {}
    for each in given:
        name, equals, path = each.partition("=")
        if not equals or name not in PUBLISHED or not Path(path).is_dir():
            sys.exit(f"--peer-root {each}: must be NAME=FOLDER with one of {', '.join(PUBLISHED)} and its checkout")
        found[name] = Path(path).resolve()
    return found


def main() -> int:
    """Measure what is asked for, print it, and return 1 where boxes differ or we are slower."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", help=f"trackers; all by default: {', '.join(MODELS)}")
    parser.add_argument("--peer-root", action="append", default=[], metavar="NAME=FOLDER", help="a published checkout")
    parser.add_argument("--steps", type=int, default=12, help="frames that are followed (default: 12)")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--compile", action="store_true", help="measure our trackers compiled, too")
    arguments = parser.parse_args()
    checkouts = roots(arguments.peer_root)
    unknown = [name for name in arguments.names if name not in MODELS]
    if unknown:
        sys.exit(f"unknown tracker {unknown[0]!r}: must be one of {', '.join(MODELS)}")
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    warnings.simplefilter("ignore")
    figures = []
    for name in arguments.names or MODELS:
        if MODELS[name].missing():
            print(f"{name}: {MODELS[name].missing()} (VTCORE_REFERENCE_DATA)", file=sys.stderr)
        elif name in PLAIN or name in checkouts or name == "nanotrack":
            figures.append(measure(MODELS[name], checkouts.get(name), arguments))
            print(figures[-1], file=sys.stderr, flush=True)
        else:
            print(f"{name}: has no plain form here; give --peer-root {name}=FOLDER", file=sys.stderr)
    where = torch.cuda.get_device_name() if arguments.device == "cuda" else platform.processor() or platform.machine()
    print(f"{where}, one thread, torch {torch.__version__}\n\n{table(figures)}")
    return int(any(each.apart > EQUAL or each.ratio < 1 for each in figures))


if __name__ == "__main__":
    sys.exit(main())
