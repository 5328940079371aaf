import numpy as np

from vtcore import Frame, Sequence, TrackTable


class Squares:
    def __init__(self, frames=5):
        self.frames = frames

    def sequences(self):
        return [MovingSquare("right", self.frames)]


class MovingSquare(Sequence):
    def __init__(self, name, frames):
        super().__init__(name, length=frames, width=64, height=48, frame_rate=10.0, classes=("square",))

    def frames(self, *, images=True):
        for index in range(self.length):
            image = None
            if images:
                image = np.full((48, 64, 3), 255, np.uint8)
                image[10:20, 5 + 3 * index : 15 + 3 * index] = 0
            yield Frame(index, image, time=index / 10, sequence=self)

    def annotations(self):
        count = self.length
        return TrackTable(
            frames=np.arange(count),
            ids=np.ones(count, np.int64),
            ltwh=[[5 + 3 * index, 10, 10, 10] for index in range(count)],
            scores=np.ones(count),
            labels=np.zeros(count, np.int64),
        )
