from __future__ import annotations

import subprocess
import sys

import pytest

from vtcore.host import plugin_host
from vtrack_plugin_stark.config import StarkConfig


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"search_size": 300}, "search_size: must be a multiple of 16, got 300"),
        ({"search_size": 0}, "search_size: must be >= 16, got 0"),
        ({"template_factor": 0.0}, "template_factor: must be > 0, got 0.0"),
        ({"update_intervals": (10, 0)}, "update_intervals: must be >= 1, got 0"),
        ({"update_threshold": 2.0}, "update_threshold: must be <= 1, got 2.0"),
        ({"variant": "st3"}, "variant: must be one of '', 's', 'st1', 'st2', 'lightning', got 'st3'"),
        ({"variant": "s", "update_intervals": (25,)}, "update_intervals: s has one template, which is never renewed"),
        ({"weights_sha256": "xyz"}, "weights_sha256: must be 8 to 64 hexadecimal digits"),
    ],
)
def test_bad_options_are_refused(options, told):
    with pytest.raises(ValueError, match=told.replace("(", r"\(")):
        StarkConfig(**options)


def test_it_needs_pictures_and_targets_and_no_detections():
    assert StarkConfig.needs == {"image", "targets"}


def test_missing_weights_are_told_before_a_run(tmp_path):
    assert "none are given" in next(StarkConfig().check())
    (told,) = StarkConfig(weights=str(tmp_path / "no.pth")).check()
    assert "no.pth" in told


def test_the_tracker_is_found_without_torch():
    component = plugin_host().component("tracker", "stark")
    assert component.load_config() is StarkConfig
    code = (
        "import sys, vtrack_plugin_stark.plugin, vtrack_plugin_stark.config; "
        "sys.exit(any(name in sys.modules for name in ('torch', 'numpy', 'cv2')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
