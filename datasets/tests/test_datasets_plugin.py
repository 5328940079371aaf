from __future__ import annotations

import inspect
import subprocess
import sys

import attrs
import pytest

from vtcore.components import Component
from vtcore.interfaces import Dataset
from vtrack_datasets.plugin import vtcore_datasets

COMPONENTS = list(vtcore_datasets())


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.name)
def test_target_takes_the_fields_of_its_config_with_the_same_defaults(component: Component) -> None:
    fields = attrs.fields(component.load_config())
    arguments = inspect.signature(component.load_target()).parameters
    assert list(arguments) == [field.name for field in fields]
    for field in fields:
        default = arguments[field.name].default
        assert (attrs.NOTHING if default is inspect.Parameter.empty else default) == field.default, field.name


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.name)
def test_target_is_a_dataset(component: Component) -> None:
    fields = attrs.fields(component.load_config())
    required = {field.name: "." for field in fields if field.default is attrs.NOTHING}
    assert isinstance(component.load_target()(**required), Dataset)


def test_describing_imports_nothing_heavy() -> None:
    code = (
        "import sys, vtrack_datasets.plugin, vtrack_datasets.config; "
        "print([name for name in ('numpy', 'cv2', 'torch', 'scipy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_checking_data_does_not_import_opencv(tmp_path: object) -> None:
    code = (
        "import sys; from vtrack_datasets.synthetic import SyntheticDataset; "
        "from vtrack_datasets.mot_challenge import MotChallengeDataset; "
        "[list(s.check(['image'])) for s in SyntheticDataset().sequences()]; print('cv2' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_public_names_load_on_first_use() -> None:
    import vtrack_datasets

    assert vtrack_datasets.SyntheticDataset is COMPONENTS[1].load_target()
    assert vtrack_datasets.MotChallengeDataset is COMPONENTS[0].load_target()
    with pytest.raises(AttributeError, match="has no attribute 'Synthetic'"):
        _ = vtrack_datasets.Synthetic


def test_shipped_experiments_name_data_sets_of_this_package() -> None:
    from importlib.resources import files

    import tomli

    experiments = [path for path in (files("vtrack_datasets") / "experiments").iterdir() if path.name.endswith(".toml")]
    assert len(experiments) >= 6
    for path in experiments:
        table = tomli.loads(path.read_text(encoding="utf-8"))
        if "extends" in table:
            continue
        name = table["dataset"].pop("type")
        component = next(known for known in COMPONENTS if known.name == name)
        config = component.load_config()(**table["dataset"])
        assert getattr(config, "root", "${VTCORE_DATA}/").startswith("${VTCORE_DATA}/"), path.name
