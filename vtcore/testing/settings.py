"""What an author says once for pytest and the shell alike: the table ``[tool.vtcore.testing]`` of a pyproject.toml.

::

    [tool.vtcore.testing.options]
    "detector:my-detector" = { weights = "${PROJECT}/tests/tiny.pth" }

    [tool.vtcore.testing.expected-failures]
    "detector:my-detector:same-after-use" = "It learns the background on purpose; reset forgets it."

The pyproject.toml is that of the plugin's project, found upwards from the plugin's module (as an editable install has
it) or from the working directory; a file of another project counts for nothing.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import tomli
from packaging.utils import canonicalize_name

from vtcore.discovery import PluginInfo
from vtcore.errors import Problem, VtcoreError
from vtcore.experiments.overrides import toml_value
from vtcore.experiments.positions import parse_key
from vtcore.suggestions import did_you_mean_or_list

__all__ = ["Settings", "read_settings"]

_TABLES = ("options", "expected-failures")


@attrs.frozen
class Settings:
    """How a plugin is checked.

    Attributes:
        options: Keys of components' tables, by ``"kind:name"``.
        expected_failures: Reasons, by the name of a check, or ``"kind:name:check"``.
        folder: What ``${PROJECT}`` in options stands for, None where there is no project.
    """

    options: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict)
    expected_failures: Mapping[str, str] = attrs.field(factory=dict)
    folder: Path | None = None

    def with_more(
        self, options: Mapping[str, Mapping[str, Any]] | None, expected_failures: Mapping[str, str] | None
    ) -> Settings:
        """Return them with more options and reasons laid over."""
        merged = {label: dict(keys) for label, keys in self.options.items()}
        for label, keys in (options or {}).items():
            merged[label] = merged.get(label, {}) | dict(keys)
        return attrs.evolve(
            self, options=merged, expected_failures={**self.expected_failures, **(expected_failures or {})}
        )

    def with_overrides(self, overrides: Iterable[str]) -> Settings:
        """Return them with ``KIND:NAME.KEY=VALUE`` laid over, values as TOML has them.

        Raises:
            VtcoreError: One of them does not read so.
        """
        options: dict[str, dict[str, Any]] = {}
        for text in overrides:
            label, dot, rest = text.partition(".")
            parsed = parse_key(rest)
            if not dot or ":" not in label or parsed is None or not rest[parsed[1] :].lstrip().startswith("="):
                raise VtcoreError(f"-o {text}: must be KIND:NAME.KEY=VALUE, as in detector:yolox.weights=tiny.pth")
            path, end = parsed
            try:
                value = toml_value(rest[end:].lstrip()[1:].strip())
            except ValueError as error:
                raise VtcoreError(f"-o {text}: is not a TOML value: {error}") from error
            for part in reversed(path[1:]):
                value = {part: value}
            options.setdefault(label, {})[path[0]] = value
        return self.with_more(options, None)

    def check(self, labels: Iterable[str], checks: Iterable[str]) -> None:
        """Refuse what is about no component, or no check, of the plugin.

        Raises:
            VtcoreError: There is no such component or check, or a reason is missing.
        """
        labels, ids = list(labels), list(checks)
        for label in self.options:
            if label not in labels:
                raise VtcoreError(f"options for {label!r}: {did_you_mean_or_list(label, labels)}")
        names = {each.rpartition(":")[2] for each in ids}
        for key, reason in self.expected_failures.items():
            if key not in names and key not in ids:
                raise VtcoreError(f"expected failure {key!r}: {did_you_mean_or_list(key, [*names, *ids])}")
            if not isinstance(reason, str) or not reason.strip():
                raise VtcoreError(f"expected failure {key!r}: say in words why it must fail, got {reason!r}")

    def reason(self, label: str, check: str) -> str:
        """Return why a check is expected to fail; empty where it is not."""
        return self.expected_failures.get(f"{label}:{check}") or self.expected_failures.get(check, "")


def read_settings(plugin: PluginInfo, config: Path | None = None) -> Settings:
    """Read the settings of a plugin.

    Args:
        plugin: The plugin.
        config: A pyproject.toml, or a TOML file with the tables ``options`` and ``expected-failures`` at its top;
            left out, the plugin's project is looked for.

    Raises:
        VtcoreError: The file cannot be read, or holds something else.
    """
    path = config if config is not None else next(_projects(plugin), None)
    if path is None:
        return Settings()
    document = _document(path)
    table: Any = document
    for part in ("tool", "vtcore", "testing") if "tool" in document or "project" in document else ():
        table = table.get(part, {}) if isinstance(table, dict) else table
    where = f"{path}: [tool.vtcore.testing]"
    odd = sorted(set(table) - set(_TABLES)) if isinstance(table, dict) else ["no table"]
    if odd:
        raise VtcoreError(f"{where}: unknown key {odd[0]!r}: {did_you_mean_or_list(odd[0], _TABLES)}")
    options, failures = (table.get(name, {}) for name in _TABLES)
    if not isinstance(options, dict) or not all(isinstance(keys, dict) for keys in options.values()):
        raise VtcoreError(f'{where}: options must read "KIND:NAME" = {{ KEY = VALUE }}')
    if not isinstance(failures, dict):
        raise VtcoreError(f'{where}: expected-failures must read "CHECK" = "reason"')
    return Settings(options, failures, path.resolve().parent)


def _document(path: Path) -> dict[str, Any]:
    try:
        return tomli.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise VtcoreError(f"{path}: cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise VtcoreError(str(Problem(f"is not valid TOML: {error}", file=str(path)))) from error


def _projects(plugin: PluginInfo) -> Iterator[Path]:
    """Yield the pyproject.toml of the plugin, where it is beside the installed module or around the working folder."""
    seen = set()
    for start in (*_module_folders(plugin), Path.cwd()):
        for folder in (start, *start.parents):
            path = folder / "pyproject.toml"
            if path in seen or not path.is_file():
                continue
            seen.add(path)
            try:
                name = tomli.loads(path.read_text(encoding="utf-8"))["project"]["name"]
            except (OSError, ValueError, KeyError, TypeError):
                continue
            if plugin.distribution and canonicalize_name(str(name)) == canonicalize_name(plugin.distribution):
                yield path


def _module_folders(plugin: PluginInfo) -> list[Path]:
    try:
        spec = importlib.util.find_spec(plugin.module.partition(".")[0]) if plugin.module else None
    except (ImportError, ValueError):
        return []
    if spec is None:
        return []
    locations = spec.submodule_search_locations or ([spec.origin] if spec.origin else [])
    return [Path(location).parent for location in locations]
