"""What detections follow from, and so when stored ones may stand for them.

The key of an entry is made of two hashes. That of the *setup*, the same for all sequences of a run:

- the format of the cache, the version of vtcore and of the libraries that decode and compute;
- the transforms, the detector and, where there is one, the re-identification, with every component inside them:
  name, target, distribution and version, the hash of its source files, the versions of all it requires, and every
  option;
- the content of the files that options name: those that a config's ``files()`` yields; for a config without, every
  text or path in it that names an existing file or folder;
- ``run.dtype``, ``run.channels_last``, ``run.compile``, ``run.seed``, and what ``run.device`` comes to.

And that of the *data*: the sequence's name and class names, the class names that the detector is built with, what
`Sequence.content` yields (files by their content), the source of the sequence's class, and, where the config of the
detector or of a transform needs them, the detections and annotations that come with the data.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import vtcore
from vtcore.components import Configured
from vtcore.detection_cache.canonical import digest_of, plain_config, texts_in
from vtcore.detection_cache.code import code_digest, library_versions, requirement_versions
from vtcore.detection_cache.entry_format import FORMAT
from vtcore.detection_cache.file_hashes import FileHashes
from vtcore.detection_cache.refusal import Refusal
from vtcore.errors import VtcoreError
from vtcore.experiments.experiment import Experiment, needs_of

if TYPE_CHECKING:
    from vtcore.frames import Sequence
    from vtcore.host import PluginHost

__all__ = [
    "DETECTING",
    "data_form",
    "detecting_needs",
    "other_needs",
    "refuse_uncacheable",
    "resolved_device",
    "setup_form",
]

DETECTING = ("transforms", "detector", "reid")
"""The tables of an experiment that what the tracker is handed follows from."""

_SEQUENCE = "{sequence}"
"""What stands for the sequence's name in an option."""


def refuse_uncacheable(experiment: Experiment) -> Configured:
    """Return the detector of an experiment whose detections may be cached, as far as its configs tell.

    Raises:
        Refusal: There is no detector, or its config, that of a transform or of the re-identification says
            ``cacheable = False``.
    """
    if experiment.detector is None:
        raise Refusal("the experiment has no detector")
    reid = () if experiment.reid is None else (experiment.reid,)
    for configured in (*experiment.transforms, experiment.detector, *reid):
        # What costs nothing to find again is stored all the same with embeddings, which do.
        kept = bool(reid) and getattr(configured.config, "free", False)
        if not kept and not getattr(configured.config, "cacheable", True):
            kind, name = configured.component.kind, configured.component.name
            raise Refusal(f"{kind} {name!r} is never cached: its config says so")
    return experiment.detector


def detecting_needs(experiment: Experiment) -> frozenset[str]:
    """Return what transforms, detector and re-identification need, nested components included."""
    return _needs(experiment, lambda part: part in DETECTING)


def other_needs(experiment: Experiment) -> frozenset[str]:
    """Return what all others need, and so what a run needs that computes no detections."""
    shown = frozenset({"image"} if experiment.run.show else ())
    return shown | _needs(experiment, lambda part: part not in DETECTING)


def setup_form(experiment: Experiment, host: PluginHost, hashes: FileHashes) -> dict[str, Any]:
    """Return as plain data everything but the data that detections follow from.

    Raises:
        Refusal: It cannot be told.
    """
    detector, reid = refuse_uncacheable(experiment), experiment.reid
    try:
        return {
            "format": FORMAT,
            "vtcore": vtcore.__version__,
            "machine": f"{platform.system()} {platform.machine()}",
            "libraries": library_versions(),
            "transforms": [_component_form(each, host, hashes) for each in experiment.transforms],
            "detector": _component_form(detector, host, hashes),
            **({} if reid is None else {"reid": _component_form(reid, host, hashes)}),
            "device": resolved_device(experiment.run.device),
            "dtype": experiment.run.dtype,
            "channels_last": experiment.run.channels_last,
            "compile": experiment.run.compile,
            "seed": experiment.run.seed,
        }
    except (OSError, VtcoreError) as error:
        raise Refusal(str(error)) from error


