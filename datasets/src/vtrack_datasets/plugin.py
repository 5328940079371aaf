"""What this distribution offers to vtcore."""

from __future__ import annotations

from collections.abc import Iterable

from vtcore.components import Component
from vtcore.hookspecs import hookimpl


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
    )
