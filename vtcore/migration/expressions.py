"""Expressions of a Python config, computed from their syntax: nothing of the file is executed."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from vtcore.migration.effort import spend
from vtcore.migration.methods import METHODS, NotUnderstoodError, call_function, check_length
from vtcore.migration.values import Place, Unread, Value

__all__ = ["Expressions"]

_SHOWN = 60
_BITS = 4096
_OPERATORS: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_SIGNS: dict[type[ast.AST], Callable[[Any], Any]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Not: operator.not_,
}


class Expressions:
    """Computes what expressions of one file are worth.

    Understood are constants, names, dictionaries, lists, tuples, ``dict(...)`` and a few more functions and methods,
    arithmetic, subscripts, slices, attributes and f-strings. Whatever else, or goes wrong, is worth an `Unread`.
    """

    def __init__(self, file: str, names: Mapping[str, Value]) -> None:
        """Look names up in `names`, which may grow while statements are followed."""
        self._file = file
        self._names = names

    def place(self, node: ast.AST) -> Place:
        """Return where a node of the syntax tree stands."""
        return Place(self._file, getattr(node, "lineno", 1))

    def value(self, node: ast.expr) -> Value:
        """Compute an expression."""
        spend()
        place = self.place(node)
        method: Callable[[Any], Any] | None = getattr(self, f"_{type(node).__name__.lower()}", None)
        try:
            if method is None:
                raise NotUnderstoodError("such an expression is not followed")
            found = method(node)
        except NotUnderstoodError as error:
            return Value(Unread(_shown(node), str(error)), place)
        except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError, MemoryError) as error:
            return Value(Unread(_shown(node), f"{type(error).__name__}: {error}"), place)
        # Of a name or an item the place where its value stands counts, not where it is used.
        return found if isinstance(found, Value) else Value(found, place)

    def data(self, node: ast.expr) -> Any:
        """Compute an expression that must be understood.

        Raises:
            NotUnderstoodError: It is not.
        """
        found = self.value(node).data
        if isinstance(found, Unread):
            raise NotUnderstoodError(found.reason)
        return found

    def _constant(self, node: ast.Constant) -> Any:
        if node.value is None or isinstance(node.value, bool | int | float | str):
            return node.value
        raise NotUnderstoodError(f"a constant of type {type(node.value).__name__}")

    def _name(self, node: ast.Name) -> Value:
        if node.id not in self._names:
            raise NotUnderstoodError(f"nothing is called {node.id!r} here")
        return self._names[node.id]

    def _list(self, node: ast.List | ast.Tuple) -> list[Value]:
        items: list[Value] = []
        for element in node.elts:
            if isinstance(element, ast.Starred):
                inner = self.data(element.value)
                if not isinstance(inner, list):
                    raise NotUnderstoodError("only a list can be unpacked")
                spend(len(inner))
                items += inner
            else:
                items.append(self.value(element))
        return items

    _tuple = _list

    def _listcomp(self, node: ast.ListComp) -> list[Value]:
        """A list made of another list, one item of each."""
        (loop, *further) = node.generators
        if further or loop.ifs or not isinstance(loop.target, ast.Name):
            raise NotUnderstoodError("only a plain list made of another is followed")
        items = self.data(loop.iter)
        if not isinstance(items, list):
            raise NotUnderstoodError("only lists are gone through")
        spend(len(items) * len(self._names))
        inner = (Expressions(self._file, {**self._names, loop.target.id: item}) for item in items)
        return [expressions.value(node.elt) for expressions in inner]

    def _dict(self, node: ast.Dict) -> dict[str, Value]:
        table: dict[str, Value] = {}
        for key, item in zip(node.keys, node.values, strict=True):
            if key is None:
                table.update(self._table(item))
            else:
                name = self.data(key)
                if not isinstance(name, str | int):
                    raise NotUnderstoodError("a key that is neither text nor number")
                table[str(name)] = self.value(item)
        return table

    def _set(self, node: ast.Set) -> Value:
        """``{{ _base_.name }}``, by which MMCV names a variable of a base, is a set in a set to Python."""
        inner = node.elts[0]
        if len(node.elts) == 1 and isinstance(inner, ast.Set) and len(inner.elts) == 1:
            return self.value(inner.elts[0])
        raise NotUnderstoodError("a set")

    def _table(self, node: ast.expr) -> dict[str, Value]:
        table = self.data(node)
        if not isinstance(table, dict):
            raise NotUnderstoodError("only a dictionary can be unpacked")
        spend(len(table))
        return table

    def _attribute(self, node: ast.Attribute) -> Value:
        table = self.data(node.value)
        if not isinstance(table, dict) or node.attr not in table:
            raise NotUnderstoodError(f"nothing is called {node.attr!r} there")
        found: Value = table[node.attr]
        return found

    def _subscript(self, node: ast.Subscript) -> Any:
        holder = self.data(node.value)
        if isinstance(node.slice, ast.Slice):
            bounds = [
                None if bound is None else self.data(bound)
                for bound in (node.slice.lower, node.slice.upper, node.slice.step)
            ]
            spend(len(holder))
            return holder[slice(*bounds)]
        index = self.data(node.slice)
        return holder[str(index) if isinstance(holder, dict) else index]

    def _binop(self, node: ast.BinOp) -> Any:
        compute = _OPERATORS.get(type(node.op))
        if compute is None:
            raise NotUnderstoodError("an operator that is not followed")
        left, right = self.data(node.left), self.data(node.right)
        _check_size(node.op, left, right)
        return compute(left, right)

    def _unaryop(self, node: ast.UnaryOp) -> Any:
        compute = _SIGNS.get(type(node.op))
        if compute is None:
            raise NotUnderstoodError("an operator that is not followed")
        return compute(self.data(node.operand))

    def _joinedstr(self, node: ast.JoinedStr) -> str:
        parts = [str(self.data(part)) for part in node.values]
        check_length(sum(map(len, parts)))
        return "".join(parts)

    def _formattedvalue(self, node: ast.FormattedValue) -> str:
        found = self.data(node.value)
        if isinstance(found, dict | list):
            raise NotUnderstoodError("text made of a dictionary or list")
        if node.conversion != -1:
            raise NotUnderstoodError("a conversion in a format")
        form = "" if node.format_spec is None else self.data(node.format_spec)
        if re.search(r"\d{4}", form):
            raise NotUnderstoodError("text that wide")
        return format(found, form)

    def _call(self, node: ast.Call) -> Any:
        if any(isinstance(argument, ast.Starred) for argument in node.args):
            raise NotUnderstoodError("unpacked arguments")
        if isinstance(node.func, ast.Attribute) and node.func.attr in METHODS and not _is_module(node.func.value):
            # The receiver is looked at first: what it is not cannot have the method.
            holder = self.data(node.func.value)
            return METHODS[node.func.attr](holder, self._arguments(node), self._keywords(node))
        return call_function(ast.unparse(node.func), self._arguments(node), self._keywords(node))

    def _arguments(self, node: ast.Call) -> list[Value]:
        return [self.value(argument) for argument in node.args]

    def _keywords(self, node: ast.Call) -> dict[str, Value]:
        keywords: dict[str, Value] = {}
        for keyword in node.keywords:
            if keyword.arg is None:
                keywords.update(self._table(keyword.value))
            else:
                keywords[keyword.arg] = self.value(keyword.value)
        return keywords


def _is_module(node: ast.expr) -> bool:
    """Whether methods of this are functions of a module: ``copy.copy``, ``osp.join``, ``os.path.join``."""
    return ast.unparse(node) in ("copy", "os.path", "osp")


def _check_size(operation: ast.operator, left: Any, right: Any) -> None:
    """Refuse what would fill the memory, as ``10 ** 10 ** 10`` would."""
    if isinstance(operation, ast.Mod) and isinstance(left, str):
        raise NotUnderstoodError("text formatted by %")
    if isinstance(operation, ast.Pow) and (abs(right) > 64 or abs(left) > 1e6):
        raise NotUnderstoodError("a power that large")
    if isinstance(operation, ast.Mult):
        for sequence, count in ((left, right), (right, left)):
            if isinstance(sequence, str | list) and isinstance(count, int):
                check_length(len(sequence) * count)
    if isinstance(operation, ast.Add) and isinstance(left, str | list) and type(left) is type(right):
        check_length(len(left) + len(right))
        spend(len(left) + len(right) if isinstance(left, list) else 1)
    if any(isinstance(number, int) and number.bit_length() > _BITS for number in (left, right)):
        raise NotUnderstoodError("a number that large")


def _shown(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
