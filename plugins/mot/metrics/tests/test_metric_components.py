"""The plugin as the core sees it."""

from __future__ import annotations

import inspect
import json
import pickle
import subprocess
import sys

import attrs
import pytest

from vtcore.components import Configured, build
from vtcore.interfaces import Metric
from vtrack_plugin_mot_metrics import Clear, Count, Hota, Identity
from vtrack_plugin_mot_metrics.plugin import vtcore_metrics

COMPONENTS = {component.name: component for component in vtcore_metrics()}


@pytest.mark.parametrize("name", ["hota", "clear", "identity", "count"])
def test_config_and_target_agree(name):
    component = COMPONENTS[name]
    config = component.load_config()
    fields = {field.name: field.default for field in attrs.fields(config)}
    parameters = inspect.signature(component.load_target()).parameters
    assert {key: parameter.default for key, parameter in parameters.items()} == fields
    metric = build(Configured(component, config()))
    assert isinstance(metric, Metric)
    assert metric.config == config()


def test_hooks_and_configs_import_nothing_heavy():
    code = (
        "import sys, vtrack_plugin_mot_metrics.plugin, vtrack_plugin_mot_metrics.config\n"
        "print(sorted({'numpy', 'scipy', 'trackeval', 'cv2', 'torch'} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_scoring_brings_neither_matplotlib_nor_opencv():
    code = (
        "import sys\nfrom vtrack_plugin_mot_metrics import Hota\nHota().report({}, ())\n"
        "print(sorted({'matplotlib', 'cv2', 'torch'} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


@pytest.mark.parametrize("metric", [Clear, Identity])
@pytest.mark.parametrize("threshold", [0, 1.5, float("nan")])
def test_threshold_out_of_bounds(metric, threshold):
    with pytest.raises(ValueError, match=r"threshold: must be"):
        metric(threshold=threshold)


def test_threshold_is_used(crowd):
    loose, strict = Clear(threshold=0.3), Clear(threshold=0.7)
    sequence = crowd()
    assert loose.evaluate(sequence)[0]["CLR_TP"] > strict.evaluate(sequence)[0]["CLR_TP"] > 0
    for metric in (loose, strict):
        assert metric.frame_errors(sequence).tp.sum() == metric.evaluate(sequence)[0]["CLR_TP"]
    assert Identity(threshold=0.3).evaluate(sequence)[0]["IDTP"] > Identity(threshold=0.7).evaluate(sequence)[0]["IDTP"]


@pytest.mark.parametrize("metric", [Hota(), Clear(), Identity(), Count()], ids=lambda metric: type(metric).__name__)
def test_report_is_plain_json_and_has_the_summary(metric, crowd, capsys):
    evaluated = {name: metric.evaluate(crowd(seed, name=name)) for seed, name in enumerate(["B", "A"])}
    evaluated = pickle.loads(pickle.dumps(evaluated))
    tables = metric.report(evaluated, ("pedestrian",))
    assert json.loads(json.dumps(tables, allow_nan=False)) == tables
    assert list(tables) == ["COMBINED", "B", "A"]
    assert set(metric.summary) <= set(tables["COMBINED"])
    assert capsys.readouterr().out == ""


def test_report_does_not_depend_on_the_order_of_sequences(crowd):
    metric = Hota()
    evaluated = {f"S{seed}": metric.evaluate(crowd(seed, name=f"S{seed}")) for seed in range(5)}
    backwards = dict(reversed(evaluated.items()))
    assert metric.report(evaluated, ())["COMBINED"] == metric.report(backwards, ())["COMBINED"]


def test_counts_are_integers_and_curves_have_their_mean(crowd):
    table = Hota().report({"A": Hota().evaluate(crowd())}, ("pedestrian",))["A"]
    curves = table["curves"]
    assert len(curves["alphas"]) == len(curves["HOTA"]) == 19
    assert curves["alphas"][0] == pytest.approx(0.05)
    assert table["HOTA"] == pytest.approx(sum(curves["HOTA"]) / 19)
    assert all(type(count) is int for count in curves["HOTA_TP"])
    clear = Clear().report({"A": Clear().evaluate(crowd())}, ("pedestrian",))["A"]
    assert {type(clear[name]) for name in ("CLR_TP", "IDSW", "MT", "Frag", "CLR_Frames")} == {int}
    assert type(clear["MOTA"]) is float


def test_unknown_name_of_the_package():
    import vtrack_plugin_mot_metrics

    with pytest.raises(AttributeError, match="has no attribute 'Mota'"):
        _ = vtrack_plugin_mot_metrics.Mota