def data_form(
    experiment: Experiment,
    sequence: Sequence,
    classes: tuple[str, ...],
    context_classes: tuple[str, ...],
    hashes: FileHashes,
) -> dict[str, Any]:
    """Return as plain data what detections in a sequence follow from.

    Args:
        experiment: With the transforms and the detector.
        sequence: The data.
        classes: The sequence's class names as its data set gives them, before a detector's.
        context_classes: Those that the detector is built with.
        hashes: Hashes the files.

    Raises:
        Refusal: It cannot be told.
    """
    if sequence.live:
        raise Refusal("a live source never comes again")
    needs = detecting_needs(experiment)
    module = type(sequence).__module__
    try:
        form: dict[str, Any] = {
            "name": sequence.name,
            "classes": list(classes),
            "context_classes": list(context_classes),
            "sequence": f"{module}.{type(sequence).__qualname__}",
            "code": code_digest(module, hashes),
            "files": list(_files_of_sequence(experiment, sequence.name, hashes)),
        }
        if "image" in needs:
            form["content"] = _content(sequence, hashes)
        for need, read in (("given-detections", sequence.detections), ("annotations", sequence.annotations)):
            if need in needs:
                form[need] = _table_digest(read())
    except (OSError, VtcoreError) as error:
        raise Refusal(str(error)) from error
    return form


def resolved_device(device: str) -> str:
    """Return the kind of device that ``run.device`` comes to here: ``cpu``, ``cuda`` or ``mps``.

    Which of several is no matter; where ``auto`` cannot be resolved without the libraries that use it, it stays.
    """
    if device != "auto":
        return device.partition(":")[0]
    if platform.system() == "Linux":
        hidden = os.environ.get("CUDA_VISIBLE_DEVICES", "0").strip() in ("", "-1")
        return "cuda" if not hidden and any(Path("/dev").glob("nvidia[0-9]*")) else "cpu"
    return "auto"


def _needs(experiment: Experiment, wanted: Callable[[Any], bool]) -> frozenset[str]:
    placed = experiment.placed_components()
    return frozenset().union(*(needs_of(configured) for path, configured in placed if wanted(path[0])))


def _component_form(configured: Configured, host: PluginHost, hashes: FileHashes) -> dict[str, Any]:
    component, config = configured.component, configured.config
    owner = host.owner(component)
    return {
        "kind": component.kind,
        "name": component.name,
        "target": component.target,
        "distribution": owner.distribution,
        "version": owner.version,
        "requires": dict(requirement_versions(owner.distribution)) if owner.distribution else {},
        "code": code_digest(component.target.partition(":")[0], hashes),
        "config": plain_config(config, lambda inner: _component_form(inner, host, hashes)),
        "files": [[text, _file_digest(Path(text), hashes)] for text in _named_files(config) if _SEQUENCE not in text],
    }


def _files_of_sequence(experiment: Experiment, name: str, hashes: FileHashes) -> Iterator[tuple[str, str | None]]:
    """Yield path and hash of the files that options name with the sequence's name in them."""
    for path, configured in experiment.placed_components():
        if path[0] in DETECTING:
            for text in _named_files(configured.config):
                if _SEQUENCE in text:
                    yield text, _file_digest(Path(text.replace(_SEQUENCE, name)), hashes)


def _named_files(config: Any) -> Iterator[str]:
    """Yield the files that a config declares; where it declares none, every text in it that may name one."""
    declared: Callable[[], Iterable[str | os.PathLike[str]]] | None = getattr(config, "files", None)
    if callable(declared):
        yield from (os.fspath(path) for path in declared())
        return
    for text in texts_in(config):
        if text and (_SEQUENCE in text or _exists(text)):
            yield text


def _exists(text: str) -> bool:
    try:
        return Path(text).expanduser().exists()
    except (OSError, ValueError, RuntimeError):
        return False  # Too long, or otherwise no path at all.


def _file_digest(path: Path, hashes: FileHashes) -> str | None:
    """Return the hash of a file or folder; None where there is none, such as weights that are fetched on first use."""
    try:
        path = path.expanduser()
        if path.is_dir():
            return hashes.folder_digest(path)
        return hashes.digest(path) if path.exists() else None
    except (ValueError, RuntimeError):
        return None


def _content(sequence: Sequence, hashes: FileHashes) -> list[str]:
    content = sequence.content()
    if content is None:
        raise Refusal(f"{type(sequence).__name__} does not say what its pictures follow from (Sequence.content)")
    return [f"sha256 {hashes.digest(part)}" if isinstance(part, Path) else f"text {part}" for part in content]


def _table_digest(table: Any) -> str:
    """Return a hash over the rows that come with the data."""
    if table is None:
        return "none"
    columns = {name: getattr(table, name) for name in ("frames", "ids", "ltwh", "scores", "labels", "embeddings")}
    form: dict[str, Any] = {
        name: None if column is None else [column.dtype.str, list(column.shape), digest_of(column.tobytes().hex())]
        for name, column in columns.items()
    }
    if table.masks is not None:
        form["masks"] = [[list(map(int, rle["size"])), rle["counts"].hex()] for rle in table.masks.rles]
    return digest_of(form)
