"""Where models come from: a folder as it is, or the Hugging Face Hub, by its own cache. Light: no torch."""

from __future__ import annotations

import re
from pathlib import Path

from vtcore.errors import MissingPackageError
from vtrack_nets.errors import CheckpointError, DownloadError, shown

__all__ = ["model_files", "model_folder", "model_problem"]

_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")

_CONFIGS = ("config.json", "preprocessor_config.json", "processor_config.json")
_WEIGHTS = "*.safetensors"
_INDEX = "*.safetensors.index.json"


def model_problem(source: str) -> str:
    """Say what keeps a source from being loaded, as far as can be told without a request; empty for nothing."""
    folder = Path(source).expanduser()
    if folder.is_dir():
        return _folder_problem(folder)
    if folder.is_file():
        return f"{source} is a file; give the folder that it is in, with its config.json"
    if not _HUB_NAME.fullmatch(source):
        return f"there is no folder {source}, and no model of the Hugging Face Hub has such a name (owner/model)"
    return ""


def model_folder(source: str, *, revision: str = "", offline: bool = False) -> Path:
    """Return the folder of a model, which is fetched first where it is a name on the Hub.

    Args:
        source: A folder, or a name on the Hub.
        revision: Branch, tag or commit on the Hub; empty for the newest.
        offline: Take it from the Hub's cache only.

    Raises:
        CheckpointError: There is no such folder, or no model in it.
        DownloadError: The Hub has no such model, or cannot be reached and the model is not in its cache.
        MissingPackageError: huggingface_hub is not installed.
    """
    problem = model_problem(source)
    if problem:
        raise CheckpointError(problem)
    folder = Path(source).expanduser()
    if folder.is_dir():
        return folder
    folder = _fetched(source, revision, offline=offline)
    problem = _folder_problem(folder)
    if problem:
        raise CheckpointError(problem)
    return folder


def model_files(folder: Path) -> list[Path]:
    """Return the files of a model that decide what it answers."""
    configs = [folder / name for name in _CONFIGS if (folder / name).is_file()]
    return [*configs, *sorted(folder.glob(_INDEX)), *sorted(folder.glob(_WEIGHTS))]


def _folder_problem(folder: Path) -> str:
    if not (folder / "config.json").is_file():
        return f"{folder} holds no model: there is no config.json"
    if not any((folder / name).is_file() for name in _CONFIGS[1:]):
        return f"{folder}: there is no preprocessor_config.json, which says how pictures are scaled"
    if not any(folder.glob(_WEIGHTS)):
        pickled = " (pickled weights are not read: they may hold programs)" if any(folder.glob("*.bin")) else ""
        return f"{folder}: there are no *.safetensors{pickled}; write them with save_pretrained"
    return ""


def _fetched(name: str, revision: str, *, offline: bool) -> Path:
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise MissingPackageError(
            "models of the Hugging Face Hub need huggingface_hub: pip install huggingface_hub"
        ) from error
    try:
        found = snapshot_download(
            name,
            revision=revision or None,
            allow_patterns=[*_CONFIGS, _WEIGHTS, _INDEX],
            local_files_only=offline,
        )
    except Exception as error:
        # Errors of the Hub, of the web and of the disk share no base class.
        told = next(iter(str(error).strip().splitlines()), type(error).__name__)
        way = "it is not in the cache; write offline = false" if offline else shown(told)
        at = f" at {revision}" if revision else ""
        raise DownloadError(f"{name}{at}: cannot be had from the Hugging Face Hub ({way})") from error
    return Path(found)
