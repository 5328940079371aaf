"""What this distribution offers to vtcore."""

from __future__ import annotations

from collections.abc import Iterable

from vtcore.components import Command, Component
from vtcore.hookspecs import hookimpl

_TARGETS = (
    Component(
        kind="dataset",
        name="lasot",
        config="vtrack_datasets.target_config:LasotConfig",
        target="vtrack_datasets.lasot:LasotDataset",
        summary="LaSOT and its extension, with labels of full occlusion and out of view.",
        paper="Fan et al., LaSOT: A High-quality Benchmark for Large-scale Single Object Tracking, CVPR 2019, "
        "https://arxiv.org/abs/1809.07845",
    ),
    Component(
        kind="dataset",
        name="got10k",
        config="vtrack_datasets.target_config:Got10kConfig",
        target="vtrack_datasets.got10k:Got10kDataset",
        summary="GOT-10k, with labels of absence and cover.",
        paper="Huang et al., GOT-10k: A Large High-Diversity Benchmark for Generic Object Tracking in the Wild, "
        "TPAMI 2021, https://arxiv.org/abs/1810.11981",
    ),
    Component(
        kind="dataset",
        name="trackingnet",
        config="vtrack_datasets.target_config:TrackingNetConfig",
        target="vtrack_datasets.trackingnet:TrackingNetDataset",
        summary="TrackingNet, its training set in chunks.",
        paper="Mueller et al., TrackingNet: A Large-Scale Dataset and Benchmark for Object Tracking in the Wild, "
        "ECCV 2018, https://arxiv.org/abs/1803.10794",
    ),
    Component(
        kind="dataset",
        name="otb100",
        config="vtrack_datasets.target_config:OtbConfig",
        target="vtrack_datasets.otb:OtbDataset",
        summary="The Object Tracking Benchmark: TB-100, TB-50, OTB-2013.",
        paper="Wu et al., Object Tracking Benchmark, TPAMI 2015, https://doi.org/10.1109/TPAMI.2014.2388226",
    ),
    Component(
        kind="dataset",
        name="uav123",
        config="vtrack_datasets.target_config:Uav123Config",
        target="vtrack_datasets.uav123:Uav123Dataset",
        summary="UAV123 and UAV20L: targets seen from drones.",
        paper="Mueller et al., A Benchmark and Simulator for UAV Tracking, ECCV 2016, "
        "https://doi.org/10.1007/978-3-319-46448-0_27",
    ),
    Component(
        kind="dataset",
        name="vot",
        config="vtrack_datasets.target_config:VotConfig",
        target="vtrack_datasets.vot:VotDataset",
        summary="Data sets of the VOT challenge, 2013 to 2022: rectangles, rotated boxes, masks, tags of frames.",
        paper="Kristan et al., A Novel Performance Evaluation Methodology for Single-Target Trackers, TPAMI 2016, "
        "https://arxiv.org/abs/1503.01313",
    ),
)

_JSON_AND_IMAGENET = (
    Component(
        kind="dataset",
        name="coco-video",
        config="vtrack_datasets.coco_config:CocoVideoConfig",
        target="vtrack_datasets.coco_video:CocoVideoDataset",
        summary="CocoVID JSON as MMTracking defines it and vtcore convert writes it.",
    ),
    Component(
        kind="dataset",
        name="coco",
        config="vtrack_datasets.coco_config:CocoConfig",
        target="vtrack_datasets.coco:CocoDataset",
        summary="COCO: every object a sequence of one frame, to train single-object trackers on, or every image.",
        paper="Lin et al., Microsoft COCO: Common Objects in Context, ECCV 2014, https://arxiv.org/abs/1405.0312",
    ),
    Component(
        kind="dataset",
        name="imagenet-vid",
        config="vtrack_datasets.coco_config:ImageNetVidConfig",
        target="vtrack_datasets.imagenet_vid:ImageNetVidDataset",
        summary="ImageNet VID: every object of a video a sequence, or every video.",
        paper="Russakovsky et al., ImageNet Large Scale Visual Recognition Challenge, IJCV 2015, "
        "https://arxiv.org/abs/1409.0575",
    ),
    Component(
        kind="dataset",
        name="imagenet-det",
        config="vtrack_datasets.coco_config:ImageNetDetConfig",
        target="vtrack_datasets.imagenet_det:ImageNetDetDataset",
        summary="ImageNet DET: every object a sequence of one frame, or every image.",
        paper="Russakovsky et al., ImageNet Large Scale Visual Recognition Challenge, IJCV 2015, "
        "https://arxiv.org/abs/1409.0575",
    ),
)


@hookimpl
def vtcore_datasets() -> Iterable[Component]:
    """Return the data sets."""
    return (
        Component(
            kind="dataset",
            name="mot-challenge",
            config="vtrack_datasets.config:MotChallengeConfig",
            target="vtrack_datasets.mot_challenge:MotChallengeDataset",
            summary="Folders as MOT Challenge lays them out: MOT15, MOT16, MOT17, MOT20, DanceTrack, or your own.",
            paper="Dendorfer et al., MOTChallenge: A Benchmark for Single-Camera Multiple Target Tracking, IJCV 2021, "
            "https://arxiv.org/abs/2010.07548",
        ),
        Component(
            kind="dataset",
            name="synthetic",
            config="vtrack_datasets.config:SyntheticConfig",
            target="vtrack_datasets.synthetic:SyntheticDataset",
            summary="Rendered objects that move and hide one another before a moving camera, exactly annotated.",
        ),
        *_TARGETS,
        *_JSON_AND_IMAGENET,
    )


@hookimpl
def vtcore_commands() -> Iterable[Command]:
    """Return the command that converts data sets."""
    return (
        Command(
            "convert",
            "Convert a data set in its official layout to CocoVID JSON, or tell what is missing of it.",
            "vtrack_datasets.convert_command:execute",
            "vtrack_datasets.convert_command:add_arguments",
        ),
    )
