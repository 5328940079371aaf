"""Defaults that are tables: a nested component or config that the experiment leaves out, or writes in part."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, get_args

import attrs

from vtcore.components import ComponentTable

if TYPE_CHECKING:
    from vtcore.host import PluginHost

__all__ = ["as_written", "default_table", "over_default", "plain_default"]


def default_table(field: attrs.Attribute[Any], wanted: Any, host: PluginHost) -> Any:
    """Return the default of a field that holds components or configs, as the experiment would write it.

    Returns:
        Plain tables; `attrs.NOTHING` where there is no default, none that is written down, or where the field holds
        plain values: attrs fills those in.
    """
    if not _holds_tables(wanted, host):
        return attrs.NOTHING
    return as_written(plain_default(field))


def plain_default(field: attrs.Attribute[Any]) -> Any:
    """Return the default of a field as attrs would make it, `attrs.NOTHING` where it has none of its own."""
    default: Any = field.default
    if not isinstance(default, attrs.Factory):  # type: ignore[arg-type]
        return default
    return attrs.NOTHING if default.takes_self else default.factory()


def over_default(written: Any, default: Any) -> Any:
    """Lay what is written over a default, as tables merge: another ``type`` starts afresh."""
    if written is attrs.NOTHING:
        return default
    if not isinstance(written, dict) or not isinstance(default, dict):
        return written
    if "type" in default and written.get("type", default["type"]) != default["type"]:
        return written
    merged = dict(default)
    for key, item in written.items():
        merged[key] = over_default(item, default.get(key, attrs.NOTHING))
    return merged


def _holds_tables(wanted: Any, host: PluginHost) -> bool:
    if host.kind_of_interface(wanted) is not None or (isinstance(wanted, type) and attrs.has(wanted)):
        return True
    return any(_holds_tables(part, host) for part in get_args(wanted))


def as_written(value: Any) -> Any:
    """Return a default as the experiment would write it; `attrs.NOTHING` for what it would leave out."""
    if value is None or value is attrs.NOTHING:
        return attrs.NOTHING
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, ComponentTable):
        return {"type": value.type, **{key: as_written(item) for key, item in value.options.items()}}
    if attrs.has(type(value)):
        items = {
            field.name: as_written(getattr(value, field.name)) for field in attrs.fields(type(value)) if field.init
        }
        return {key: item for key, item in items.items() if item is not attrs.NOTHING}
    if isinstance(value, Mapping):
        return {key: as_written(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_written(item) for item in value]
    return value
