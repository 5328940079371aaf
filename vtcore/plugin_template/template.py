"""The template of a plugin: layers of files, laid over one another, with a few placeholders.

Below ``files/`` lies a folder for each layer: ``common`` and one for each kind of component, here and there one more
where a family wants another. Files end in ``.tmpl``, so that no tool takes them for code; all others are copied as they
are. Paths and contents hold placeholders like ``@NAME@``; ``template.toml`` of a layer says what goes in for its kind.
"""

from __future__ import annotations

import keyword
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import tomli

import vtcore
from vtcore.errors import OutputError
from vtcore.plugin_template.naming import class_name, distribution_name, package_name

__all__ = ["DEFAULT_KINDS", "FAMILIES", "KINDS", "PluginTemplate"]

FAMILIES: Mapping[str, str] = {
    "mot": "multi-object tracking",
    "sot": "single-object tracking",
    "vid": "video object detection",
    "vis": "video instance segmentation",
    "det": "object detection",
}
"""Families, and what each of them is about."""

DEFAULT_KINDS: Mapping[str, str] = {
    "mot": "tracker",
    "sot": "tracker",
    "vid": "detector",
    "vis": "tracker",
    "det": "detector",
}
"""The kind of component that a family is mostly about."""

KINDS = (
    "tracker",
    "detector",
    "dataset",
    "metric",
    "transform",
    "backbone",
    "head",
    "reid",
    "refiner",
    "writer",
    "protocol",
)
"""The kinds of components that there are templates for."""

_FILES = Path(__file__).parent / "files"
_SUFFIX = ".tmpl"
_FACTS = "template.toml"
_PLACEHOLDER = re.compile(r"@([A-Z_]+)@")

_LAYERS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("sot", "tracker"): ("target-tracker",),
    ("vis", "detector"): ("detector", "detector-vis"),
}
"""Layers over ``common`` where they are not just the one called as the kind."""


@attrs.frozen
class PluginTemplate:
    """What a new plugin is made from.

    Attributes:
        family: One of `FAMILIES`.
        kind: One of `KINDS`.
        name: Of the plugin and its component: ``my-tracker``.
        facts: What the layers say of themselves (``template.toml``), later over earlier:
            ``hook`` that registers the component, ``module`` of its class, ``noun`` and ``summary`` of the component,
            ``dependencies`` of the distribution, ``needs``, the distributions that only its experiment takes,
            ``experiment``, the experiment's name, and ``usage``, what the README shows.
    """

    family: str
    kind: str
    name: str
    facts: Mapping[str, Any]

    @classmethod
    def choose(cls, family: str, kind: str, name: str) -> PluginTemplate:
        """Return the template for a kind of component."""
        facts: dict[str, Any] = {}
        for layer in _layers(family, kind):
            file = _FILES / layer / _FACTS
            if file.is_file():
                facts |= tomli.loads(file.read_text(encoding="utf-8"))
        return cls(family, kind, name, facts)

    @property
    def needs(self) -> tuple[str, ...]:
        """Distributions that the experiment takes components of, beside the plugin's own."""
        return tuple(self.facts["needs"])

    @property
    def experiment(self) -> str:
        """How the experiment is called where the plugin is installed: ``my-tracker:synthetic``."""
        return f"{self.name}:{self.facts['experiment']}"

    def files(self) -> dict[Path, bytes]:
        """Return what is written: contents by path within the new folder, in order of their paths."""
        found: dict[str, Path] = {}
        for layer in _layers(self.family, self.kind):
            folder = _FILES / layer
            paths = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
            found |= {path.relative_to(folder).as_posix(): path for path in paths if path.name != _FACTS}
        values = self._values([path.read_text(encoding="utf-8") for path in found.values() if _is_template(path)])
        made = {
            Path(_filled(place.removesuffix(_SUFFIX), values)): _filled(
                path.read_text(encoding="utf-8"), values
            ).encode()
            if _is_template(path)
            else path.read_bytes()
            for place, path in found.items()
        }
        return dict(sorted(made.items()))

    def write(self, folder: Path) -> None:
        """Write the package to a folder that is not there yet: all of it, or nothing.

        Raises:
            OutputError: The folder is there, or cannot be written.
        """
        if folder.exists() or folder.is_symlink():
            raise OutputError(f"{folder}: is there already; name another folder by --output")
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        except OSError as error:
            raise OutputError(f"{folder}: cannot be written: {error.strerror or error}") from error
        try:
            for place, content in self.files().items():
                path = partial / place
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            # Temporary folders are their owner's alone.
            partial.chmod(0o755)
            partial.rename(folder)
        except OSError as error:
            raise OutputError(f"{folder}: cannot be written: {error.strerror or error}") from error
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    def _values(self, texts: list[str]) -> dict[str, str]:
        """Return what stands for the placeholders in these texts."""
        words = {word for text in texts for word in re.findall(r"\b[A-Z]\w*", _PLACEHOLDER.sub("", text))}
        core = ".".join(vtcore.__version__.split(".")[:2])
        ours = f"vtcore>={core},<{int(core.partition('.')[0]) + 1}"
        needs = [f"{name}>=0.1,<1" for name in self.needs]
        values = {
            "NAME": self.name,
            "DISTRIBUTION": distribution_name(self.name),
            "PACKAGE": package_name(self.name),
            "CLASS": class_name(self.name, self.kind, {*words, *keyword.kwlist}),
            "KIND": self.kind,
            "NOUN": self.facts["noun"],
            "HOOK": self.facts["hook"],
            "MODULE": self.facts["module"],
            "SUMMARY": self.facts["summary"],
            "EXPERIMENT": self.facts["experiment"],
            "SUMMARY_WORDS": _begun_small(self.facts["summary"].rstrip(".")),
            "FAMILY": FAMILIES[self.family],
            "KEYWORDS": _listed(sorted({"vtcore", *FAMILIES[self.family].split(), self.kind})),
            "DEPENDENCIES": _lines(sorted([*self.facts["dependencies"], ours])),
            "TEST_DEPENDENCIES": _lines(sorted(["mypy>=1.11", "pytest>=8.2", "ruff>=0.6", *needs])),
            "IMPORT_NEEDS": "".join(map(_import_line, self.needs)),
            "NEEDS_SENTENCE": f"; what else it needs is in `{'` and `'.join(self.needs)}`" if self.needs else "",
            "NEEDS_COMMAND": f"pip install {' '.join(self.needs)}\n" if self.needs else "",
        }
        return values | {"USAGE": _filled(self.facts["usage"].strip(), values)}


def _layers(family: str, kind: str) -> tuple[str, ...]:
    return ("common", *_LAYERS.get((family, kind), (kind,)))


def _is_template(path: Path) -> bool:
    return path.suffix == _SUFFIX


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda match: values[match[1]], text)


def _begun_small(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _import_line(distribution: str) -> str:
    """Return what skips a test where a distribution is missing."""
    module = distribution.replace("-", "_")
    return f'    pytest.importorskip("{module}", reason="pip install {distribution}")\n'


def _listed(words: list[str]) -> str:
    return ", ".join(f'"{word}"' for word in words)


def _lines(words: list[str]) -> str:
    """Return the items of a TOML array, a line each."""
    return "\n".join(f'    "{word}",' for word in words)
