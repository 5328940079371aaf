"""From a config to an experiment."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

from vtcore.errors import Problem
from vtcore.experiments.origins import Origin
from vtcore.experiments.printing import experiment_text
from vtcore.known_plugins import bringer
from vtcore.migration.configs import read_config
from vtcore.migration.datasets import TestData, map_dataset
from vtcore.migration.draft import Draft, KeyPath, Weights
from vtcore.migration.effort import bounded
from vtcore.migration.models import map_model, unknown_model
from vtcore.migration.pipelines import Pictures, read_pipeline, read_preprocessor
from vtcore.migration.scores import map_evaluation, map_evaluators, map_interpolation
from vtcore.migration.sections import Section
from vtcore.migration.values import Place, Value

__all__ = ["Migration", "migrate"]

_IMPLIED = Origin("as the original")
_NOWHERE = Origin("")
_UNWRITTEN = f"# {_NOWHERE}"
_LOGGING = (
    *("checkpoint_config", "log_config", "log_level", "log_processor", "default_hooks", "vis_backends", "visualizer"),
    *("dist_params", "env_cfg", "default_scope", "work_dir", "opencv_num_threads", "mp_start_method"),
    *("cudnn_benchmark", "deterministic", "gpu_ids", "launcher", "auto_resume", "backend_args", "file_client_args"),
)
_TRAINING = (
    *("optimizer", "optimizer_config", "optim_wrapper", "lr_config", "param_scheduler", "momentum_config", "runner"),
    *("total_epochs", "max_epochs", "train_cfg", "train_pipeline", "train_dataloader", "custom_hooks", "workflow"),
    *("load_from", "resume_from", "resume", "auto_scale_lr", "find_unused_parameters", "val_cfg", "val_dataloader"),
    *("val_evaluator", "train_dataset", "TRAIN_REID", "USE_MMDET", "num_last_epochs"),
)
_TIME_OF_TESTS = ("tta_model", "tta_pipeline")
_KINDS = {"metrics": "metric", "refiners": "refiner", "writers": "writer", "camera_motion": "camera-motion"}
_SEARCHED = {"MOTA": "clear.MOTA", "IDF1": "identity.IDF1"}


@attrs.frozen
class Migration:
    """What became of a config.

    Attributes:
        source: The config.
        tables: The experiment; empty where neither a tracker, a detector nor a network for looks has a counterpart.
        origins: Where each value of it was written.
        unmapped: Settings and statements that have no counterpart, or were not understood.
        remarks: What is to be known or done, though nothing is lost.
        left_out: Settings that an experiment does not have, by what they are for.
    """

    source: str
    tables: dict[str, Any]
    origins: dict[KeyPath, Origin]
    unmapped: tuple[Problem, ...]
    remarks: tuple[Problem, ...]
    left_out: dict[str, tuple[str, ...]]

    @property
    def outcome(self) -> str:
        """``full``: everything has a counterpart; ``part``; ``none``: there is no experiment."""
        if not self.tables:
            return "none"
        return "part" if self.unmapped else "full"

    def to_toml(self) -> str:
        """Return the experiment as TOML, with the origin of every value and all that is missing as comments."""
        lines = [f"Made of {self.source} by vtcore migrate."]
        for title, problems in (("No counterpart", self.unmapped), ("To know", self.remarks)):
            lines += [f"{title}: {problem}" for problem in problems]
        head = "".join(f"# {' '.join(line.split())}\n" for line in lines)
        written = experiment_text(self.tables, self.origins).splitlines()
        return "\n".join([head, *(line.removesuffix(_UNWRITTEN).rstrip() for line in written), ""])


def migrate(path: str | os.PathLike[str], weights: Weights | None = None) -> Migration:
    """Make an experiment of a config of MMTracking 0.x or MMDetection 3, which is read and never executed.

    Args:
        path: The config, a Python file.
        weights: Files of weights that the config does not name, as ``tools/test.py`` takes them.

    Raises:
        DataError: The config or a file it is based on cannot be read.
    """
    with bounded(Path(path)):
        config = read_config(path)
        draft = Draft(weights or Weights())
        draft.unmapped += config.problems
        root = Section(Value(config.values, Place(str(path), 1)), "", draft)
        _map(root)
    runs = any(draft.has(kind) for kind in ("tracker", "detector", "reid"))
    tables = {"requires": _requires(draft.tables), **draft.tables} if runs else {}
    origins = _origins(draft, tables, config.path.parent)
    left_out = {what: tuple(names) for what, names in draft.left_out.items() if names}
    return Migration(str(path), tables, origins, tuple(draft.unmapped), tuple(draft.remarks), left_out)


def _map(root: Section) -> None:
    pictures = Pictures()
    model = root.child("model")
    if unknown_model(model):
        return
    data = _test_data(root, pictures)
    if "data_preprocessor" in model:
        read_preprocessor(model.section("data_preprocessor"), pictures)
    map_model(model, data, pictures)
    if data.section.names:
        map_interpolation(data.section)
    if "test_evaluator" in root or "test_dataloader" in root:
        map_evaluators(root, "test_evaluator", targets=_follows_targets(root))
    elif not _follows_targets(root):
        map_evaluation(root)
    _order(root.draft)
    _rest(root)


def _follows_targets(root: Section) -> bool:
    return root.draft.tables.get("tracker", {}).get("type") in ("siamrpn", "stark", "mixformer")


def _test_data(root: Section, pictures: Pictures) -> TestData:
    """Map the data set that is tested on: ``data.test`` there, ``test_dataloader.dataset`` in MMDetection 3."""
    section = root.section("data").section("test")
    if "test_dataloader" in root:
        section = root.section("test_dataloader").section("dataset")
    if not section.names:
        root.cannot("", "the config has no data set to test on")
        return TestData(section, "", "")
    read_pipeline(section, pictures)
    section.ignore("detection_file", "interpolate_tracks_cfg", "only_eval_visible", "split", "dataset_type")
    return map_dataset(section)


def _order(draft: Draft) -> None:
    """Put the tables into the order in which experiments are written."""
    order = ("dataset", "detector", "reid", "tracker", "protocol", "refiners", "metrics", "writers", "run", "sweep")
    draft.tables = {key: _type_first(draft.tables[key]) for key in order if key in draft.tables}


def _type_first(value: Any) -> Any:
    if isinstance(value, list):
        return [_type_first(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: _type_first(value[key]) for key in sorted(value, key=lambda key: key != "type")}


def _rest(root: Section) -> None:
    """Settings of the config as a whole; other names in it are variables, which nothing looks at."""
    draft = root.draft
    draft.leave_out("training", [name for name in root.names if name in _TRAINING])
    draft.leave_out("logging and the process", [name for name in root.names if name in _LOGGING])
    draft.leave_out("testing each picture several times", [name for name in root.names if name in _TIME_OF_TESTS])
    if "custom_imports" in root:
        root.cannot("custom_imports", "modules of your own: make a plugin of what they register (vtcore new-plugin)")
    seed = root.take("seed", root.section("randomness").take("seed"))
    if isinstance(seed, int):
        draft.put(("run", "seed"), seed, root.where("seed" if "seed" in root else "randomness"))
    half = "fp16" in root or bool(root.section("test_cfg").take("fp16"))
    if half:
        root.remark("fp16" if "fp16" in root else "test_cfg", 'half precision there; dtype = "float16" in [run] here')
    if draft.has("sweep"):
        metrics = [_SEARCHED[name] for name in root.texts("search_metrics", []) if name in _SEARCHED]
        draft.put(("sweep", "sampler"), "grid", root.where("search_metrics"))
        draft.put(("sweep", "metrics"), metrics, root.where("search_metrics"))


def _requires(tables: dict[str, Any]) -> list[str]:
    """Return the distributions that bring the components of an experiment."""
    found = ["vtcore>=0.1"]
    for kind, name in _components(tables):
        known = bringer(kind, name)
        if known is not None and known.distribution not in found:
            found.append(known.distribution)
    return found


def _components(table: dict[str, Any]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, value in table.items():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict):
                if "type" in item:
                    found.append((_KINDS.get(key, key), item["type"]))
                found += _components(item)
    return found


def _origins(draft: Draft, tables: dict[str, Any], folder: Path) -> dict[KeyPath, Origin]:
    """Return where each value was written, with files named as seen from the config's folder."""
    origins: dict[KeyPath, Origin] = {}
    for path, value in _paths(tables):
        known = [draft.places[path[:length]] for length in range(len(path), 0, -1) if path[:length] in draft.places]
        if isinstance(value, dict) or path[:1] == ("requires",):
            origins[path] = _NOWHERE
        elif known:
            file = os.path.relpath(known[0].file, folder)
            origins[path] = Origin(Path(file).as_posix(), known[0].line)
        else:
            origins[path] = _IMPLIED
    return origins


def _paths(value: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Yield every value with its path, tables and lists too."""
    yield path, value
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _paths(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _paths(item, (*path, index))
