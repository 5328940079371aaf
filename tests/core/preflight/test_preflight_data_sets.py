"""The preflight with the data sets that come with vtcore."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from vtcore.experiments import load_experiment
from vtcore.preflight import preflight


def write_mot_folder(root: Path, sequences: int, frames: int = 400, boxes: int = 20) -> None:
    for number in range(sequences):
        folder = root / f"S-{number:02d}"
        (folder / "det").mkdir(parents=True)
        (folder / "gt").mkdir()
        info = f"[Sequence]\nname={folder.name}\nimDir=img1\nframeRate=30\nseqLength={frames}\nimWidth=1920\n"
        (folder / "seqinfo.ini").write_text(f"{info}imHeight=1080\nimExt=.jpg\n")
        rows = [(frame, box) for frame in range(1, frames + 1) for box in range(1, boxes + 1)]
        det = "".join(f"{frame},-1,{box * 30}.5,100.25,20,50,0.9,-1,-1,-1\n" for frame, box in rows)
        gt = "".join(f"{frame},{box},{box * 30}.5,100.25,20,50,1,1,1\n" for frame, box in rows)
        (folder / "det" / "det.txt").write_text(det)
        (folder / "gt" / "gt.txt").write_text(gt)


MOT = '[dataset]\ntype = "mot-challenge"\nroot = "{root}"\n[detector]\ntype = "given"\n[[metrics]]\ntype = "hota"\n'


def test_fifty_sequences_are_checked_quickly(lines: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("vtrack_datasets")
    pytest.importorskip("vtrack_plugin_mot_metrics")
    monkeypatch.chdir(tmp_path)
    write_mot_folder(tmp_path / "data", 50)
    Path("x.toml").write_text(MOT.format(root="data"))
    experiment = load_experiment("x.toml")
    started = time.process_time()
    found = preflight(experiment)
    spent = time.process_time() - started
    assert lines(found) == []
    assert len(found.sequences) == 50
    assert sum(len(sequence.annotations() or ()) for sequence in found.sequences) == 50 * 400 * 20
    assert spent < 10, f"800,000 rows took {spent:.1f} s"


def test_remarks_on_files_are_warnings(lines: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("vtrack_datasets")
    monkeypatch.chdir(tmp_path)
    for number in range(7):
        folder = tmp_path / "otb" / f"Mine{number}"
        (folder / "img").mkdir(parents=True)
        for frame in range(1, 4):
            (folder / "img" / f"{frame:04d}.jpg").write_bytes(b"x")
        (folder / "groundtruth_rect.txt").write_text("1,2,3,4\n" * (1 + 2 * (number == 3)))
    Path("x.toml").write_text('[dataset]\ntype = "otb100"\nroot = "otb"\n[detector]\ntype = "given"\npath = "no"\n')
    told = lines(preflight(load_experiment("x.toml")), "warning")
    assert [line for line in told if "Mine" in line] == [
        f"{Path('otb', f'Mine{number}', 'img')}: 3 images, but 1 frames are annotated; only those are tracked"
        for number in (0, 1, 2, 4, 5)
    ]
    assert "and 1 more sequences of which this is said" in told


def test_checking_imports_neither_opencv_nor_torch(tmp_path: Path) -> None:
    pytest.importorskip("vtrack_datasets")
    pytest.importorskip("vtrack_plugin_mot_metrics")
    write_mot_folder(tmp_path / "data", 1, frames=3)
    (tmp_path / "x.toml").write_text(MOT.format(root="data") + '[[writers]]\ntype = "mot-text"\n')
    code = (
        "import sys; from vtcore.cli import main; status = main(['check', 'x.toml']); "
        "print(status, sorted({'cv2', 'torch', 'scipy', 'av', 'trackeval'} & sys.modules.keys()))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60
    )
    assert answer.stdout.splitlines()[-1] == "0 []", answer.stdout + answer.stderr


def test_broken_rows_of_a_real_file(lines: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("vtrack_datasets")
    pytest.importorskip("vtrack_plugin_mot_metrics")
    monkeypatch.chdir(tmp_path)
    write_mot_folder(tmp_path / "data", 2, frames=3, boxes=1)
    det = Path("data/S-01/det/det.txt")
    det.write_text("1,-1,10,10,20,50,0.9\n1,-1,10,10\n2,-1,a,10,20,50,0.9\n2,-1,1,10,nan,50,1\n3,-1,1,1,-5,50,1\n")
    Path("x.toml").write_text(MOT.format(root="data"))
    found = lines(preflight(load_experiment("x.toml")))
    assert [line.split(": ")[0] for line in found] == [f"{det}:{number}" for number in (2, 3, 4, 5)]
