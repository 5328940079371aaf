"""``report.html`` of a sweep: what was tried, what is best, and what matters."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from collections.abc import Sequence as Seq
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vtcore.errors import MissingPackageError
from vtcore.experiments.sweep_parameters import Choices, Parameter, Range
from vtcore.experiments.wording import toml_text
from vtcore.files import write_whole
from vtcore.report.markup import Markup, tag
from vtcore.report.page import html_page
from vtcore.report.scatter import Dot, scatter_plot
from vtcore.report.sections import notes_list
from vtcore.report.tables import table
from vtcore.sources.naming import masked_lines

if TYPE_CHECKING:
    from vtcore.sweeps.objectives import Objective
    from vtcore.sweeps.sweep import Sweep
    from vtcore.sweeps.trials import Trial

__all__ = ["score_text", "value_text", "write_sweep_report"]

_SHOWN = 20
"""Trials in the table of the best; all of them stand in ``trials.jsonl``."""
_WORD = 14
"""Letters of a value that fit below an axis."""


def write_sweep_report(sweep: Sweep) -> Path:
    """Write the page into the sweep's folder, whole or not at all.

    Raises:
        OutputError: It cannot be written.
    """
    path = sweep.folder.path / "report.html"
    title = f"{sweep.folder.path.resolve().name}"
    main = tag(
        "main",
        _notes(sweep),
        _best(sweep),
        _history(sweep),
        _pareto(sweep),
        _parameters(sweep),
        _trials(sweep),
        _origin(sweep),
    )
    write_whole(path, html_page(title, _header(sweep, title), main))
    return path


def score_text(value: Any) -> str:
    """Return a score as tables show it: fractions in percent, counts whole."""
    return f"{100 * value:.3f}" if isinstance(value, float) else str(value)


def value_text(value: Any) -> str:
    """Return a value nearly as TOML writes it, without quotes and passwords."""
    if isinstance(value, Mapping):
        return ", ".join(str(item) if key == "type" else f"{key} = {value_text(item)}" for key, item in value.items())
    return masked_lines(value if isinstance(value, str) else toml_text(value))


def _header(sweep: Sweep, title: str) -> Markup:
    best = sweep.best()
    failed = sum(not trial.is_done for trial in sweep.trials)
    tiles = [] if best is None else [(f"best {name}", score_text(value)) for name, value in best.values.items()]
    tiles += [("trials", f"{len(sweep.trials):,}"), ("sampler", sweep.plan.sampler)]
    if failed:
        tiles.append(("failed", f"{failed:,}"))
    spent = [sum(trial.seconds.values()) for trial in sweep.trials if trial.is_done]
    if spent:
        tiles.append(("seconds a trial", f"{np.median(spent):.2f}"))
    made = datetime.datetime.now().astimezone().strftime("%d %B %Y, %H:%M %Z").strip(" ,")
    return tag(
        "header",
        tag("h1", title),
        tag("p", f"{made} · sweep of {sweep.experiment.source}", class_="facts"),
        tag("dl", [tag("div", tag("dt", name), tag("dd", text)) for name, text in tiles], class_="tiles"),
    )


def _notes(sweep: Sweep) -> Markup | None:
    failed = [f"trial {trial.number} failed: {trial.error}" for trial in sweep.trials if not trial.is_done]
    more = [f"and {len(failed) - 5} more failed"] if len(failed) > 5 else []
    listed = notes_list([*sweep.notes, *failed[:5], *more])
    return None if listed is None else tag("section", tag("h2", "Notes"), listed)


def _best(sweep: Sweep) -> Markup | None:
    best = sweep.best()
    if best is None:
        return None
    rows = [(name, [value_text(value)], "") for name, value in best.parameters.items()]
    caption = f"Trial {best.number}, as best.toml has it"
    return tag("section", tag("h2", "Best"), table(["Key", "Value"], rows, caption))


def _history(sweep: Sweep) -> Markup | None:
    done = [trial for trial in sweep.trials if trial.is_done]
    if not done:
        return None
    figures = []
    for objective in sweep.objectives:
        values = np.array([_shown(trial.values[objective.name]) for trial in done])
        so_far = (np.minimum if objective.lower else np.maximum).accumulate(values)
        dots = [
            Dot(trial.number, value, _words(trial, sweep.objectives))
            for trial, value in zip(done, values.tolist(), strict=True)
        ]
        place = int(values.argmin() if objective.lower else values.argmax())
        dots.append(Dot(done[place].number, float(values[place]), _words(done[place], sweep.objectives), "dot-best"))
        way = list(zip([float(trial.number) for trial in done], so_far.tolist(), strict=True))
        figures.append(
            scatter_plot(
                f"{objective.name} of each trial",
                dots,
                x_title="trial",
                y_title=_axis(objective, done),
                way=way,
                legend=[("best so far", "line-front")],
            )
        )
    return tag("section", tag("h2", "History"), tag("div", figures, class_="plots"))


def _pareto(sweep: Sweep) -> Markup | None:
    front = sweep.front()
    if len(sweep.objectives) < 2 or not front:
        return None
    parts: list[Markup] = []
    if len(sweep.objectives) == 2:
        first, second = sweep.objectives
        done = [trial for trial in sweep.trials if trial.is_done]
        numbers = {trial.number for trial in front}
        dots = [
            Dot(
                _shown(trial.values[first.name]),
                _shown(trial.values[second.name]),
                _words(trial, sweep.objectives),
                style,
            )
            for style, chosen in (("dot", False), ("dot-front", True))
            for trial in done
            if (trial.number in numbers) is chosen
        ]
        way = [(_shown(trial.values[first.name]), _shown(trial.values[second.name])) for trial in front]
        plot = scatter_plot(
            f"{first.name} and {second.name}",
            dots,
            x_title=_axis(first, done),
            y_title=_axis(second, done),
            way=way,
            legend=[("Pareto front", "line-front")],
        )
        parts.append(tag("div", plot, class_="plots"))
    caption = "No other trial is better in one score without being worse in another; pareto/01.toml is the first row"
    parts.append(_trial_table(front, sweep, caption))
    return tag("section", tag("h2", "Pareto front"), parts)


def _parameters(sweep: Sweep) -> Markup | None:
    done = [trial for trial in sweep.trials if trial.is_done]
    if not done:
        return None
    parts: list[Markup | None] = [_importance(sweep)]
    for objective in sweep.objectives:
        figures = [_parameter_plot(parameter, objective, sweep, done) for parameter in sweep.space.parameters]
        heading = tag("h3", objective.name) if len(sweep.objectives) > 1 else None
        parts += [heading, tag("div", figures, class_="plots")]
    return tag("section", tag("h2", "Parameters"), parts)


def _parameter_plot(parameter: Parameter, objective: Objective, sweep: Sweep, done: Seq[Trial]) -> Markup:
    words = None
    index = sweep.space.parameters.index(parameter)
    best = sweep.best()
    if isinstance(parameter, Choices) and not parameter.is_ordered:
        words = [_shortened(value_text(value)) for value in parameter.values]
    dots = [
        Dot(
            float(trial.places[index]) if words else float(trial.parameters[parameter.name]),
            _shown(trial.values[objective.name]),
            _words(trial, sweep.objectives),
            "dot-best" if trial is best else "dot",
        )
        for trial in sorted(done, key=lambda trial: trial is best)
    ]
    return scatter_plot(
        parameter.name,
        dots,
        x_title=parameter.name,
        y_title=_axis(objective, done),
        x_words=words,
        log=isinstance(parameter, Range) and parameter.log,
    )


def _importance(sweep: Sweep) -> Markup | None:
    """Return how much each parameter matters, where optuna is there to tell."""
    try:
        from vtcore.sweeps.tpe import importances
    except MissingPackageError:
        return None
    by_objective = [importances(sweep.space, sweep.trials, objective) for objective in sweep.objectives]
    if not any(by_objective):
        return None
    rows = []
    for parameter in sorted(sweep.space.parameters, key=lambda each: -by_objective[0].get(each.name, 0.0)):
        shares = [found.get(parameter.name, 0.0) for found in by_objective]
        cells = [
            tag(
                "span",
                tag("span", tag("span", class_="fill", style=f"width:{100 * share:.1f}%"), class_="bar"),
                tag("span", f"{100 * share:.0f} %", class_="percent"),
                class_="share",
            )
            for share in shares
        ]
        rows.append((parameter.name, cells, ""))
    caption = "How much each parameter decides whether a trial is among the better ones (PED-ANOVA)"
    return table(["Parameter", *(objective.name for objective in sweep.objectives)], rows, caption)


def _trials(sweep: Sweep) -> Markup | None:
    done = [trial for trial in sweep.trials if trial.is_done]
    if not done:
        return None
    ordered = sorted(done, key=lambda trial: ([-objective.gain(trial) for objective in sweep.objectives], trial.number))
    caption = f"The best {min(_SHOWN, len(done))} of {len(done):,} trials; scores that are fractions in percent"
    stages = list(dict.fromkeys(stage for trial in done for stage in trial.seconds))
    seconds = [(stage, [f"{np.median([trial.seconds.get(stage, 0.0) for trial in done]):.4f}"], "") for stage in stages]
    return tag(
        "section",
        tag("h2", "Trials"),
        _trial_table(ordered[:_SHOWN], sweep, caption),
        table(["Stage", "Seconds"], seconds, "Median time of a trial"),
    )


def _trial_table(trials: Seq[Trial], sweep: Sweep, caption: str) -> Markup:
    names = [parameter.name for parameter in sweep.space.parameters]
    rows = [
        (
            trial.number,
            [
                *(score_text(trial.values[objective.name]) for objective in sweep.objectives),
                *(value_text(trial.parameters[name]) for name in names),
            ],
            "",
        )
        for trial in trials
    ]
    return table(["Trial", *(objective.name for objective in sweep.objectives), *names], rows, caption)


def _origin(sweep: Sweep) -> Markup:
    code = tag("pre", tag("code", masked_lines(sweep.experiment.to_toml())))
    return tag(
        "section", tag("h2", "How it was made"), tag("details", tag("summary", "Experiment, as it was swept"), code)
    )


def _words(trial: Trial, objectives: Seq[Objective]) -> str:
    lines = [f"trial {trial.number}"]
    lines += [f"{objective.name} {score_text(trial.values[objective.name])}" for objective in objectives]
    lines += [f"{name} = {value_text(value)}" for name, value in trial.parameters.items()]
    return "\n".join(lines)


def _shown(value: float) -> float:
    return 100 * value if isinstance(value, float) else float(value)


def _axis(objective: Objective, done: Seq[Trial]) -> str:
    """Return the words at a score's axis, with its unit and, where less is better, that."""
    unit = " (%)" if isinstance(done[0].values[objective.name], float) else ""
    return f"{objective.name}{unit}{', lower is better' if objective.lower else ''}"


def _shortened(text: str) -> str:
    return text if len(text) <= _WORD else f"{text[: _WORD - 1]}…"
