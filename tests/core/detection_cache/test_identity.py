"""Whatever could change a detection changes the key; what could not, does not."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from vtcore.components import Component, Configured
from vtcore.detection_cache import DetectionCache, RunCache, code
from vtcore.detection_cache.canonical import digest_of, plain_config
from vtcore.detection_cache.code import code_digest, library_versions, requirement_versions
from vtcore.detection_cache.file_hashes import FileHashes
from vtcore.detection_cache.identity import resolved_device
from vtcore.detection_cache.refusal import Refusal
from vtcore.discovery import core_candidate, find_candidates
from vtcore.experiments import Experiment
from vtcore.frames import Frame, Sequence
from vtcore.host import PluginHost
from vtcore.tables import TrackTable

Load = Callable[..., Experiment]


class Still(Sequence):
    """A sequence of no frames whose content a test says."""

    def __init__(self, name: str = "street", **facts: Any) -> None:
        super().__init__(name, classes=facts.pop("classes", ()), live=facts.pop("live", False))
        self.parts: Any = facts.pop("parts", ())
        self.found = facts.pop("found", None)

    def frames(self, *, images: bool = True) -> Iterator[Frame]:
        raise AssertionError("nothing is read for a key")

    def content(self) -> Any:
        return self.parts

    def detections(self) -> TrackTable | None:
        return self.found


def key(experiment: Experiment, sequence: Sequence | None = None, host: PluginHost | None = None, **more: Any) -> str:
    made = RunCache(experiment, host, cache=DetectionCache("unused"), **more)
    return " ".join(made.key(sequence or Still()))


@pytest.fixture
def host(eyes: Any) -> PluginHost:
    found: PluginHost = eyes.host
    return found


@pytest.mark.parametrize(
    "override",
    [
        "detector.threshold=0.4",
        "detector.more=['x']",
        "transforms=[{type='brighter'}]",
        "transforms=[{type='brighter', by=2}]",
        "transforms=[{type='brighter'}, {type='brighter'}]",
        "run.seed=1",
        "run.dtype=float16",
        "run.device=mps",
    ],
)
def test_options_that_change_detections_change_the_key(experiment: Load, override: str) -> None:
    assert key(experiment(override)) != key(experiment())


@pytest.mark.parametrize(
    "override",
    [
        "tracker.image=true",
        "run.prefetch=3",
        "run.output=elsewhere",
        "run.max_frames=3",
        "run.cache=fill",
        "run.report=false",
        "writers=[{type='mot-text'}]",
    ],
)
def test_other_options_do_not(experiment: Load, override: str) -> None:
    assert key(experiment(override)) == key(experiment())


def test_numbers_of_another_type_are_others() -> None:
    assert len({digest_of(value) for value in (1, 1.0, True, "1", [1], None)}) == 6
    assert digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})


@pytest.mark.parametrize("option", ["detector.weights={!r}", "detector.more=[{!r}]"])
def test_content_of_a_file_that_an_option_names(experiment: Load, tmp_path: Path, option: str) -> None:
    """The config declares no files: whatever text names one counts."""
    weights = tmp_path / "weights.bin"
    loaded = experiment(option.format(str(weights)))
    seen = [key(loaded)]
    for content in (b"abc", b"abd"):
        weights.write_bytes(content)
        seen.append(key(loaded))
    weights.unlink()
    weights.mkdir()
    seen.append(key(loaded))
    (weights / "part.bin").write_bytes(b"abd")
    seen.append(key(loaded))
    assert len(set(seen)) == 5


def test_a_file_of_each_sequence(experiment: Load, tmp_path: Path) -> None:
    loaded = experiment("detector.weights=found/{sequence}.npz")
    (tmp_path / "found").mkdir()
    (tmp_path / "found/street.npz").write_bytes(b"abc")
    before, other = key(loaded), key(loaded, Still("square"))
    (tmp_path / "found/street.npz").write_bytes(b"abd")
    assert key(loaded) != before
    assert key(loaded, Still("square")) == other


def test_a_config_may_say_which_files_count(experiment: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = importlib.import_module("fake_eyes.config").EyesConfig
    monkeypatch.setattr(config, "files", lambda self: [Path(self.weights)], raising=False)
    for name in ("weights", "more"):
        (tmp_path / name).write_text("1")
    loaded = experiment("detector.weights=weights", "detector.more=['more']")
    before = key(loaded)
    (tmp_path / "more").write_text("2")
    assert key(loaded) == before
    (tmp_path / "weights").write_text("2")
    assert key(loaded) != before


@pytest.mark.parametrize(
    "sequence",
    [
        Still("square"),
        Still(classes=("person",)),
        Still(parts=("30 frames a second",)),
        Still(parts=[Path("one")]),
        Still(parts=[Path("one"), Path("two")]),
        Still(parts=[Path("two"), Path("one")]),
    ],
)
def test_data_is_part_of_the_key(experiment: Load, sequence: Sequence) -> None:
    Path("one").write_text("1")
    Path("two").write_text("2")
    others = [Still(), Still(parts=[Path("one"), Path("one")]), Still(parts=["one"])]
    assert len({key(experiment(), other) for other in [*others, sequence]}) == 4


def test_files_count_by_content_not_by_place(experiment: Load) -> None:
    Path("one").write_text("1")
    before = key(experiment(), Still(parts=[Path("one")]))
    Path("one").rename("two")
    assert key(experiment(), Still(parts=[Path("two")])) == before


def test_detections_of_the_data_count_where_they_are_needed(experiment: Load) -> None:
    tables = [None, TrackTable.empty(), TrackTable([0], [[1, 2, 3, 4]]), TrackTable([0], [[1, 2, 3, 5]])]
    assert len({key(experiment(), Still(found=table)) for table in tables}) == 1
    assert len({key(experiment("detector.given=true"), Still(found=table)) for table in tables}) == 4


def test_class_names_that_the_detector_is_built_with(experiment: Load) -> None:
    assert key(experiment(), classes=("dog",)) != key(experiment())


def test_version_and_code_of_the_plugin(experiment: Load, host: PluginHost, fake_site: Any) -> None:
    loaded = experiment()
    before = key(loaded)
    source = fake_site.folder / "fake_eyes" / "detector.py"
    source.write_text(source.read_text() + "# changed\n")
    changed = key(loaded)
    assert changed != before
    metadata = fake_site.folder / "fake_eyes-1.0.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text().replace("Version: 1.0", "Version: 1.1"))
    assert key(loaded, host=PluginHost([core_candidate(), *find_candidates([str(fake_site.folder)])])) not in (
        before,
        changed,
    )


def test_versions_of_the_libraries(experiment: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    before = key(experiment())
    monkeypatch.setattr(code, "_version", lambda name: "99" if name == "numpy" else None)
    assert key(experiment()) != before


def test_versions_of_what_a_plugin_requires(fake_site: Any) -> None:
    requirement_versions.cache_clear()
    fake_site.add("base", distribution="fake-base", version="2.5")
    fake_site.add("top", requires=["fake-base>=2", "fake-absent; extra == 'x'", "vtcore"])
    assert {**dict(requirement_versions("fake-top")), "vtcore": ""} == {"fake-base": "2.5", "vtcore": ""}
    assert requirement_versions("no-such-distribution") == ()
    assert "numpy" in library_versions()


@pytest.mark.parametrize(
    ("sequence", "overrides", "reason"),
    [
        (Still(live=True), (), "a live source never comes again"),
        (Still(parts=None), (), "Still does not say what its pictures follow from"),
        (Still(parts=[Path("missing.png")]), (), "No such file"),
        (Still(), ("detector.cacheable=false",), "detector 'eyes' is never cached: its config says so"),
        (Still(), ("detector={type='given'}",), "detector 'given' is never cached: its config says so"),
        (Still(), ("detector={replace=true}",), "the experiment has no detector"),
        (Still(), ("run.cache=off",), 'run.cache is "off"'),
    ],
)
def test_what_has_no_key(experiment: Load, sequence: Sequence, overrides: tuple[str, ...], reason: str) -> None:
    with pytest.raises(Refusal, match=reason):
        key(experiment(*overrides), sequence)


def test_an_option_without_a_text_has_no_key(experiment: Load, host: PluginHost) -> None:
    detector = experiment().detector
    assert detector is not None
    changed = attrs.evolve(
        experiment(), detector=attrs.evolve(detector, config=attrs.evolve(detector.config, more=[object()]))
    )
    with pytest.raises(Refusal, match="an option holds a object, whose content cannot be told"):
        key(changed)


def test_nested_components_count_whole() -> None:
    """A nested component's class and plugin are part of what it is, not only its options."""
    component = Component("motion", "still", "m:C", "m:T", "s.")
    asked: list[Any] = []

    @attrs.frozen
    class Holder:
        motion: Any

    plain = plain_config(
        Holder(Configured(component, Holder(3))), lambda inner: asked.append(inner) or {"type": "still"}
    )
    assert plain == {"motion": {"type": "still"}}
    assert [inner.component for inner in asked] == [component]


def test_code_is_found_without_being_imported(fake_site: Any, tmp_path: Path) -> None:
    package = fake_site.folder / "shared_space" / "part"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise ImportError")
    (fake_site.folder / "single.py").write_text("raise ImportError")
    hashes = FileHashes()
    seen = {code_digest(module, hashes) for module in ("shared_space.part.x", "single", "vtcore.sources.video")}
    assert len(seen) == 3
    assert code_digest("vtcore.sources.images", hashes) in seen
    for module in ("no_such_module", "shared_space.absent", "sys"):
        with pytest.raises(Refusal, match=f"the code of {module} is in no file"):
            code_digest(module, hashes)


@pytest.mark.parametrize(
    ("device", "hidden", "expected"),
    [("cpu", None, "cpu"), ("cuda", None, "cuda"), ("cuda:1", None, "cuda"), ("mps", None, "mps"), ("auto", "", "cpu")],
)
def test_devices(monkeypatch: pytest.MonkeyPatch, device: str, hidden: str | None, expected: str) -> None:
    monkeypatch.setattr("platform.system", lambda: "Linux")
    if hidden is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
    assert resolved_device(device) == expected
    monkeypatch.setattr("platform.system", lambda: "Windows")
    assert resolved_device("auto") == "auto"
