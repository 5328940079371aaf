"""Pickles read as data: what they hold, with nothing in them ever imported, called or changed.

A pickle is a program that names functions and calls them; reading one with `pickle` runs it. This machine goes through
the same program with dummies: a name becomes a `Named`, and what would be called, made or filled becomes an `Inert`,
which keeps what it was given. Numbers, texts and containers are themselves. So a checkpoint loads even where training
code left objects of its own beside the weights, and no object of a file can do anything.

Memory stays within a small multiple of the pickle: nothing that it holds is copied or repeated.
"""

from __future__ import annotations

import io
import itertools
import pickletools
from collections.abc import Callable, Iterator
from typing import IO, Any, cast

from vtrack_nets.pickle_values import Inert, Named, PickleError, Reference

__all__ = ["MOST_OPCODES", "read_pickle"]

MOST_OPCODES = 5_000_000
"""Far more than checkpoints have; a byte can make an object of a hundred, so that without a bound a file could fill
the memory."""

_MOST_COPIED = 1_000_000
"""Entries of dictionaries that are made of lists; a byte can ask for the copy of a long list once more."""

_DICTIONARIES = ("collections.OrderedDict", "collections.defaultdict")
_KEYS = (str, bytes, int, float, bool, type(None))
_LONGEST_KEY = 61
"""Bits of an integer as a key: those of longer ones can be chosen to have all the same hash."""


def read_pickle(
    file: IO[bytes],
    *,
    seen: Callable[[str], None] = lambda name: None,
    outside: Callable[[Reference], None] = lambda reference: None,
) -> Any:
    """Return what the pickle at a file's position holds; the file then stands behind it.

    Args:
        file: Seekable.
        seen: Called with every name, ``module.name``, that stands in it; what it raises ends the reading.
        outside: Called with every reference, in order.

    Raises:
        PickleError: It is no pickle, damaged, or of more than `MOST_OPCODES`.
    """
    return _Machine(seen, outside).run(file)


