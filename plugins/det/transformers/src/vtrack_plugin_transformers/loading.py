"""Models and their handling of pictures, out of a folder: no pickles, no code, no web."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from vtcore.errors import MissingPackageError
from vtrack_nets.errors import CheckpointError, shown

__all__ = ["load_model"]

_SHOWN = 3


def load_model(folder: Path) -> tuple[Any, Any]:
    """Return what scales pictures, and the model, in float32.

    Args:
        folder: As ``save_pretrained`` writes it.

    Raises:
        MissingPackageError: transformers is not installed, or what the model's backbone needs.
        CheckpointError: The folder holds no object detection model, or its weights are damaged or another model's.
    """
    try:
        transformers: Any = import_module("transformers")
    except ImportError as error:
        raise MissingPackageError("detector 'transformers' needs transformers: pip install transformers") from error
    options: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    with _quiet(), _told(folder):
        config: Any = transformers.AutoConfig.from_pretrained(folder, **options)
        parts: list[Any] = [config, getattr(config, "backbone_config", None)]
        for part in parts:
            if getattr(part, "use_pretrained_backbone", False):
                # Its weights are in the file: nothing is fetched for it.
                part.use_pretrained_backbone = False
        processor = transformers.AutoImageProcessor.from_pretrained(folder, **options)
        model, report = transformers.AutoModelForObjectDetection.from_pretrained(
            folder, config=config, dtype=torch.float32, use_safetensors=True, output_loading_info=True, **options
        )
    if not hasattr(processor, "post_process_object_detection"):
        raise CheckpointError(
            f"{type(processor).__name__} makes no boxes of the model's answer: it is no object detection model",
            file=folder,
        )
    _check(report, model, folder)
    return processor, model


def _check(report: Any, model: Any, folder: Path) -> None:
    """Refuse weights that are not there, which transformers would draw at random."""
    missing = sorted(report["missing_keys"])
    if missing:
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        names = ", ".join(map(shown, missing[:_SHOWN]))
        raise CheckpointError(
            f"holds no weights of {type(model).__name__} for {names}{more}: they are another model's, or not complete",
            file=folder,
        )


@contextlib.contextmanager
def _told(folder: Path) -> Iterator[None]:
    """Say in one line what keeps a model from being loaded."""
    try:
        yield
    except ImportError as error:
        raise MissingPackageError(
            f"{folder}: {_first(error)}; pip install 'vtrack-plugin-transformers[timm]'"
        ) from error
    except Exception as error:
        # What transformers and safetensors raise shares no base class.
        raise CheckpointError(
            f"holds no object detection model that can be read ({_first(error)})", file=folder
        ) from error


def _first(error: Exception) -> str:
    return shown(next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers' own bars and reports off the terminal: what matters is raised."""
    # Not typed all through.
    logging: Any = import_module("transformers.utils.logging")
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
