"""``vtcore weights``: look at files of weights, convert, publish and fetch them. Light: no torch."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path

from vtcore.errors import VtcoreError

__all__ = ["add_arguments", "execute"]

_ACTIONS = {
    "inspect": "vtrack_nets.weights_inspection",
    "convert": "vtrack_nets.weights_conversion",
    "publish": "vtrack_nets.weights_publication",
    "fetch": "vtrack_nets.weights_cache",
    "list": "vtrack_nets.weights_cache",
    "clear": "vtrack_nets.weights_cache",
}
"""Module of every action; its function ``execute_<action>`` does it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="<action>", required=True, title="actions")
    _add_inspect(actions.add_parser("inspect", help="tell what a file of weights holds", allow_abbrev=False))
    _add_convert(actions.add_parser("convert", help="write weights under a component's own names", allow_abbrev=False))
    _add_publish(
        actions.add_parser("publish", help="write weights alone, with a hash in the file's name", allow_abbrev=False)
    )
    fetch = actions.add_parser("fetch", help="fetch the weights of an address to the cache", allow_abbrev=False)
    fetch.add_argument("address", metavar="ADDRESS", help="http:// or https://")
    _add_sha256(fetch)
    fetch.add_argument("--force", action="store_true", help="fetch them even where they are there")
    listing = actions.add_parser("list", help="list the weights that were fetched", allow_abbrev=False)
    listing.add_argument("--json", action="store_true", help="as JSON")
    clear = actions.add_parser("clear", help="remove weights that were fetched", allow_abbrev=False)
    clear.add_argument("address", nargs="*", metavar="ADDRESS", help="only those of these addresses; default: all")


def execute(arguments: argparse.Namespace) -> int:
    """Do what is asked, and return the exit status."""
    module = importlib.import_module(_ACTIONS[arguments.action])
    status: int = getattr(module, f"execute_{arguments.action}")(arguments)
    return status


def _add_inspect(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="FILE", help="file, or address, which is fetched")
    _add_sha256(parser)
    parser.add_argument("--ema", action="store_true", help="look at the moving average of the weights")
    parser.add_argument("--names", action="store_true", help="list every tensor: name, shape, type")
    parser.add_argument("--json", action="store_true", help="as JSON")


def _add_convert(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="FILE", help="file, or address, which is fetched")
    parser.add_argument("target", type=Path, metavar="NEW", help="file to write: .safetensors, .pth or .pt")
    parser.add_argument("--component", required=True, metavar="NAME", help="component whose names it gets: yolox")
    parser.add_argument("--kind", default="", help="kind of the component, where several have the name")
    _add_sha256(parser)
    parser.add_argument("--ema", action="store_true", help="take the moving average of the weights")
    parser.add_argument("--force", action="store_true", help="replace the file where it is there")


def _add_publish(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="FILE", help="file, or address, which is fetched")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="folder to write to; it is made")
    parser.add_argument("--name", default="", help="name of the new file without hash and ending; default: as it is")
    parser.add_argument(
        "--format", choices=("safetensors", "pth"), default="safetensors", help="of the new file; default: safetensors"
    )
    parser.add_argument("--ema", action="store_true", help="take the moving average of the weights")
    parser.add_argument(
        "--meta", action="append", default=[], type=_pair, metavar="KEY=VALUE", help="a note for the file; repeatable"
    )


def _add_sha256(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--sha256", default="", metavar="HASH", help="SHA-256 that the file must have, or its beginning"
    )


def _pair(text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not sign or not key.strip():
        raise argparse.ArgumentTypeError(f"must be KEY=VALUE, got {text!r}")
    if key.strip() in ("format", "source", "source_sha256", "vtcore"):
        raise argparse.ArgumentTypeError(f"{key.strip()} is written anyway; take another key")
    return key.strip(), value.strip()


def must_not_exist(path: Path, *, force: bool) -> None:
    """Refuse to replace a file.

    Raises:
        VtcoreError: It is there.
    """
    if path.exists() and not force:
        raise VtcoreError(f"{path}: is there already; --force replaces it")
