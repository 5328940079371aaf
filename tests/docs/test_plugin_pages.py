"""The pages of hooks and kinds tell what is there: hooks, arguments, kinds, members, and the plugins that have them."""

from __future__ import annotations

import functools
import inspect
import re
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tomli

from vtcore import hookspecs
from vtcore.components import Kind, load_object
from vtcore.frames import Frame, Sequence
from vtcore.host import PluginHost, plugin_host

REPOSITORY = Path(__file__).parents[2]
DOCS = REPOSITORY / "docs"
HOOKS = {
    name: function for name, function in inspect.getmembers(hookspecs, inspect.isfunction) if name.startswith("vtcore_")
}
RUN_HOOKS = [name for name in HOOKS if name not in hookspecs.REGISTERING_HOOKS]
KINDS = sorted(page.stem for page in (DOCS / "kinds").glob("*.md") if page.stem != "index")
NAME = re.compile(r"`([a-z0-9-]+)`")


class Empty(Sequence):
    """A sequence without frames."""

    def frames(self, *, images: bool = True) -> Iterator[Frame]:
        yield from ()


@functools.cache
def _own_plugins() -> frozenset[str]:
    """Return the names of the plugins of this repository that are installed here and in order."""
    own = {"vtcore"}
    for pattern in ("plugins/*/*/pyproject.toml", "plugins/nets/pyproject.toml", "datasets/pyproject.toml"):
        for manifest in REPOSITORY.glob(pattern):
            project = tomli.loads(manifest.read_text(encoding="utf-8"))["project"]
            own |= project.get("entry-points", {}).get("vtcore", {}).keys()
    found = frozenset(plugin.name for plugin in plugin_host().plugins if plugin.status == "ok" and plugin.name in own)
    if missing := own - found:
        pytest.skip(f"not installed: {', '.join(sorted(missing))}")
    return found


def _hook_page(hook: str) -> str:
    page = DOCS / "hooks" / f"{hook}.md"
    assert page.exists(), f"docs/hooks has no page {page.name}"
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"# `{hook}`\n")
    return text


def _section(hook: str, heading: str) -> str:
    """Return the text below a heading of a hook's page."""
    parts = re.split(r"^## (.+)$", _hook_page(hook), flags=re.MULTILINE)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert heading in sections, f"docs/hooks/{hook}.md has no section {heading}"
    return sections[heading]


def _example(hook: str) -> types.ModuleType:
    """Return a module of the example of a hook's page."""
    block = re.search(r"^```python\n(.*?)^```$", _section(hook, "Example"), re.MULTILINE | re.DOTALL)
    assert block is not None, f"docs/hooks/{hook}.md has no example"
    module = types.ModuleType(f"example_of_{hook}")
    exec(block[1], vars(module))
    return module


def _kinds() -> dict[str, Kind]:
    _own_plugins()
    return dict(plugin_host().kinds)


# --- Hooks ------------------------------------------------------------------------------------------------------


def test_every_hook_has_a_page() -> None:
    assert {page.stem for page in (DOCS / "hooks").glob("*.md")} == {*HOOKS, "index"}
    defined = sorted(HOOKS, key=lambda name: HOOKS[name].__code__.co_firstlineno)
    index = (DOCS / "hooks" / "index.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| \[`(\w+)`\]\(\1\.md\)", index, re.MULTILINE) == defined


@pytest.mark.parametrize("hook", HOOKS)
def test_every_argument_is_explained(hook: str) -> None:
    arguments = _section(hook, "Arguments")
    explained = re.findall(r"^- `(\w+)`: ", arguments, re.MULTILINE)
    assert explained == list(inspect.signature(HOOKS[hook]).parameters)
    assert explained or arguments.strip() == "None."


@pytest.mark.parametrize("hook", hookspecs.REGISTERING_HOOKS)
def test_the_example_registers(hook: str) -> None:
    host = PluginHost([])
    with host.register(_example(hook), "example"):
        plugin = host.plugin("example")
        assert plugin.status == "ok"
        assert plugin.components or plugin.kinds or plugin.commands


