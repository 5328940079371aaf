"""A migration as a whole: the text of the experiment, and configs that are not what they should be."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import tomli

from vtcore.errors import DataError
from vtcore.migration import Migration, Weights, migrate, migrating
from vtcore.migration.configs import Config, read_config
from vtcore.migration.values import Place, Unread, Value, copied

Migrated = Callable[..., Migration]
NAMES = (
    *("sort", "deepsort", "deepsort_public", "tracktor", "qdtrack", "bytetrack", "ocsort", "strongsort"),
    *("siamrpn", "siamrpn_vot", "stark", "mixformer", "reid", "base/yolox"),
)


@pytest.mark.parametrize("name", NAMES)
def test_the_text_is_the_experiment(migrated: Migrated, name: str) -> None:
    migration = migrated(name)
    assert tomli.loads(migration.to_toml()) == migration.tables


def test_every_line_tells_where_it_comes_from(migrated: Migrated) -> None:
    lines = [" ".join(line.split()) for line in migrated("deepsort").to_toml().splitlines()]
    assert "min_score = 0.45 # deepsort.py:4" in lines
    assert "nms_pre = 900 # base/detector.py:46" in lines or "nms_pre = 900 # base/detector.py:44" in lines
    assert 'convention = "mmtracking" # as the original' in lines
    assert "[tracker]" in lines


def test_what_is_missing_stands_in_the_text(migrated: Migrated, samples: Path) -> None:
    text = migrated("stark").to_toml()
    assert text.startswith(f"# Made of {samples}/stark.py by vtcore migrate.\n# No counterpart: {samples}/stark.py:4: ")


def test_it_requires_what_brings_its_components(migrated: Migrated) -> None:
    assert migrated("deepsort").tables["requires"] == [
        "vtcore>=0.1",
        "vtrack-datasets",
        "vtrack-plugin-faster-rcnn",
        "vtrack-plugin-reid",
        "vtrack-plugin-deepsort",
        "vtrack-plugin-mot-metrics",
    ]
    assert "vtrack-plugin-tracktor" in migrated("tracktor").tables["requires"]


def test_files_with_strange_names_break_no_comment(tmp_path: Path) -> None:
    path = tmp_path / "a\nb.py"
    path.write_text("model = dict(type='MixFormer')\n")
    assert tomli.loads(migrate(path).to_toml())["tracker"]["type"] == "mixformer"


ODD: tuple[Any, ...] = (None, 5, -1, 2.5, "x", "", [], {}, True, [1], ["a"], {"type": "X"}, Unread("f(x)", "no"))


def odd_value(data: Any, place: Place) -> Value:
    if isinstance(data, dict):
        return Value({key: odd_value(item, place) for key, item in data.items()}, place)
    if isinstance(data, list):
        return Value([odd_value(item, place) for item in data], place)
    return Value(data, place)


def holders(value: Value) -> Iterator[tuple[Any, Any]]:
    if value.is_table or value.is_list:
        for key in list(value.data if value.is_table else range(len(value.data))):
            yield value.data, key
            yield from holders(value.data[key])


@pytest.mark.parametrize("name", NAMES)
def test_settings_of_any_kind_are_migrated_or_told(name: str, samples: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = read_config(samples / f"{name}.py")
    names = ("model", "data", "evaluation", "test_dataloader", "test_evaluator", "seed", "search_metrics", "test_cfg")
    draws = random.Random(name)
    for _ in range(50):
        top = Value({key: copied(value) for key, value in config.values.items() if key in names}, Place("c.py", 1))
        for holder, key in draws.sample(list(holders(top)), draws.choice([1, 2, 5])):
            holder[key] = odd_value(draws.choice(ODD), Place("c.py", 7))
        changed = Config(config.path, top.data, (), (config.path,))
        monkeypatch.setattr(migrating, "read_config", lambda path, changed=changed: changed)
        migration = migrate(config.path, Weights(checkpoint="w.pth"))
        if migration.tables:
            assert tomli.loads(migration.to_toml()) == migration.tables


def test_a_config_that_is_none_gives_no_experiment(tmp_path: Path) -> None:
    path = tmp_path / "other.py"
    path.write_text("x = 1\n")
    migration = migrate(path)
    assert migration.outcome == "none"
    assert [problem.message for problem in migration.unmapped] == [
        "the config has no model; is it meant to be a base of others?"
    ]


@pytest.mark.data
def test_published_configs() -> None:
    """Every config of a checkout of MMTracking or MMDetection (VTCORE_PUBLISHED_CONFIGS) is read, or told of."""
    folder = os.environ.get("VTCORE_PUBLISHED_CONFIGS")
    if not folder:
        pytest.skip("VTCORE_PUBLISHED_CONFIGS names no folder of configs of MMTracking or MMDetection")
    outcomes: dict[str, list[str]] = {"full": [], "part": [], "none": [], "unreadable": []}
    for path in sorted(Path(folder).rglob("*.py")):
        try:
            migration = migrate(path)
        except DataError as error:
            outcomes["unreadable"].append(str(error))
            continue
        outcomes[migration.outcome].append(str(path))
        assert migration.outcome == "full" or migration.unmapped
        if migration.tables:
            assert tomli.loads(migration.to_toml()) == migration.tables
    assert sum(map(len, outcomes.values())) > 0
    assert all("_base_" in message for message in outcomes["unreadable"]), outcomes["unreadable"]
