"""Statements of a Python config, followed one after the other: nothing of the file is executed."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

from vtcore.errors import Problem
from vtcore.migration.expressions import Expressions
from vtcore.migration.methods import METHODS, NotUnderstoodError
from vtcore.migration.values import Imported, Unread, Value

__all__ = ["BASE", "follow", "is_read_base"]

BASE = "_base_"


def is_read_base(statement: ast.stmt) -> bool:
    """Whether it is ``with read_base():``, in which newer configs import their bases."""
    return isinstance(statement, ast.With) and [ast.unparse(item) for item in statement.items] == ["read_base()"]


def follow(
    tree: ast.Module, file: str, base: Value, names: Mapping[str, Value]
) -> tuple[dict[str, Value], list[Problem]]:
    """Follow the statements of a config.

    Args:
        tree: Its syntax.
        file: Its name, for places.
        base: What its bases say together, known to it as ``_base_``; the statements may change it.
        names: What it knows by name from bases that it imports.

    Returns:
        What its names stand for in the end, and the statements that were not understood. Names that such a statement
        gives a value stand for an `Unread`.
    """
    followed = _Statements(file, base)
    followed.names.update(names)
    for statement in tree.body:
        followed.run(statement)
    kept = {
        name: value
        for name, value in followed.names.items()
        if not name.startswith("__") and name != BASE and not (isinstance(value.data, Imported) and name == value.data)
    }
    return kept, followed.problems


class _Statements:
    def __init__(self, file: str, base: Value) -> None:
        self.names: dict[str, Value] = {BASE: base}
        self.problems: list[Problem] = []
        self._file = file
        self._expressions = Expressions(file, self.names)

    def run(self, statement: ast.stmt) -> None:
        method: Callable[[Any], None] | None = getattr(self, f"_{type(statement).__name__.lower()}", None)
        try:
            if method is None:
                raise NotUnderstoodError(f"{_WORDS.get(type(statement).__name__, 'such a statement')} is not followed")
            method(statement)
        except (NotUnderstoodError, LookupError, TypeError, ValueError) as error:
            self._give_up(statement, str(error))

    def _give_up(self, statement: ast.stmt, reason: str) -> None:
        """Tell of a statement, and forget whatever it may have changed."""
        text = ast.unparse(statement).splitlines()[0]
        self.problems.append(Problem(f"not understood: {text} ({reason})", "", self._file, statement.lineno))
        place = self._expressions.place(statement)
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self.names[node.id] = Value(Unread(text, reason), place)

    def _assign(self, statement: ast.Assign) -> None:
        value = self._expressions.value(statement.value)
        for target in statement.targets:
            self._store(target, value)

    def _annassign(self, statement: ast.AnnAssign) -> None:
        if statement.value is not None:
            self._store(statement.target, self._expressions.value(statement.value))

    def _augassign(self, statement: ast.AugAssign) -> None:
        read: ast.expr = ast.parse(ast.unparse(statement.target), mode="eval").body
        sum_ = ast.copy_location(ast.BinOp(read, statement.op, statement.value), statement)
        for node in ast.walk(read):
            ast.copy_location(node, statement)
        self._store(statement.target, self._expressions.value(sum_))

    def _store(self, target: ast.expr, value: Value) -> None:
        if isinstance(target, ast.Name):
            if target.id != BASE:
                self.names[target.id] = value
        elif isinstance(target, ast.Attribute):
            self._holder(target.value, dict)[target.attr] = value
        elif isinstance(target, ast.Subscript):
            holder, index = self._expressions.data(target.value), self._expressions.data(target.slice)
            if isinstance(holder, dict):
                holder[str(index)] = value
            elif isinstance(holder, list):
                holder[index] = value
            else:
                raise NotUnderstoodError("only items of dictionaries and lists are changed")
        elif isinstance(target, ast.Tuple | ast.List):
            if not value.is_list or len(value.data) != len(target.elts):
                raise NotUnderstoodError("not as many values as names")
            for part, item in zip(target.elts, value.data, strict=True):
                self._store(part, item)
        else:
            raise NotUnderstoodError("such a target is not followed")

    def _holder(self, node: ast.expr, kind: type) -> Any:
        holder = self._expressions.data(node)
        if type(holder) is not kind:
            raise NotUnderstoodError(f"a {kind.__name__} was expected")
        return holder

    def _delete(self, statement: ast.Delete) -> None:
        for target in statement.targets:
            if isinstance(target, ast.Name):
                del self.names[target.id]
            elif isinstance(target, ast.Attribute):
                del self._holder(target.value, dict)[target.attr]
            elif isinstance(target, ast.Subscript):
                del self._expressions.data(target.value)[self._expressions.data(target.slice)]

    def _expr(self, statement: ast.Expr) -> None:
        if isinstance(statement.value, ast.Constant):
            return
        changes = isinstance(statement.value, ast.Call) and isinstance(statement.value.func, ast.Attribute)
        if not changes or statement.value.func.attr not in METHODS:  # type: ignore[attr-defined]
            raise NotUnderstoodError("only methods that change dictionaries and lists are followed")
        found = self._expressions.value(statement.value).data
        if isinstance(found, Unread):
            raise NotUnderstoodError(found.reason)

    def _pass(self, statement: ast.Pass) -> None:
        """Do nothing."""

    def _import(self, statement: ast.Import) -> None:
        """Do nothing: functions of modules are known by name."""

    def _importfrom(self, statement: ast.ImportFrom) -> None:
        """An imported class is known by its name, wherever it is from."""
        place = self._expressions.place(statement)
        for alias in statement.names:
            self.names[alias.asname or alias.name] = Value(Imported(alias.name), place)

    def _with(self, statement: ast.With) -> None:
        if not is_read_base(statement):
            raise NotUnderstoodError("a with statement is not followed")


_WORDS = {
    "If": "a condition",
    "For": "a loop",
    "While": "a loop",
    "Try": "a try statement",
    "FunctionDef": "a function",
    "ClassDef": "a class",
}
