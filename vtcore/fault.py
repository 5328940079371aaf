"""Whose code an error comes from that nobody expected: a plugin's mistake is told as one, in a line."""

from __future__ import annotations

import traceback

from vtcore.discovery import PluginInfo
from vtcore.errors import PluginError
from vtcore.host import PluginHost

__all__ = ["plugin_fault"]

_SHARED = ("vtrack-common-", "vtrack-nets", "vtrack-native-")
"""Distributions that others build on: their lines are to blame only where no other plugin's are."""


def plugin_fault(error: BaseException, host: PluginHost) -> PluginError | None:
    """Return what tells that a plugin failed, with the line of its code; None where no plugin had a part in it.

    Args:
        error: Any exception, as caught; it becomes the cause of the answer.
        host: The plugins that may have a part in it.
    """
    packages = _packages(host)
    blamed: tuple[PluginInfo, str] | None = None
    for frame, line in traceback.walk_tb(error.__traceback__):
        plugin = packages.get(str(frame.f_globals.get("__name__", "")).partition(".")[0])
        if plugin is None or (blamed is not None and _is_shared(plugin) and not _is_shared(blamed[0])):
            continue
        blamed = plugin, f"{frame.f_code.co_filename}:{line}"
    if blamed is None:
        return None
    plugin, place = blamed
    told = "".join(traceback.format_exception_only(error)).strip().replace("\n", " ")
    fault = PluginError(
        f"plugin {plugin.label} failed: {told} ({place}); VTCORE_TRACEBACK=1 shows how it came there, and "
        f"vtcore check-plugin {plugin.name} what else is wrong"
    )
    fault.__cause__ = error
    return fault


def _packages(host: PluginHost) -> dict[str, PluginInfo]:
    """Return the plugin that each import package belongs to; the core belongs to none."""
    found: dict[str, PluginInfo] = {}
    for plugin in host.plugins:
        for path in (plugin.module, *(component.target for component in plugin.components)):
            found.setdefault(path.partition(":")[0].partition(".")[0], plugin)
    return {package: plugin for package, plugin in found.items() if package not in ("", "vtcore")}


def _is_shared(plugin: PluginInfo) -> bool:
    return plugin.distribution.startswith(_SHARED)
