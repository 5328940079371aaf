"""Where the values of a TOML document stand: the line of every key, table and array element.

tomli tells no positions, so this walks the text once more. It expects text that tomli has accepted and checks
nothing; it knows strings, comments, brackets and keys, and skips every other value unread.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import tomli

__all__ = ["KeyPath", "key_lines", "key_text", "parse_key", "value_end"]

KeyPath = tuple[str | int, ...]
"""Keys and, for elements of arrays, 0-based indices, from the root of a document."""

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_KEY_SEPARATOR = re.compile(r"[ \t]*\.[ \t]*")
_SCALAR = re.compile(r"[^,\]}\n#]*")
_STRING = re.compile(
    r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}'
    r"|'''(?:[^']|'{1,2}(?!'))*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)


def key_lines(text: str) -> dict[KeyPath, int]:
    """Return the 1-based line of every key, table and array element of a valid TOML document.

    A value stands on the line on which it begins; a table on the line of its header, or, where it has none, of the
    first key that mentions it.

    Args:
        text: The document, as tomli accepted it.
    """
    return _Walk(text.replace("\r\n", "\n")).document()


def key_text(path: Iterable[str | int]) -> str:
    """Write a key path with dots, quoting the parts that TOML wants quoted."""
    return ".".join(_part_text(str(part)) for part in path)


def parse_key(text: str) -> tuple[tuple[str, ...], int] | None:
    """Read a dotted key at the start of `text`.

    Returns:
        Its parts and the position after it; None where no key stands there.
    """
    walk = _Walk(text)
    try:
        return walk.key(), walk.at
    except ValueError:
        return None


def value_end(text: str) -> int:
    """Return the position after the TOML value that `text` begins with."""
    walk = _Walk(text)
    walk.value(())
    return walk.at


def _part_text(part: str) -> str:
    if _BARE_KEY.fullmatch(part):
        return part
    escaped = part.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in escaped) + '"'


class _Walk:
    """One pass over a document: `at` is the position, `lines` what was found."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[KeyPath, int] = {}
        self._counted_to = 0
        self._line = 1
        self._array_lengths: dict[KeyPath, int] = {}

    def document(self) -> dict[KeyPath, int]:
        table: KeyPath = ()
        self.skip(_BLANK)
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self.header()
            else:
                self.pair(table)
            self.skip(_BLANK)
        return self.lines

    def header(self) -> KeyPath:
        """Read ``[a.b]`` or ``[[a.b]]`` and return the path of the table it opens."""
        line = self.line()
        is_array = self.text.startswith("[[", self.at)
        self.at += 2 if is_array else 1
        self.skip(_SPACE)
        *parents, last = self.key()
        self.skip(_SPACE)
        self.at += 2 if is_array else 1
        table: KeyPath = ()
        for part in parents:
            table = self.newest((*table, part))
            self.lines.setdefault(table, line)
        table = (*table, last)
        if not is_array:
            # An earlier header may have mentioned this table on its way to another; its own header counts.
            self.lines[table] = line
            return table
        self.lines.setdefault(table, line)
        index = self._array_lengths.get(table, 0)
        self._array_lengths[table] = index + 1
        element = (*table, index)
        self.lines[element] = line
        return element

    def newest(self, path: KeyPath) -> KeyPath:
        """Return the last table of an array of tables, which headers below it mean; any other path as it is."""
        length = self._array_lengths.get(path)
        return path if length is None else (*path, length - 1)

    def pair(self, table: KeyPath) -> None:
        line = self.line()
        path = table
        for part in self.key():
            path = (*path, part)
            self.lines.setdefault(path, line)
        self.skip(_SPACE)
        self.at += 1  # the equals sign
        self.skip(_SPACE)
        self.value(path)

    def key(self) -> tuple[str, ...]:
        parts = [self.key_part()]
        while separator := _KEY_SEPARATOR.match(self.text, self.at):
            self.at = separator.end()
            parts.append(self.key_part())
        return tuple(parts)

    def key_part(self) -> str:
        pattern = _STRING if self.text[self.at : self.at + 1] in ("'", '"') else _BARE_KEY
        match = pattern.match(self.text, self.at)
        if match is None:
            raise ValueError(f"no key at position {self.at}")
        self.at = match.end()
        written = match.group()
        if pattern is _BARE_KEY:
            return written
        if "\\" not in written or written[0] == "'":
            return written[1:-1]
        text: str = tomli.loads(f"key = {written}")["key"]
        return text

    def value(self, path: KeyPath) -> None:
        opening = self.text[self.at]
        if opening in "'\"":
            self.skip(_STRING)
        elif opening == "[":
            self.array(path)
        elif opening == "{":
            self.inline_table(path)
        else:
            self.skip(_SCALAR)

    def array(self, path: KeyPath) -> None:
        self.at += 1
        self.skip(_BLANK)
        index = 0
        while self.text[self.at] != "]":
            element = (*path, index)
            self.lines[element] = self.line()
            self.value(element)
            self.skip_comma()
            index += 1
        self.at += 1

    def inline_table(self, path: KeyPath) -> None:
        self.at += 1
        self.skip(_BLANK)
        while self.text[self.at] != "}":
            self.pair(path)
            self.skip_comma()
        self.at += 1

    def skip_comma(self) -> None:
        self.skip(_BLANK)
        if self.text[self.at] == ",":
            self.at += 1
            self.skip(_BLANK)

    def skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.at)
        if match is not None:
            self.at = match.end()

    def line(self) -> int:
        """Return the line of the current position, counting on from the last one asked for."""
        self._line += self.text.count("\n", self._counted_to, self.at)
        self._counted_to = self.at
        return self._line
