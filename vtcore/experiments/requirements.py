"""What an experiment requires to be installed."""

from __future__ import annotations

from importlib import metadata

from packaging.requirements import InvalidRequirement, Requirement

__all__ = ["requirement_problem"]


def requirement_problem(text: str) -> str | None:
    """Say why a requirement is not met, or None when it is.

    Args:
        text: As pip takes it: ``vtrack-plugin-bytetrack>=0.1``, with extras and markers if need be.
    """
    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        reason = str(error).splitlines()[0]
        return f"{text!r} is not a requirement such as 'vtrack-plugin-bytetrack>=0.1': {reason}"
    if requirement.marker is not None and not requirement.marker.evaluate():
        return None
    wanted = f"{requirement.name}{_extras(requirement)}{requirement.specifier}"
    try:
        version = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return f'{requirement.name} is not installed; pip install "{wanted}"'
    if not requirement.specifier.contains(version, prereleases=True):
        return f'needs {wanted}, but {requirement.name} {version} is installed; pip install "{wanted}"'
    return None


def _extras(requirement: Requirement) -> str:
    return f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
