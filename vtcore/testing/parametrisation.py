"""The checks of a plugin as tests of pytest, which only this module imports."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest

from vtcore.host import PluginHost
from vtcore.testing.failures import CheckFailure, NotChecked
from vtcore.testing.running import PluginCheck, checks_of_plugin

__all__ = ["TestedCheck", "plugin_checks"]


@attrs.frozen(eq=False)
class TestedCheck:
    """A check that speaks pytest: one that does not apply skips, one that is expected to fail fails as expected."""

    __test__ = False

    check: PluginCheck

    def __str__(self) -> str:
        """``tracker:bytetrack:reset-equals-fresh``."""
        return str(self.check)

    def __call__(self) -> None:
        """Make the check.

        Raises:
            CheckFailure: The component fails it, or passes one that it is expected to fail.
        """
        try:
            self.check()
        except NotChecked as reason:
            pytest.skip(str(reason))
        except CheckFailure:
            if not self.check.expected:
                raise
            pytest.xfail(self.check.expected)
        if self.check.expected:
            raise CheckFailure(
                f"{self.check} passes, though it is expected to fail ({self.check.expected}); take it out of "
                "the expected "
                "failures"
            )


def plugin_checks(
    name: str,
    *,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    expected_failures: Mapping[str, str] | None = None,
    config: str | Path | None = None,
    quick: bool = False,
    slow: pytest.MarkDecorator | None = None,
    host: PluginHost | None = None,
) -> list[Any]:
    """Return every check of a plugin and its components, for ``pytest.mark.parametrize``.

    ::

        @pytest.mark.parametrize("check", plugin_checks("my-tracker"), ids=str)
        def test_plugin(check):
            check()

    Options and expected failures are read from ``[tool.vtcore.testing]`` of the plugin's pyproject.toml, as
    ``vtcore check-plugin`` reads them.

    Args:
        name: Of its entry point or distribution.
        options: Keys of components' tables, by ``"kind:name"``, over those of the pyproject.toml.
        expected_failures: Reasons by name of a check, or by ``"kind:name:check"``, over those of the pyproject.toml.
        config: A TOML file in place of the pyproject.toml.
        quick: Whether slow checks are left out.
        slow: A mark for slow checks: ``pytest.mark.slow``.
        host: The plugins; those installed by default.

    Raises:
        PluginError: There is no such plugin.
        VtcoreError: Options or expected failures are of something that it has not.
    """
    checks = checks_of_plugin(
        name, options=options, expected_failures=expected_failures, config=config, quick=quick, host=host
    )
    marks = () if slow is None else (slow,)
    return [pytest.param(TestedCheck(check), marks=marks if check.slow else ()) for check in checks]