def test_examples_of_a_run_are_called(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from vtcore.api import load_experiment
    from vtcore.instances import Instances
    from vtcore.runs import Run

    tables: dict[str, Any] = {
        "dataset": {"type": "images", "path": str(tmp_path)},
        "detector": {"type": "given"},
        "run": {"output": str(tmp_path / "run")},
    }
    host = PluginHost([])
    run = Run(load_experiment(tables), host=host)
    sequence = Empty("street-1", length=0)
    tracks = Instances([[0, 0, 9, 9]] * 21)
    told = {"run": run, "sequence": sequence, "frame": Frame(7), "detections": tracks, "tracks": tracks, "error": None}
    for hook in RUN_HOOKS:
        with host.register(_example(hook), hook):
            host.notify(hook, **{name: told[name] for name in inspect.signature(HOOKS[hook]).parameters})
        assert capsys.readouterr().out, f"the example of {hook} printed nothing"


@pytest.mark.parametrize("hook", HOOKS)
def test_the_plugins_named_implement_the_hook(hook: str) -> None:
    text = _section(hook, "Plugins that use it")
    there_are = {name for name in _own_plugins() if hook in _implemented(name)}
    if there_are:
        assert set(NAME.findall(re.sub(r"\(.*?\)", "", text))) == there_are
    else:
        assert text.strip().startswith("None")


def _implemented(plugin: str) -> set[str]:
    module = plugin_host().plugin(plugin).module
    loaded = load_object(f"{module}:__dict__", f"plugin {plugin}")
    return {name for name in HOOKS if hasattr(loaded.get(name), "vtcore_impl")}


# --- Kinds ------------------------------------------------------------------------------------------------------


def test_every_kind_has_a_page() -> None:
    installed = {kind.name for kind in _kinds().values()}
    strangers = [plugin for plugin in plugin_host().plugins if plugin.name not in _own_plugins()]
    brought = {kind.name for plugin in strangers for kind in plugin.kinds}
    assert installed - brought == set(KINDS)
    index = (DOCS / "kinds" / "index.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| \[([\w-]+)\]\(\1\.md\)", index, re.MULTILINE)) == KINDS


@pytest.mark.parametrize("name", KINDS)
def test_every_member_is_explained(name: str) -> None:
    interface = load_object(_kinds()[name].interface, f"kind {name}")
    page = (DOCS / "kinds" / f"{name}.md").read_text(encoding="utf-8")
    assert f"`{interface.__module__}.{interface.__qualname__}`" in page
    table = page[page.index("| member |") : page.index("\n## Example")]
    explained = dict(re.findall(r"^\| `(\w+)(.*?)` \|", table, re.MULTILINE))
    members = {member for member in vars(interface) if not member.startswith("_")} | (
        {"__call__"} if "__call__" in vars(interface) else set()
    )
    assert explained.keys() == members
    for member, arguments in explained.items():
        value = vars(interface)[member]
        if inspect.isfunction(value):
            parameters = list(inspect.signature(value).parameters)[1:]
            assert re.findall(r"\w+(?=[,)=])", re.sub(r"=[^,)]*", "", arguments)) == parameters, member


@pytest.mark.parametrize("name", KINDS)
def test_the_components_named_are_those_there_are(name: str) -> None:
    page = (DOCS / "kinds" / f"{name}.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w-]+)` \| (.*?) \|$", page[page.index("\n## What there is") :], re.MULTILINE)
    named = {plugin: NAME.findall(names) for plugin, names in rows}
    there_are: dict[str, list[str]] = {}
    for component in plugin_host().components(name):
        plugin = plugin_host().owner(component).name
        if plugin in _own_plugins():
            there_are.setdefault(plugin, []).append(component.name)
    assert {plugin: sorted(names) for plugin, names in named.items()} == {
        plugin: sorted(names) for plugin, names in there_are.items()
    }


# --- Choosing ---------------------------------------------------------------------------------------------------

CHOICES = re.findall(
    r"^\| \[`(\w+)`\]\(\1\.md\) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \| (\d+) \| (\d+) \|",
    (DOCS / "algorithms" / "index.md").read_text(encoding="utf-8"),
    re.MULTILINE,
)


@pytest.mark.parametrize("row", CHOICES, ids=lambda row: row[0])
def test_figures_to_choose_by_are_those_of_the_pages(row: tuple[str, ...]) -> None:
    name, *scores, microseconds = row
    page = (DOCS / "algorithms" / f"{name}.md").read_text(encoding="utf-8")
    lines = re.findall(r"^\| MOT17-FRCNN, 4 training sequences \|.*$", page, re.MULTILINE)
    hota, mota, idf1, switches = scores
    wanted = rf"\| {hota} \|[^|]+\|[^|]+\| {mota} \| {idf1} \| {switches} \|"
    assert any(re.search(wanted, line) for line in lines)
    benchmarks = (REPOSITORY / "benchmarks" / "README.md").read_text(encoding="utf-8")
    measured = re.search(rf"^\| {name} \| vtcore \| \d+ \| (\d+) \|", benchmarks, re.MULTILINE)
    assert measured is not None
    assert measured[1] == microseconds


@pytest.mark.parametrize("kind", ["detector", "tracker", "refiner"])
def test_everything_can_be_chosen(kind: str) -> None:
    text = (DOCS / "algorithms" / "index.md").read_text(encoding="utf-8")
    named = {*NAME.findall(text), "given", "function", "qdtrack-tao"}
    own = [each for each in plugin_host().components(kind) if plugin_host().owner(each).name in _own_plugins()]
    assert not {component.name for component in own} - named