class _Bounded:
    """A file as `pickletools` reads it, in which what is longer than the file is never made room for."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        place = file.tell()
        self._end = file.seek(0, io.SEEK_END)
        file.seek(place)
        self.readline = file.readline
        self.tell = file.tell

    def read(self, size: int = -1) -> bytes:
        """Read so many bytes."""
        if size > self._end - self._file.tell():
            raise PickleError(f"it ends where {size:,} bytes are to come")
        return self._file.read(size)


class _Mark:
    """Where a row of arguments begins on the stack."""


class _Machine:
    def __init__(self, seen: Callable[[str], None], outside: Callable[[Reference], None]) -> None:
        self._seen = seen
        self._refer = outside
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}
        self._copied = 0

    def run(self, file: IO[bytes]) -> Any:
        try:
            for code, argument, _ in itertools.islice(
                pickletools.genops(cast("IO[bytes]", _Bounded(file))), MOST_OPCODES
            ):
                name = code.name
                if name == "STOP":
                    return self._pop()
                if name in _LITERALS:
                    self._stack.append(argument)
                elif (act := _ACTIONS.get(name)) is not None:
                    act(self, argument)
                elif name not in _IGNORED:
                    raise PickleError(f"opcode {name} is of no use in a file")
        except (ValueError, IndexError, KeyError, TypeError, OverflowError, Warning) as error:
            # A warning where the user turned those of Python into errors: of texts that a damaged file has.
            raise PickleError(str(error) or type(error).__name__) from error
        raise PickleError(f"it has no end within {MOST_OPCODES:,} opcodes")

    def _pop(self) -> Any:
        value = self._stack.pop()
        if value is _Mark:
            raise PickleError("a mark stands in a value's place")
        return value

    def _top(self) -> Any:
        if self._stack[-1] is _Mark:
            raise PickleError("a mark stands in a value's place")
        return self._stack[-1]

    def _since_mark(self) -> list[Any]:
        values = []
        while (value := self._stack.pop()) is not _Mark:
            values.append(value)
        values.reverse()
        return values

    def _named(self, name: str) -> Named:
        self._seen(name)
        return Named(name)

    # Each of the following does what one opcode, or a few, stand for.

    def _push_mark(self, argument: Any) -> None:
        self._stack.append(_Mark)

    def _duplicate(self, argument: Any) -> None:
        self._stack.append(self._top())

    def _drop(self, argument: Any) -> None:
        self._stack.pop()

    def _drop_to_mark(self, argument: Any) -> None:
        self._since_mark()

    def _push(self, make: Callable[[], Any]) -> None:
        self._stack.append(make())

    def _tuple_of(self, count: int) -> None:
        if count:
            values = [self._pop() for _ in range(count)]
            self._stack.append(tuple(reversed(values)))
        else:
            self._stack.append(())

    def _marked_list(self, argument: Any) -> None:
        self._stack.append(self._since_mark())

    def _marked_tuple(self, argument: Any) -> None:
        self._stack.append(tuple(self._since_mark()))

    def _marked_dict(self, argument: Any) -> None:
        made: dict[Any, Any] = {}
        _fill(made, self._since_mark())
        self._stack.append(made)

    def _append(self, argument: Any) -> None:
        value = self._pop()
        _extend(self._top(), [value])

    def _appends(self, argument: Any) -> None:
        values = self._since_mark()
        _extend(self._top(), values)

    def _set_item(self, argument: Any) -> None:
        value, key = self._pop(), self._pop()
        _fill(self._top(), [key, value])

    def _set_items(self, argument: Any) -> None:
        values = self._since_mark()
        _fill(self._top(), values)

    def _get(self, place: int) -> None:
        self._stack.append(self._memo[int(place)])

    def _put(self, place: int) -> None:
        if int(place).bit_length() > _LONGEST_KEY:
            raise PickleError("it keeps values in places that cannot be")
        self._memo[int(place)] = self._top()

    def _memoize(self, argument: Any) -> None:
        self._memo[len(self._memo)] = self._top()

    def _global(self, argument: str) -> None:
        self._stack.append(self._named(argument.replace(" ", ".")))

    def _stack_global(self, argument: Any) -> None:
        name, module = self._pop(), self._pop()
        if not (isinstance(name, str) and isinstance(module, str)):
            raise PickleError("a name is no text")
        self._stack.append(self._named(f"{module}.{name}"))

    def _instance(self, argument: str) -> None:
        arguments = tuple(self._since_mark())
        self._stack.append(self._made(self._named(argument.replace(" ", ".")), arguments))

    def _object(self, argument: Any) -> None:
        values = self._since_mark()
        self._stack.append(self._made(values[0], tuple(values[1:])))

    def _reduce(self, argument: Any) -> None:
        arguments, maker = self._pop(), self._pop()
        self._stack.append(self._made(maker, arguments if isinstance(arguments, tuple) else (arguments,)))

    def _new_with_keywords(self, argument: Any) -> None:
        keywords, arguments, maker = self._pop(), self._pop(), self._pop()
        self._stack.append(self._made(maker, (arguments, keywords)))

    def _made(self, maker: Any, arguments: tuple[Any, ...]) -> Any:
        """Return what a call would have made: dictionaries as such, all else as a dummy."""
        if not (isinstance(maker, Named) and maker.name in _DICTIONARIES):
            return Inert(maker, arguments)
        made: dict[Any, Any] = {}
        pairs = arguments[0] if arguments and isinstance(arguments[0], list | tuple) else ()
        self._copied += len(pairs)
        if self._copied > _MOST_COPIED:
            raise PickleError("it repeats its entries without end")
        for pair in pairs:
            if isinstance(pair, list | tuple) and len(pair) == 2:
                _fill(made, list(pair))
        return made

    def _build(self, argument: Any) -> None:
        state = self._pop()
        built = self._top()
        if isinstance(built, Inert):
            built.state = state

    def _outside(self, argument: Any) -> None:
        self._stack.append(reference := Reference(self._pop()))
        self._refer(reference)

    def _outside_by_text(self, argument: str) -> None:
        self._stack.append(reference := Reference(argument))
        self._refer(reference)


def _extend(target: Any, values: list[Any]) -> None:
    if isinstance(target, list):
        target.extend(values)
    elif not isinstance(target, Inert):
        raise PickleError(f"entries of a {type(target).__name__}")


def _fill(target: Any, values: list[Any]) -> None:
    if isinstance(target, Inert):
        if target.items is None:
            target.items = {}
        target = target.items
    if not isinstance(target, dict) or len(values) % 2:
        raise PickleError(f"entries by name of a {type(target).__name__}")
    for key, value in _pairs(values):
        # The hash of what is deep within itself would never end; nobody looks for such keys, nor for huge numbers.
        plain = type(key) in _KEYS and not (isinstance(key, int) and key.bit_length() > _LONGEST_KEY)
        target[key if plain else Inert(key)] = value


def _pairs(values: list[Any]) -> Iterator[tuple[Any, Any]]:
    return zip(values[::2], values[1::2], strict=True)


_NUMBERS = ("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT")
_BYTES = ("STRING", "BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8")
_TEXTS = ("UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8")
_LITERALS = frozenset((*_NUMBERS, *_BYTES, *_TEXTS))
_IGNORED = frozenset(("PROTO", "FRAME"))


def _pushing(make: Callable[[], Any]) -> Callable[[_Machine, Any], None]:
    return lambda machine, _: machine._push(make)


def _tuples(count: int) -> Callable[[_Machine, Any], None]:
    return lambda machine, _: machine._tuple_of(count)


_ACTIONS: dict[str, Callable[[_Machine, Any], None]] = {
    "MARK": _Machine._push_mark,
    "DUP": _Machine._duplicate,
    "POP": _Machine._drop,
    "POP_MARK": _Machine._drop_to_mark,
    "NONE": _pushing(lambda: None),
    "NEWTRUE": _pushing(lambda: True),
    "NEWFALSE": _pushing(lambda: False),
    "EMPTY_LIST": _pushing(list),
    "EMPTY_DICT": _pushing(dict),
    "EMPTY_SET": _pushing(list),
    "EMPTY_TUPLE": _tuples(0),
    "TUPLE1": _tuples(1),
    "TUPLE2": _tuples(2),
    "TUPLE3": _tuples(3),
    "LIST": _Machine._marked_list,
    "FROZENSET": _Machine._marked_list,
    "TUPLE": _Machine._marked_tuple,
    "DICT": _Machine._marked_dict,
    "APPEND": _Machine._append,
    "APPENDS": _Machine._appends,
    "ADDITEMS": _Machine._appends,
    "SETITEM": _Machine._set_item,
    "SETITEMS": _Machine._set_items,
    "GET": _Machine._get,
    "BINGET": _Machine._get,
    "LONG_BINGET": _Machine._get,
    "PUT": _Machine._put,
    "BINPUT": _Machine._put,
    "LONG_BINPUT": _Machine._put,
    "MEMOIZE": _Machine._memoize,
    "GLOBAL": _Machine._global,
    "STACK_GLOBAL": _Machine._stack_global,
    "INST": _Machine._instance,
    "OBJ": _Machine._object,
    "REDUCE": _Machine._reduce,
    "NEWOBJ": _Machine._reduce,
    "NEWOBJ_EX": _Machine._new_with_keywords,
    "BUILD": _Machine._build,
    "BINPERSID": _Machine._outside,
    "PERSID": _Machine._outside_by_text,
}
