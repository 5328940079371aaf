"""Experiments: reading, merging, checking and showing of the TOML files that say what to run."""

from __future__ import annotations

from vtcore.experiments.experiment import Experiment, PluginOptions, RunOptions
from vtcore.experiments.loading import load_experiment
from vtcore.experiments.origins import Origin
from vtcore.experiments.resolving import differences

__all__ = ["Experiment", "Origin", "PluginOptions", "RunOptions", "differences", "load_experiment"]
