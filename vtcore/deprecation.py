"""How the API changes without breaking plugins: what is deprecated, since when, until when, and what to use instead.

What plugins may use is deprecated before it goes. From the release that says so it warns, with its replacement and the
version that removes it, in two minor releases at least; from that version on it is an error that says the same. Hooks
and their arguments stay for the whole major version.

Each deprecation stands in `DEPRECATIONS` and is put to work where the deprecated thing is::

    NUMBER = Deprecation("vtcore.frames.frame_number", since="0.2", instead="Frame.index")

    @deprecated(NUMBER)                        # a function, a method, the getter of a property
    @renamed_argument(deprecation, "folder")   # an argument that has another name now
    __getattr__ = moved_names(__name__, {deprecation: "vtcore.labels:Labels"})   # a class, a constant, a module's name
    limit: float = option(50.0, "...", formerly=deprecation)                     # a key of a component's table
    @hookspec(warn_on_impl=deprecation.warning())                                # a hook
    @hookspec(warn_on_impl_args={"tracks": deprecation.warning()})               # an argument of a hook

``vtcore plugins upgrade-check`` reads the table. A plugin can deprecate what is its own in the same way, by naming its
``distribution``.
"""

from __future__ import annotations

import functools
import importlib.metadata
import inspect
import warnings
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import attrs
from packaging.version import InvalidVersion, Version

import vtcore
from vtcore.components import load_object
from vtcore.errors import RemovedError

__all__ = [
    "DEPRECATIONS",
    "DeprecatedOptionWarning",
    "Deprecation",
    "VtcoreDeprecationWarning",
    "deprecated",
    "moved_names",
    "renamed_argument",
]

_RELEASES = 2
"""Minor releases that warn, at least, before one removes."""

_Function = TypeVar("_Function", bound=Callable[..., Any])


class VtcoreDeprecationWarning(DeprecationWarning):
    """Something is used that a later release removes.

    Python shows it to whoever runs tests, and to scripts for what they do themselves; ``-W default`` shows all.
    """


class DeprecatedOptionWarning(FutureWarning):
    """An experiment uses a name of an option that a later release removes; shown to whoever runs it."""


def _next_removal(deprecation: Deprecation) -> str:
    since = Version(deprecation.since)
    return f"{since.major}.{since.minor + _RELEASES}"


