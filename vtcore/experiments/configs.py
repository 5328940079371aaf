"""From a table to a component's checked config: unknown and missing keys, defaults, validators."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs
import cattrs

from vtcore.components import Configured, Kind
from vtcore.errors import PluginError, VtcoreError
from vtcore.experiments.defaults import default_table, over_default, plain_default
from vtcore.experiments.faults import Fault, Faults, StructureError, refuse
from vtcore.experiments.renaming import given_twice, renamed_keys
from vtcore.experiments.wording import expected, got, quoted, wrong_type
from vtcore.known_plugins import none_installed
from vtcore.options import option_info
from vtcore.suggestions import did_you_mean, there_are

if TYPE_CHECKING:
    from vtcore.host import PluginHost

__all__ = ["structure_component", "structure_config"]

_TYPE = "type"
_BRACKETS = "; [name] opens one table, [[name]] a list of them"


def structure_component(converter: cattrs.Converter, host: PluginHost, value: Any, kind: Kind) -> Configured:
    """Look up the component that a table names and check the rest of the table against its config."""
    if not isinstance(value, dict):
        remedy = f"; write {{type = {quoted(value)}}}" if isinstance(value, str) else _BRACKETS
        refuse(f"must be a table with a 'type', got {got(value)}{remedy}")
    name = value.get(_TYPE)
    if name is None:
        names = sorted({component.name for component in host.components(kind.name)})
        there = there_are(names) if names else none_installed(kind.name)
        raise StructureError([Fault(f"is missing: which {kind.name}? {there}", (_TYPE,), at=())])
    if type(name) is not str:
        raise StructureError([Fault(wrong_type(str, name), (_TYPE,))])
    try:
        component = host.component(kind.name, name)
        config_class = component.load_config()
        _field_types(config_class)
    except VtcoreError as error:
        raise StructureError([Fault(str(error), (_TYPE,))]) from error
    options = {key: item for key, item in value.items() if key != _TYPE}
    return Configured(component, converter.structure(options, config_class))


def structure_config(converter: cattrs.Converter, host: PluginHost, value: Any, config_class: type[Any]) -> Any:
    """Check a table against an attrs class and make an instance of it, or tell everything that is wrong."""
    if not isinstance(value, dict):
        remedy = _BRACKETS if isinstance(value, list) else ""
        refuse(f"must be a table, got {got(value)}{remedy}")
    fields = {field.name: field for field in attrs.fields(config_class) if field.init}
    types = _field_types(config_class)
    value, faults = dict(value), Faults()
    for name, deprecation in list(renamed_keys(value, config_class)):
        # Those of documents have their names of today by now; what is left is code's, such as a default's.
        old = deprecation.argument
        if name in value or deprecation.is_gone:
            faults.found.append(Fault(given_twice(name) if name in value else deprecation.removal_notice, (old,)))
            value.pop(old)
        else:
            deprecation.tell()
            value[name] = value.pop(old)
    faults.found += [Fault(_unknown_key(key, fields), (key,)) for key in value if key not in fields]
    values: dict[str, Any] = {}
    for name, field in fields.items():
        wanted = types.get(name, Any)
        written = over_default(value.get(name, attrs.NOTHING), default_table(field, wanted, host))
        with faults.part(name):
            if written is not attrs.NOTHING:
                values[name] = converter.structure(written, wanted)
            elif field.default is attrs.NOTHING:
                raise StructureError([Fault(_missing_key(field, wanted))])
    faults.found += _complaints(config_class, fields, values)
    faults.raise_any()
    try:
        return config_class(**{fields[name].alias: item for name, item in values.items()})
    except (ValueError, TypeError, VtcoreError) as error:
        raise StructureError([attrs.evolve(_fault_of(error, fields), together=True)]) from error


def _field_types(config_class: Any) -> dict[str, Any]:
    try:
        return typing.get_type_hints(config_class)
    except (NameError, TypeError, AttributeError) as error:
        name = f"{config_class.__module__}.{config_class.__qualname__}"
        raise PluginError(f"the types of {name}'s fields cannot be read: {error}") from error


def _unknown_key(key: str, fields: Mapping[str, attrs.Attribute[Any]]) -> str:
    near = did_you_mean(key, fields)
    if near:
        return f"unknown key{near}"
    return f"unknown key; {there_are(fields)}" if fields else "unknown key; there are none to set"


def _missing_key(field: attrs.Attribute[Any], wanted: Any) -> str:
    meaning = option_info(field).help
    return f"is missing and has no default; it must be {expected(wanted)}{': ' if meaning else ''}{meaning}"


def _complaints(
    config_class: type[Any], fields: Mapping[str, attrs.Attribute[Any]], values: Mapping[str, Any]
) -> list[Fault]:
    """Ask the validator of every field, where making an instance would stop at the first that complains."""
    draft = object.__new__(config_class)
    for name, field in fields.items():
        value = values[name] if name in values else plain_default(field)
        if value is not attrs.NOTHING:
            object.__setattr__(draft, name, value)
    found = []
    for name, value in values.items():
        field = fields[name]
        if field.validator is None or field.converter is not None:
            continue
        try:
            field.validator(draft, field, value)
        except (ValueError, TypeError, VtcoreError) as error:
            found.append(_fault_of(error, fields, name))
        except AttributeError:
            # It looks at a field that has problems of its own.
            continue
    return found


def _fault_of(error: Exception, fields: Mapping[str, attrs.Attribute[Any]], name: str = "") -> Fault:
    """Attribute a validator's words to the field they begin with, or else to `name`."""
    text = str(error.args[0]) if error.args else type(error).__name__
    named, colon, rest = text.partition(": ")
    if colon and named in fields:
        return Fault(rest, (named,))
    if name:
        return Fault(text, (name,))
    first = text.split(maxsplit=1)[0].strip("'\"`,:") if text.strip() else ""
    return Fault(text, (), at=(first,) if first in fields else None)
