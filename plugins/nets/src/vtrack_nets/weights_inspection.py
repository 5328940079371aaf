"""``vtcore weights inspect``: what a file of weights holds."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

from vtcore.cli.console import print_json
from vtrack_nets.checkpoints import Checkpoint, read_checkpoint
from vtrack_nets.errors import shown
from vtrack_nets.file_hash import file_hash
from vtrack_nets.sources import local_file

__all__ = ["execute_inspect", "inspected"]

_MOST_GROUPS = 12


def execute_inspect(arguments: argparse.Namespace) -> int:
    """Print what a file holds."""
    path = local_file(arguments.source, arguments.sha256)
    checkpoint = read_checkpoint(path, sha256=arguments.sha256, average=arguments.ema)
    facts = inspected(path, checkpoint)
    if arguments.json:
        print_json(facts | ({"names": _names(checkpoint)} if arguments.names else {}))
        return 0
    for key, text in _lines(facts):
        print(f"{key + ':':<12} {text}")
    if arguments.names:
        for entry in _names(checkpoint):
            print(f"{shown(entry['name'])}  {tuple(entry['shape'])}  {entry['dtype']}")
    return 0


def inspected(path: Path, checkpoint: Checkpoint) -> dict[str, Any]:
    """Return as plain data what is to be told of a file of weights."""
    state = checkpoint.state
    return {
        "file": str(path),
        "size": path.stat().st_size,
        "sha256": file_hash(path),
        "layout": checkpoint.layout,
        "wrapper": list(checkpoint.wrapper),
        "prefix": checkpoint.prefix,
        "tensors": len(state),
        "parameters": sum(value.numel() for value in state.values()),
        "dtypes": dict(Counter(str(value.dtype).removeprefix("torch.") for value in state.values())),
        "groups": dict(Counter(name.partition(".")[0] for name in state)),
        "beside": dict(checkpoint.beside),
    }


def _names(checkpoint: Checkpoint) -> list[dict[str, Any]]:
    return [
        {"name": name, "shape": list(value.shape), "dtype": str(value.dtype).removeprefix("torch.")}
        for name, value in checkpoint.state.items()
    ]


def _lines(facts: dict[str, Any]) -> list[tuple[str, str]]:
    groups = [f"{shown(name)} ({count})" for name, count in facts["groups"].items()]
    more = len(groups) - _MOST_GROUPS
    lines = [
        ("file", facts["file"]),
        ("size", f"{facts['size']:,} bytes"),
        ("sha256", facts["sha256"]),
        ("layout", facts["layout"]),
        ("under", " > ".join(facts["wrapper"]) or "nothing"),
        ("prefix", shown(facts["prefix"]) or "none"),
        ("tensors", f"{facts['tensors']:,}"),
        ("parameters", f"{facts['parameters']:,}"),
        ("types", ", ".join(f"{name} ({count})" for name, count in facts["dtypes"].items())),
        ("names", ", ".join(groups[:_MOST_GROUPS]) + (f" and {more} more" if more > 0 else "")),
    ]
    return lines + [("beside", f"{shown(key)}: {shown(text)}") for key, text in facts["beside"].items()]
