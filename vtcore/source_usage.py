"""What a package uses of the core, read from its source without importing it."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from pathlib import Path

import attrs

import vtcore

__all__ = ["Use", "uses_in"]


@attrs.frozen
class Use:
    """One place where something of the core is used.

    Attributes:
        name: Dotted path with the module where it is defined (``vtcore.frames.Frame``), or a hook.
        argument: The argument that is handed over, or taken by the implementation of a hook; empty for the thing
            itself.
        file: The source.
        line: 1-based.
    """

    name: str
    argument: str
    file: Path
    line: int


def uses_in(file: Path, wanted: Collection[str]) -> Iterator[Use]:
    """Yield what a module uses.

    Args:
        file: The module's source; one that cannot be read or parsed uses nothing.
        wanted: Names as in `Use`; others are not looked for.
    """
    try:
        text = file.read_text(encoding="utf-8")
        # Most modules use none of it, and parsing takes longest.
        if not any(name.rpartition(".")[2] in text for name in wanted):
            return
        tree = ast.parse(text)
    except (OSError, ValueError, SyntaxError):
        return
    reader = _Reader(file)
    reader.visit(tree)
    yield from sorted((use for use in reader.found if use.name in wanted), key=lambda use: use.line)


class _Reader(ast.NodeVisitor):
    """Follows imported names through a module."""

    def __init__(self, file: Path) -> None:
        self.found: set[Use] = set()
        self._file = file
        self._names: dict[str, str] = {}

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            if alias.asname:
                self._names[alias.asname] = alias.name
            else:
                top = alias.name.partition(".")[0]
                self._names[top] = top
            self._add(alias.name, node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.level or not node.module:
            return
        for alias in node.names:
            name = _defined(f"{node.module}.{alias.name}")
            self._names[alias.asname or alias.name] = name
            self._add(name, node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        name = self._dotted(node)
        if name is None:
            self.generic_visit(node)
        else:
            self._add(name, node)

    def visit_Name(self, node: ast.Name) -> None:
        if node.id in self._names:
            self._add(self._names[node.id], node)

    def visit_Call(self, node: ast.Call) -> None:
        name = self._dotted(node.func)
        if name is not None:
            for keyword in node.keywords:
                if keyword.arg:
                    self._add(name, keyword.value, keyword.arg)
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        hook = self._hook(node)
        if hook:
            self._add(hook, node)
            taken = node.args.posonlyargs + node.args.args
            # As pluggy does: an argument with a default is the plugin's own affair.
            for argument in taken[: len(taken) - len(node.args.defaults)]:
                self._add(hook, argument, argument.arg)
        self.generic_visit(node)

    def _hook(self, node: ast.FunctionDef) -> str:
        """Return the hook that a function implements, empty for any other function."""
        for decorator in node.decorator_list:
            call = decorator if isinstance(decorator, ast.Call) else None
            if self._dotted(call.func if call else decorator) == "vtcore.hookspecs.hookimpl":
                named = [each.value for each in call.keywords if each.arg == "specname"] if call else []
                return str(named[0].value) if named and isinstance(named[0], ast.Constant) else node.name
        return ""

    def _dotted(self, node: ast.expr) -> str | None:
        """Return the dotted path that a chain of attributes stands for, None where it does not begin at an import."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id not in self._names:
            return None
        return _defined(".".join([self._names[node.id], *reversed(parts)]))

    def _add(self, name: str, node: ast.expr | ast.stmt | ast.arg, argument: str = "") -> None:
        self.found.add(Use(name, argument, self._file, node.lineno))


def _defined(name: str) -> str:
    """Return where a public name of the core is defined: ``vtcore.Frame`` is ``vtcore.frames.Frame``."""
    package, _, rest = name.partition(".")
    first, _, more = rest.partition(".")
    home = vtcore.home_of(first) if package == "vtcore" else None
    return name if home is None else ".".join(part for part in (home, first, more) if part)
