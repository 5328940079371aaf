"""Large JSON files read element by element, with the place of each, so that none need be kept.

Annotation files of video data sets reach gigabytes, most of it in a few long lists. Decoded at once they take ten times
their size in memory; here one element of one list is decoded at a time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import attrs

from vtcore.errors import DataError

__all__ = ["Element", "read_places", "stream_elements"]

_CHUNK = 1 << 22
_SPACE = re.compile(r"[ \t\r\n]*")
_COMMA = re.compile(r"[ \t\r\n]*,[ \t\r\n]*")
_NUMERIC = ".eE+-"
_NUMBER_TAIL = 2
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@attrs.define
class Element:
    """One element of a list that stands in the file's outermost object.

    Attributes:
        key: Key of the list.
        value: The element.
        start: Where it starts, in bytes.
        stop: Where it stops.
    """

    key: str
    value: Any
    start: int
    stop: int


def stream_elements(path: Path, *, chunk: int = _CHUNK) -> Iterator[Element]:
    """Yield the elements of all lists of a file's outermost object, in order; other values are passed over.

    Args:
        path: The file.
        chunk: How many bytes to read at a time.

    Raises:
        DataError: The file cannot be read, or is no JSON object; the line is named.
    """
    try:
        with path.open("rb") as file:
            yield from _Scanner(file, path, chunk).elements()
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}", file=path) from None


def read_places(path: Path, places: Iterable[tuple[int, int]]) -> list[Any]:
    """Decode the elements at some places, start and stop in bytes, as `stream_elements` told them.

    Raises:
        DataError: The file cannot be read, or has changed since.
    """
    try:
        with path.open("rb") as file:
            values = []
            for start, stop in places:
                file.seek(start)
                values.append(json.loads(file.read(stop - start)))
            return values
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}", file=path) from None
    except ValueError:
        raise DataError("has changed since it was listed; start anew", file=path) from None


class _Scanner:
    """Goes through a file, of which it holds what it has not decoded yet.

    Bytes are looked at as Latin-1, one character each, so that places are bytes; what is not ASCII is decoded again.
    """

    def __init__(self, file: IO[bytes], path: Path, chunk: int) -> None:
        self._file = file
        self._path = path
        self._chunk = chunk
        self._decoder = json.JSONDecoder()
        self._text = ""
        self._at = 0
        self._base = 0
        self._ended = False

    def elements(self) -> Iterator[Element]:
        self._more()
        if self._text.startswith(_BYTE_ORDER_MARK.decode("latin-1")):
            self._at = len(_BYTE_ORDER_MARK)
        self._take("{")
        if self._next() == "}":
            return
        while True:
            key = self._value()[0]
            self._take(":")
            if self._next() == "[":
                yield from self._list(str(key))
            else:
                self._value()
            if self._take(",}") == "}":
                return

    def _list(self, key: str) -> Iterator[Element]:
        self._take("[")
        if self._next() == "]":
            self._take("]")
            return
        decode, comma = self._decoder.raw_decode, _COMMA.match
        while True:
            # Nearly all elements are objects that lie in what is held, with a comma behind them.
            text, at, base = self._text, self._at, self._base
            if text.isascii():
                try:
                    while text[at : at + 1] == "{":
                        value, stop = decode(text, at)
                        found = comma(text, stop)
                        if found is None or found.end() == len(text):
                            break
                        self._at = found.end()
                        yield Element(key, value, base + at, base + stop)
                        at = self._at
                except ValueError:
                    pass  # It is cut off, or wrong: looked at below.
            value, start, stop = self._value()
            yield Element(key, value, start, stop)
            if self._take(",]") == "]":
                return
            self._next()

    def _more(self) -> bool:
        """Read on; False at the end of the file."""
        # A value longer than what is held is met with ever longer reads, so that it is not decoded over and over.
        data = self._file.read(max(self._chunk, len(self._text) - self._at))
        self._ended = not data
        self._text = self._text[self._at :] + data.decode("latin-1")
        self._base += self._at
        self._at = 0
        return bool(data)

    def _next(self) -> str:
        """Return the next character that is no blank, without taking it; empty at the end."""
        while True:
            match = _SPACE.match(self._text, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def _take(self, allowed: str) -> str:
        found = self._next()
        if found == "" or found not in allowed:
            wanted = " or ".join(map(repr, allowed))
            raise self._error(f"expected {wanted}, got {found!r}" if found else f"ends where {wanted} should be")
        self._at += 1
        return found

    def _value(self) -> tuple[Any, int, int]:
        """Return the next value and its place."""
        self._next()
        while True:
            try:
                value, stop = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                cut = error.msg.startswith("Unterminated string") or error.pos >= len(self._text) - len("-Infinity")
                if cut and not self._ended:
                    self._more()
                    continue
                self._at = min(error.pos, len(self._text))
                raise self._error(error.msg) from None
            # A number may go on in what is not read yet; "1." and "1e" are read as 1 so far.
            if not self._ended and len(self._text) - stop <= _NUMBER_TAIL and not self._text[stop:].strip(_NUMERIC):
                self._more()
                continue
            start, text = self._at, self._text[self._at : stop]
            self._at = stop
            if not text.isascii():
                value = json.loads(text.encode("latin-1"))
            return value, self._base + start, self._base + stop

    def _error(self, message: str) -> DataError:
        self._file.seek(0)
        line = 1 + self._file.read(self._base + self._at).count(b"\n")
        return DataError(f"not JSON: {message}", file=self._path, line=line)
