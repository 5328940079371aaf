"""``vtcore migrate``: the experiment, what is told, and the exit status."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import tomli

from vtcore.cli import main

SAMPLES = Path(__file__).parent / "migration" / "samples"


def test_all_of_a_config(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["migrate", str(SAMPLES / "deepsort.py")]) == 0
    captured = capsys.readouterr()
    assert tomli.loads(captured.out)["tracker"]["type"] == "deepsort"
    assert "no counterpart" not in captured.err
    assert "left out, for training: optimizer" in captured.err


def test_a_part_of_a_config(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "new" / "experiment.toml"
    assert main(["migrate", str(SAMPLES / "deepsort_public.py"), "-o", str(output)]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert f"no counterpart:\n  {SAMPLES}/deepsort_public.py:2: data.test.detection_file: " in captured.err
    assert tomli.loads(output.read_text())["detector"] == {"type": "given"}


def test_nothing_of_a_config(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "experiment.toml"
    assert main(["migrate", str(SAMPLES / "masktrack.py"), "-o", str(output)]) == 2
    error = capsys.readouterr().err
    assert "masktrack.py:2: model.type: MaskTrackRCNN (video instance segmentation" in error
    assert "vtcore: error: " in error
    assert not output.exists()


def test_an_experiment_that_is_there_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "experiment.toml"
    output.write_text("mine\n")
    words = ["migrate", str(SAMPLES / "sort.py"), "-o", str(output)]
    assert main(words) == 2
    assert (
        f"{output}: is there already; name another file, or write over it with --overwrite" in capsys.readouterr().err
    )
    assert output.read_text() == "mine\n"
    assert main([*words, "--overwrite"]) == 0
    assert tomli.loads(output.read_text())["tracker"]["type"] == "sort"


def test_weights(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["migrate", str(SAMPLES / "strongsort.py"), "--checkpoint", "all.pth", "--reid", "looks.pth"]
    assert main(words) == 0
    tables = tomli.loads(capsys.readouterr().out)
    assert (tables["detector"]["weights"], tables["reid"]["weights"]) == ("all.pth", "looks.pth")


@pytest.mark.parametrize(("name", "message"), [("none.py", "no such file"), ("", "is a folder; name a config in it")])
def test_a_config_that_cannot_be_read(
    tmp_path: Path, name: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["migrate", str(tmp_path / name)]) == 2
    assert capsys.readouterr().err.splitlines()[0].endswith(message)


def test_it_imports_nothing_heavy() -> None:
    code = (
        "import sys; from vtcore.cli import main; main(['migrate', sys.argv[1]]); "
        "print([name for name in ('numpy', 'cv2', 'torch', 'scipy') if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(SAMPLES / "strongsort.py")], capture_output=True, text=True, check=True
    )
    assert done.stderr.splitlines()[-1] == "[]"
