from __future__ import annotations

import inspect
import subprocess
import sys

import attrs
import pytest

from vtcore.host import plugin_host
from vtrack_plugin_mixformer.config import MixFormerConfig, MixFormerV2Config, MixFormerVitConfig

NAMES = ("mixformer", "mixformer-vit", "mixformerv2")


@pytest.mark.parametrize("name", NAMES)
def test_the_trackers_take_what_their_configs_have(name):
    component = plugin_host().component("tracker", name)
    config = component.load_config()
    given = inspect.signature(component.load_target()).parameters
    for field in attrs.fields(config):
        assert given[field.name].default == field.default, field.name
    assert config.needs == {"image", "targets"}


def test_configs_are_read_without_torch():
    code = (
        "import sys, vtrack_plugin_mixformer.plugin, vtrack_plugin_mixformer.config\n"
        "sys.exit(any(name in sys.modules for name in ('torch', 'numpy', 'cv2')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"search_size": 330}, "search_size: must be a multiple of 16, got 330"),
        ({"template_size": 120}, "template_size: must be a multiple of 16, got 120"),
        ({"search_size": 16}, "search_size: must be >= 32, got 16"),
        ({"online_size": 0}, "online_size: must be >= 1, got 0"),
        ({"update": "often"}, "update: must be one of 'auto', 'score', 'interval', 'never', got 'often'"),
        ({"max_score_decay": 0.0}, "max_score_decay: must be > 0, got 0.0"),
        ({"search_factor": -1.0}, "search_factor: must be > 0, got -1.0"),
    ],
)
def test_options_that_cannot_be_are_refused(options, told):
    with pytest.raises(ValueError, match=told.replace("(", r"\(")):
        MixFormerConfig(**options)


def test_without_weights_the_check_says_so(tmp_path):
    for config in (MixFormerConfig, MixFormerVitConfig, MixFormerV2Config):
        assert any("weights" in told for told in config().check())
        there = tmp_path / "weights.pth"
        there.touch()
        assert list(config(weights=str(there)).check()) == []
        assert list(config(weights=str(there)).files()) == [str(there)]