@attrs.frozen
class Deprecation:
    """Something that is going to be removed.

    Attributes:
        name: Dotted path with its module (``"vtcore.frames.Frame.number"``), or a hook (``"vtcore_frame_done"``).
        since: The release that deprecates it: ``"0.2"``.
        instead: What to use instead, in words that follow "use": ``"Frame.index"``.
        argument: The argument of `name` that it is about; empty where it is about all of it.
        removal: The release that removes it; two minor releases after `since` by default, never sooner.
        distribution: Whose releases those are.

    Raises:
        ValueError: A version is none, the removal comes too soon, or there is nothing to use instead.
    """

    name: str
    since: str = attrs.field(kw_only=True)
    instead: str = attrs.field(kw_only=True)
    argument: str = attrs.field(default="", kw_only=True)
    removal: str = attrs.field(default=attrs.Factory(_next_removal, takes_self=True), kw_only=True)
    distribution: str = attrs.field(default="vtcore", kw_only=True)

    def __attrs_post_init__(self) -> None:
        try:
            since, removal = Version(self.since), Version(self.removal)
        except InvalidVersion as error:
            raise ValueError(f"{self.name}: {error}") from None
        if (removal.major == since.major and removal.minor < since.minor + _RELEASES) or removal <= since:
            soonest = f"{since.major}.{since.minor + _RELEASES}"
            raise ValueError(
                f"{self.name}: deprecated since {self.since}, so it cannot go before {soonest}, got {self.removal}"
            )
        if not self.instead:
            raise ValueError(f"{self.name}: say what to use instead")

    @property
    def what(self) -> str:
        """What is deprecated, in words: ``vtcore.api.track, argument 'output'``."""
        return f"{self.name}, argument {self.argument!r}" if self.argument else self.name

    @property
    def message(self) -> str:
        """What the warning says."""
        return f"{self.what}: {self.notice}"

    @property
    def notice(self) -> str:
        """The same without what it is about, where a key of a file says that."""
        return f"deprecated since {self.distribution} {self.since}, removed in {self.removal}; use {self.instead}"

    @property
    def removed_message(self) -> str:
        """What the error says."""
        return f"{self.what}: {self.removal_notice}"

    @property
    def removal_notice(self) -> str:
        """The same without what it is about."""
        return f"removed in {self.distribution} {self.removal}; use {self.instead}"

    @property
    def is_gone(self) -> bool:
        """Whether the release that is installed goes without it."""
        return self.is_removed_in(_version_of(self.distribution))

    def is_removed_in(self, version: Version) -> bool:
        """Whether that release, or a candidate for it, goes without it."""
        return Version(version.base_version) >= Version(self.removal)

    def is_deprecated_in(self, version: Version) -> bool:
        """Whether that release, or a candidate for it, warns of it."""
        return Version(version.base_version) >= Version(self.since) and not self.is_removed_in(version)

    def warning(self) -> VtcoreDeprecationWarning:
        """Return the warning, for hooks."""
        return VtcoreDeprecationWarning(self.message)

    def tell(self, stacklevel: int = 1) -> None:
        """Warn, or refuse once it is removed. To be called where the deprecated thing is used.

        Args:
            stacklevel: 1 tells it of the caller of the function that calls this, as is mostly right; 2 of its caller.

        Raises:
            RemovedError: This release removes it.
        """
        if self.is_gone:
            raise RemovedError(self.removed_message)
        warnings.warn(self.warning(), stacklevel=stacklevel + 2)


DEPRECATIONS: tuple[Deprecation, ...] = ()
"""All of the core that is deprecated, or was removed in this major version."""


def deprecated(deprecation: Deprecation) -> Callable[[_Function], _Function]:
    """Make a function or method tell at each call that it is deprecated."""

    def decorate(function: _Function) -> _Function:
        @functools.wraps(function)
        def told(*arguments: Any, **keywords: Any) -> Any:
            deprecation.tell()
            return function(*arguments, **keywords)

        return told  # type: ignore[return-value]

    return decorate


def renamed_argument(deprecation: Deprecation, new: str) -> Callable[[_Function], _Function]:
    """Make a function take an argument by the name it had, too, and tell so.

    Args:
        deprecation: Of the old name, its `Deprecation.argument`.
        new: The name it has now.
    """
    old = deprecation.argument

    def decorate(function: _Function) -> _Function:
        if new not in inspect.signature(function).parameters:
            raise ValueError(f"{deprecation.name} has no argument {new!r}")

        @functools.wraps(function)
        def told(*arguments: Any, **keywords: Any) -> Any:
            if old in keywords:
                deprecation.tell()
                if new in keywords:
                    raise TypeError(f"{deprecation.name} takes {new!r}; {old!r} is its former name, give only one")
                keywords[new] = keywords.pop(old)
            return function(*arguments, **keywords)

        return told  # type: ignore[return-value]

    return decorate


def moved_names(module: str, moved: Mapping[Deprecation, str]) -> Callable[[str], Any]:
    """Return a module's ``__getattr__`` that still finds names which have moved or changed, and tells so.

    Args:
        module: The module's ``__name__``.
        moved: Where each is now, as ``"package.module:Name"``.
    """
    homes = {deprecation.name.removeprefix(f"{module}."): (deprecation, home) for deprecation, home in moved.items()}

    def find(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        deprecation, home = homes[name]
        deprecation.tell()
        return load_object(home, deprecation.name)

    return find


def _version_of(distribution: str) -> Version:
    if distribution == "vtcore":
        return Version(vtcore.__version__)
    try:
        return Version(importlib.metadata.version(distribution))
    except (importlib.metadata.PackageNotFoundError, InvalidVersion):
        # Used from its sources, where no release is known: it warns.
        return Version("0")
