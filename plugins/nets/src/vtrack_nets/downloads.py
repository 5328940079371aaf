"""Files from the web, fetched once: whole or not at all, gone on with after a break, checked by their hash."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import logging
import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vtcore.files import PARTIAL
from vtrack_nets.errors import DownloadError
from vtrack_nets.locks import locked
from vtrack_nets.progress import Progress
from vtrack_nets.sources import hash_in_name
from vtrack_nets.web import Answer, PassingError, ask, shown_address

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ABOUT", "LOCK", "download", "fetched_facts", "replace_another"]

ABOUT = ".json"
"""Ending of the file beside a fetched one that says where it is from."""

LOCK = ".lock"
"""Ending of the file beside it that one process at a time holds."""

_TRIES = 4
"""How often a request may fail without a byte won."""

_PAUSE_SECONDS = 0.5
"""Before the second try; each further pause is twice as long."""

_BLOCK = 1 << 18

_log = logging.getLogger("vtcore")


def download(address: str, path: Path, *, sha256: str = "", force: bool = False) -> None:
    """Fetch a file, unless another process does so first.

    What arrives is kept in ``<path>.partial`` until it is whole; a later call goes on there where the server can, and
    the file has not changed meanwhile. Progress is shown on a terminal only.

    Args:
        address: With http or https.
        path: Where the file is to be; its folder is made.
        sha256: As for `local_file`.
        force: Fetch it even where it is there; the file that is there stays until the new one is whole.

    Raises:
        DownloadError: It cannot be fetched or written, or is another than the hash says.
    """
    if sha256 and re.fullmatch(r"[0-9a-fA-F]{8,64}", sha256) is None:
        raise DownloadError(f"{shown_address(address)}: sha256 {sha256!r} is none: give 8 to 64 hexadecimal digits")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        before = _identity(path)
        lock = path.with_name(path.name + LOCK)
        waits = f"waiting for another process that fetches {shown_address(address)}"
        with locked(lock, waiting=lambda: _log.info(waits)) as alone:
            # Whoever held the lock may have fetched it.
            if path.is_file() and not (force and _identity(path) == before):
                return
            partial = path.with_name(path.name + PARTIAL if alone else f"{path.name}.{os.getpid()}{PARTIAL}")
            _Download(address, partial, sha256 or hash_in_name(path.name), bool(sha256)).into(path)
    except OSError as error:
        told = f"{shown_address(address)}: cannot be kept in {path.parent}: {error.strerror or error}"
        raise DownloadError(f"{told}; VTCORE_CACHE names another folder") from error


def replace_another(address: str, path: Path, sha256: str) -> None:
    """Fetch a file anew where the one that is there was another when it was fetched, as with an address that moved on.

    Args:
        address: As for `download`.
        path: The file that is there; it stays where no other can be had.
        sha256: The hash that it must have, or its beginning.

    Raises:
        DownloadError: It is another, and the right one cannot be fetched.
    """
    had = str(fetched_facts(path).get("sha256", ""))
    if not had or had.startswith(sha256.lower()):
        return
    try:
        download(address, path, sha256=sha256, force=True)
    except DownloadError as error:
        raise DownloadError(f"{error} (what was fetched earlier has the sha256 {had})") from error


def fetched_facts(path: Path) -> dict[str, Any]:
    """Return what was written down when a file was fetched: address, sha256, size, time; empty where nothing was."""
    try:
        read = json.loads(path.with_name(path.name + ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


class _Download:
    """One file on its way."""

    def __init__(self, address: str, partial: Path, wanted: str, given: bool) -> None:
        self._address = address
        self._partial = partial
        self._notes = partial.with_name(partial.name + ABOUT)
        self._wanted = wanted.lower()
        self._given = given
        self._place = shown_address(address)

    def into(self, path: Path) -> None:
        """Fetch it, check it, and move it to its place."""
        _log.info("fetching %s to %s", self._place, path)
        with Progress(path.name) as progress:
            resumed = self._partial.is_file() and self._mark() != ""
            digest = self._fetched(progress)
            if self._wanted and not digest.startswith(self._wanted) and resumed:
                # The beginning may have been of another file after all.
                self._forget()
                digest = self._fetched(progress)
        if self._wanted and not digest.startswith(self._wanted):
            self._forget()
            raise DownloadError(self._mismatch(digest))
        about = {"address": self._place, "sha256": digest, "size": self._partial.stat().st_size, "fetched": time.time()}
        self._partial.replace(path)
        path.with_name(path.name + ABOUT).write_text(json.dumps(about, indent=2), encoding="utf-8")
        self._notes.unlink(missing_ok=True)

    def _fetched(self, progress: Progress) -> str:
        """Fetch all that is missing, with some patience, and return the hash of the whole."""
        failures = 0
        while True:
            had = self._size()
            try:
                return self._attempt(progress)
            except PassingError as failure:
                failures = 1 if self._size() > had else failures + 1
                if failures >= _TRIES:
                    kept = f"; what came so far, {self._size():,} bytes, is kept" if self._size() else ""
                    raise DownloadError(f"{failure}{kept}") from failure
                time.sleep(_PAUSE_SECONDS * 2 ** (failures - 1))

    def _attempt(self, progress: Progress) -> str:
        mark = self._mark()
        had = self._size() if mark else 0
        answer = ask(self._address, start=had, mark=mark)
        if answer is None:
            # What is here is of another file, or all of it and more.
            self._forget()
            answer = ask(self._address)
        if answer is None:
            raise DownloadError(f"{self._place}: cannot be fetched: the server makes no sense")
        with contextlib.closing(answer.body):
            return self._written(answer, progress)

    def _written(self, answer: Answer, progress: Progress) -> str:
        """Write what arrives behind what is here, and return the hash of the whole."""
        self._require_space(answer)
        digest = self._digest_of_beginning(answer.start)
        self._notes.write_text(json.dumps({"address": self._place, "mark": answer.mark}), encoding="utf-8")
        done = answer.start
        with self._partial.open("ab" if answer.start else "wb") as file:
            progress.begin(answer.size, done)
            for block in self._blocks(answer):
                file.write(block)
                digest.update(block)
                done += len(block)
                progress.advance(len(block))
            file.flush()
            os.fsync(file.fileno())
        if answer.size is not None and done < answer.size:
            raise PassingError(f"{self._place}: the connection ended after {done:,} of {answer.size:,} bytes")
        if done == 0:
            raise DownloadError(f"{self._place}: cannot be fetched: the file is empty")
        return str(digest.hexdigest())

    def _blocks(self, answer: Answer) -> Iterator[bytes]:
        read: Callable[[int], bytes] = answer.body.read
        while True:
            try:
                block = read(_BLOCK)
            except (OSError, http.client.HTTPException) as error:
                raise PassingError(f"{self._place}: the connection broke: {error or type(error).__name__}") from error
            if not block:
                return
            yield block

    def _digest_of_beginning(self, size: int) -> Any:
        digest = hashlib.sha256()
        if size:
            with self._partial.open("rb") as file:
                while block := file.read(_BLOCK):
                    digest.update(block)
        return digest

    def _require_space(self, answer: Answer) -> None:
        missing = (answer.size or 0) - answer.start
        free = shutil.disk_usage(self._partial.parent).free
        if missing > free:
            told = f"{self._place}: needs {missing:,} bytes in {self._partial.parent}, where {free:,} are free"
            raise DownloadError(f"{told}; make room, or name another folder by VTCORE_CACHE")

    def _size(self) -> int:
        try:
            return self._partial.stat().st_size
        except FileNotFoundError:
            return 0

    def _mark(self) -> str:
        """Return the mark of the file that the beginning is of, empty where nothing can be gone on with."""
        try:
            notes = json.loads(self._notes.read_text(encoding="utf-8"))
            return str(notes["mark"]) if notes["address"] == self._place and self._size() else ""
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    def _forget(self) -> None:
        self._partial.unlink(missing_ok=True)
        self._notes.unlink(missing_ok=True)

    def _mismatch(self, digest: str) -> str:
        if self._given:
            told = f"has the sha256 {digest}, not {self._wanted}: it is another file, or was damaged on its way"
        else:
            told = (
                f"has the sha256 {digest}, but its name says {self._wanted}: it was damaged on its way, or changed; "
                "where it is the right one all the same, give that hash as weights_sha256"
            )
        return f"{self._place}: {told}; it is not kept"


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from one that replaces it."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns
