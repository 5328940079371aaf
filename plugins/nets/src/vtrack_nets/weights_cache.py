"""``vtcore weights fetch``, ``list`` and ``clear``: the weights that were fetched. Light: no torch."""

from __future__ import annotations

import argparse
import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import attrs

from vtcore.cli.console import output_console, print_json
from vtcore.errors import OutputError, VtcoreError
from vtcore.files import PARTIAL
from vtrack_nets.downloads import ABOUT, LOCK, download, fetched_facts
from vtrack_nets.errors import DownloadError
from vtrack_nets.locks import locked
from vtrack_nets.sources import cached_file, is_address, source_problem, weights_folder

__all__ = ["FetchedWeights", "clear", "execute_clear", "execute_fetch", "execute_list", "fetched"]


@attrs.frozen
class FetchedWeights:
    """A file in the cache, or the beginning of one.

    Attributes:
        folder: Where it lies, with nothing else.
        file: The file, or what there is of it.
        size: In bytes.
        address: Where it is from; empty where nobody wrote that down.
        sha256: Its hash as it was fetched.
        complete: Whether it is whole.
    """

    folder: Path
    file: Path
    size: int
    address: str
    sha256: str
    complete: bool


def execute_fetch(arguments: argparse.Namespace) -> int:
    """Fetch a file, and print where it is."""
    address = arguments.address
    if not is_address(address) or address.lower().startswith("file:"):
        raise DownloadError(f"{address}: an address begins with http:// or https://")
    if problem := source_problem(address):
        raise DownloadError(problem)
    path = cached_file(address)
    there = path.is_file() and not arguments.force
    if not there:
        download(address, path, sha256=arguments.sha256, force=arguments.force)
    elif arguments.sha256:
        from vtrack_nets.file_hash import check_hash

        check_hash(path, arguments.sha256)
    print(path)
    return 0


def execute_list(arguments: argparse.Namespace) -> int:
    """Print what was fetched."""
    found = list(fetched())
    if arguments.json:
        print_json([{**attrs.asdict(each), "folder": str(each.folder), "file": str(each.file)} for each in found])
        return 0
    if not found:
        print(f"nothing was fetched to {weights_folder()}")
        return 0
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading, side in (("file", "left"), ("bytes", "right"), ("sha256", "left"), ("address", "left")):
        table.add_column(heading, justify=side, overflow="fold")  # type: ignore[arg-type]
    for each in found:
        state = each.sha256[:8] if each.complete else "unfinished"
        table.add_row(each.file.name.removesuffix(PARTIAL), f"{each.size:,}", state, each.address)
    output_console().print(table)
    return 0


def execute_clear(arguments: argparse.Namespace) -> int:
    """Remove what was fetched."""
    folders = None
    if arguments.address:
        folders = {cached_file(address).parent for address in arguments.address}
        missing = [address for address in arguments.address if not cached_file(address).parent.is_dir()]
        if missing:
            raise VtcoreError(f"{missing[0]}: was not fetched; vtcore weights list shows what was")
    removed, busy = clear(folders)
    size = sum(each.size for each in removed)
    print(f"removed {len(removed)} file{'' if len(removed) == 1 else 's'}, {size:,} bytes, from {weights_folder()}")
    for each in busy:
        print(f"{each.file.name} is just being fetched, and stays")
    return 0


def fetched() -> Iterator[FetchedWeights]:
    """Yield what is in the cache, sorted by name."""
    files = [
        file
        for file in weights_folder().glob("*/*")
        if file.is_file() and not file.name.endswith((ABOUT, LOCK)) and not file.name.startswith(".")
    ]
    for file in sorted(files, key=lambda file: (file.name, file)):
        with contextlib.suppress(FileNotFoundError):  # Finished or removed meanwhile.
            about = fetched_facts(file)
            yield FetchedWeights(
                file.parent,
                file,
                file.stat().st_size,
                str(about.get("address", "")),
                str(about.get("sha256", "")),
                not file.name.endswith(PARTIAL),
            )


def clear(folders: set[Path] | None = None) -> tuple[list[FetchedWeights], list[FetchedWeights]]:
    """Remove files from the cache.

    Args:
        folders: Only those in these folders; None for all.

    Returns:
        What was removed, and what some process is just fetching, which stays.

    Raises:
        OutputError: Something cannot be removed.
    """
    removed, busy = [], []
    for each in fetched():
        if folders is not None and each.folder not in folders:
            continue
        try:
            with locked(each.folder / (each.file.name.removesuffix(PARTIAL) + LOCK), waiting=_give_up):
                shutil.rmtree(each.folder)
            removed.append(each)
        except _BusyError:
            busy.append(each)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise OutputError(f"{each.folder}: cannot be removed: {error.strerror or error}") from error
    return removed, busy


class _BusyError(Exception):
    """Another process holds a lock."""


def _give_up() -> None:
    raise _BusyError
