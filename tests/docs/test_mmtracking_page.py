"""The page of MMTracking tells of every section of its configs, every tool and every function that it offers.

The names are those of its last release (open-mmlab/mmtracking, e79491ec).
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from vtcore.cli import main

PAGE = (Path(__file__).parents[2] / "docs" / "coming-from-mmtracking.md").read_text(encoding="utf-8")

# Every name that configs/**/*.py assigns, but those that other assignments use.
SECTIONS = """
    _base_ model data evaluation search_metrics fp16 seed work_dir optimizer optimizer_config lr_config total_epochs
    num_last_epochs interval workflow load_from resume_from custom_hooks find_unused_parameters USE_MMDET TRAIN_REID
    checkpoint_config log_config log_level dist_params opencv_num_threads mp_start_method cudnn_benchmark deterministic
"""
MODEL = "detector reid tracker motion track_head backbone neck head aggregator frozen_modules train_cfg test_cfg"
DATA = """
    train val test samples_per_gpu workers_per_gpu persistent_workers samples_per_epoch test.pipeline test.split
    test.detection_file test.interpolate_tracks_cfg test.only_eval_visible test.ref_img_sampler test.test_mode
"""
TYPES = """
    DeepSORT ByteTrack OCSORT Tracktor QDTrack SiamRPN Stark MixFormer DFF FGFA SELSA MaskTrackRCNN FasterRCNN YOLOX
    RetinaNet MaskRCNN CascadeRCNN BaseReID KalmanFilter CameraMotionCompensation FlowNetSimple
    MOTChallengeDataset DanceTrackDataset CocoVideoDataset TaoDataset YouTubeVISDataset CocoDataset ImagenetVIDDataset
    LaSOTDataset GOT10kDataset TrackingNetDataset OTB100Dataset UAV123Dataset VOTDataset ReIDDataset SOTCocoDataset
    SOTImageNetVIDDataset ConcatDataset RandomSampleConcatDataset ClassBalancedDataset MultiImageMixDataset
"""
TOOLS = """
    tools/test.py tools/dist_test.sh tools/slurm_test.sh tools/train.py tools/dist_train.sh tools/slurm_train.sh
    tools/analysis/analyze_logs.py tools/analysis/benchmark.py tools/analysis/print_config.py
    tools/analysis/publish_model.py tools/analysis/mot/mot_dummy_results.py
    tools/analysis/mot/mot_error_visualize.py tools/analysis/mot/mot_param_search.py
    tools/analysis/sot/sot_siamrpn_param_search.py tools/convert_datasets/ tools/torchserve/
    demo/demo_mot_vis.py demo/demo_sot.py demo/demo_vid.py
"""
CONVERTED = "dancetrack got10k ilsvrc lasot mot otb100 tao trackingnet uav123 vot youtubevis"
FUNCTIONS = """
    init_model inference_mot inference_sot inference_vid single_gpu_test multi_gpu_test train_model init_random_seed
"""
OPTIONS = """
    --checkpoint --out --work-dir --fuse-conv-bn --gpu-id --format-only --eval --show --show-score-thr --show-dir
    --gpu-collect --tmpdir --cfg-options --eval-options --launcher
"""


def _named_in(first: str, last: str) -> str:
    """Return all that stands as code between two headings."""
    part = PAGE[PAGE.index(f"\n## {first}\n") : PAGE.index(f"\n## {last}\n")]
    return " ".join(re.findall(r"`([^`]+)`", part))


def _missing(names: str, text: str) -> list[str]:
    return [name for name in names.split() if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) is None]


def test_every_section_of_a_config() -> None:
    text = _named_in("Sections of a config", "Models")
    assert not _missing(SECTIONS + MODEL + DATA, text)


def test_every_model_and_data_set() -> None:
    assert not _missing(TYPES, _named_in("Sections of a config", "Tools"))


def test_every_tool_and_function() -> None:
    text = _named_in("Tools", "How configs are read")
    assert not _missing(f"{TOOLS} {CONVERTED} {FUNCTIONS} {OPTIONS}", text)


def test_what_is_shown_is_what_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    config = re.search(r"^```python\n(# people\.py\n.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    shown = re.search(r"^```text\n(\[tracker\]\n.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert config is not None
    assert shown is not None
    Path("people.py").write_text(config[1], encoding="utf-8")
    assert main(["migrate", "people.py"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert not [line for line in shown[1].splitlines() if line not in printed]
