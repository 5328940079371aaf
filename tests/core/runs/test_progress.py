"""Progress bars on a terminal."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

from rich.console import Console

from vtcore.runs.progress import ProgressBars


def _run(count: int) -> Any:
    sequences = tuple(SimpleNamespace(name=f"S-{number}") for number in range(1, count + 1))
    return SimpleNamespace(sequences=sequences, frames_expected=lambda sequence: 25)


def drawn(run: Any, *, terminal: bool = True, height: int = 12) -> str:
    output = io.StringIO()
    console = Console(file=output, force_terminal=terminal, width=60, height=height)
    bars = ProgressBars(console)
    bars.vtcore_run_started(run=run)
    for sequence in run.sequences:
        bars.vtcore_sequence_started(run=run, sequence=sequence)
        for _ in range(25):
            bars.vtcore_frame_done()
        bars.vtcore_sequence_finished(run=run, sequence=sequence)
    bars.vtcore_run_finished()
    return output.getvalue()


def test_nothing_is_drawn_where_nobody_looks() -> None:
    assert drawn(_run(3), terminal=False) == ""


def test_of_many_sequences_the_last_stay_on_the_screen() -> None:
    last = drawn(_run(50)).rpartition("\x1b[2K")[2]
    assert "50/50 S-50" in last
    assert "S-40" not in last


def test_one_sequence_goes_without_a_number() -> None:
    assert "1/1" not in drawn(_run(1))
    assert "25/25" in drawn(_run(1))


def test_square_brackets_in_a_name_are_no_markup() -> None:
    run = _run(1)
    run.sequences[0].name = "[bold]x"
    assert "[bold]x" in drawn(run)
