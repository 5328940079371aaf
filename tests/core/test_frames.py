import numpy as np
import pytest

from vtcore.errors import DamagedSourceError
from vtcore.frames import Frame, Sequence


class Nothing(Sequence):
    def frames(self, *, images=True):
        yield from ()


def test_frame():
    image = np.zeros((4, 6, 3), np.uint8)
    sequence = Nothing("walk")
    frame = Frame(3, image, time=0.5, sequence=sequence)
    assert (frame.index, frame.time) == (3, 0.5)
    assert frame.image is image
    assert repr(frame) == "<Frame 3 of 'walk', 6x4>"
    assert repr(Frame(0)) == "<Frame 0>"


def test_what_is_shared_stays_with_its_frame():
    frame, other = Frame(0), Frame(0)
    frame.shared["motion"] = 3
    assert frame.shared == {"motion": 3}
    assert other.shared == {}


@pytest.mark.parametrize(
    "image", [np.zeros((4, 6), np.uint8), np.zeros((4, 6, 4), np.uint8), np.zeros((4, 6, 3), np.float32)]
)
def test_wrong_image(image):
    with pytest.raises(ValueError, match=r"image must be uint8 \(height, width, 3\), got "):
        Frame(0, image)


def test_wrong_index():
    with pytest.raises(ValueError, match="index must be >= 0, got -1"):
        Frame(-1)


def test_sequence_defaults():
    sequence = Nothing("walk", length=2, width=6, height=4)
    assert list(sequence.frames()) == []
    assert (sequence.annotations(), sequence.detections()) == (None, None)
    assert list(sequence.check({"image"})) == []
    assert (sequence.attributes, dict(sequence.frame_labels())) == ((), {})
    assert (sequence.classes, sequence.live, sequence.has_images, sequence.frame_rate) == ((), False, True, None)
    assert repr(sequence) == "<Nothing 'walk': 2 frames, 6x4>"


def test_a_sequence_needs_frames():
    with pytest.raises(TypeError, match="abstract"):
        Sequence("walk")


class Counted(Nothing):
    """Five frames, counted as they are read; damaged after some."""

    def __init__(self, good: int = 5) -> None:
        super().__init__("walk")
        self.good = good
        self.read = 0

    def frames(self, *, images=True):
        for index in range(5):
            if index == self.good:
                raise DamagedSourceError("damaged", frames_read=index)
            self.read += 1
            yield Frame(index)


def test_any_frame_by_its_index_reads_up_to_it():
    sequence = Counted()
    assert not sequence.random_access
    assert sequence.frame(3).index == 3
    assert sequence.read == 4


@pytest.mark.parametrize("index", [-1, 5])
def test_a_frame_that_is_not_there(index):
    with pytest.raises(IndexError, match=rf"sequence 'walk' has no frame {index} \(counted from 0\)"):
        Counted().frame(index)


def test_a_frame_beyond_the_damage():
    assert Counted(good=2).frame(1).index == 1
    with pytest.raises(DamagedSourceError, match="damaged"):
        Counted(good=2).frame(2)
