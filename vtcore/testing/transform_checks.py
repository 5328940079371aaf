"""What a transform must answer."""

from __future__ import annotations

import numpy as np

from vtcore.frames import Frame
from vtcore.testing.answers import expect_frame
from vtcore.testing.definitions import define
from vtcore.testing.drivers import driver_of
from vtcore.testing.failures import CheckFailure
from vtcore.testing.scenes import SceneSequence
from vtcore.testing.subjects import Subject

__all__ = ["frames_kept", "odd_pictures"]


@define("transform")
def frames_kept(subject: Subject) -> None:
    """The answer is the frame with other pixels: size, type, index, time and sequence stay."""
    driver = driver_of(subject)
    scene = driver.scene(subject)
    for frame, answer in zip(scene.frames, driver.steps(subject.make(), scene), strict=True):
        expect_frame(answer, frame, f"the answer to frame {frame.index}")


@define("transform")
def odd_pictures(subject: Subject) -> None:
    """Black, white, tiny and narrow pictures are taken."""
    transform = subject.make()
    for height, width, value in ((160, 192, 0), (160, 192, 255), (1, 1, 90), (7, 300, 128)):
        frame = Frame(0, np.full((height, width, 3), value, np.uint8), time=0.0, sequence=SceneSequence())
        try:
            answer = transform(frame)
        except Exception as error:
            raise CheckFailure(
                f"it fails on a picture of {width} x {height}, all {value}: {type(error).__name__}: {error}; pictures "
                "come in any size"
            ) from error
        expect_frame(answer, frame, f"the answer to a picture of {width} x {height}, all {value}")
