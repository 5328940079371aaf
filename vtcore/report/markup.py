"""HTML and SVG put together so that text is always escaped.

`tag` makes an element; whatever is not `Markup` already is text and gets escaped, in content and in attributes.
"""

from __future__ import annotations

import html
from collections.abc import Iterable

__all__ = ["Child", "Markup", "joined", "tag"]


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


Child = str | int | float | None
"""What may stand inside an element: markup, text, a number, or nothing."""

_VOID = frozenset({"meta", "img", "br", "hr", "link", "input"})


def tag(name: str, /, *children: Child | Iterable[Child], **attributes: object) -> Markup:
    """Return an element.

    Args:
        name: ``"p"``.
        children: Content, in order; iterables are taken apart.
        attributes: ``class_`` stands for ``class``, ``aria_label`` for ``aria-label``. None and False leave an
            attribute out, True writes it without a value.
    """
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Markup(f"<{name}{written}>")
    return Markup(f"<{name}{written}>{joined(*children)}</{name}>")


def joined(*children: Child | Iterable[Child]) -> Markup:
    """Return children one after the other, text escaped."""
    parts: list[str] = []
    for child in children:
        if child is None:
            continue
        if isinstance(child, Markup):
            parts.append(child)
        elif isinstance(child, str | int | float):
            parts.append(html.escape(str(child)))
        else:
            parts.extend(joined(item) for item in child)
    return Markup("".join(parts))


def _attribute(key: str, value: object) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{html.escape(str(value))}"'
