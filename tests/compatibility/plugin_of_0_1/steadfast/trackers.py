import numpy as np

from vtcore import Instances, VtcoreError


class Centres:
    def between(self, first, second):
        return np.hypot(*((first[:2] + first[2:]) / 2 - (second[:2] + second[2:]) / 2))


class Nearest:
    def __init__(self, farthest=50.0, distance=None):
        if farthest <= 0:
            raise VtcoreError("farthest must be positive")
        self.farthest = farthest
        self.distance = distance or Centres()
        self.reset()

    def reset(self, sequence=None):
        self.known, self.next_id = {}, 1

    def update(self, frame, detections):
        ids = []
        for box in detections.boxes:
            near = [(self.distance.between(box, old), id_) for id_, old in self.known.items() if id_ not in ids]
            if near and min(near)[0] <= self.farthest:
                ids.append(min(near)[1])
            else:
                ids.append(self.next_id)
                self.next_id += 1
        self.known = dict(zip(ids, detections.boxes))
        return detections.replace(ids=np.array(ids, np.int64), detection_index=np.arange(len(ids)))

    def state_dict(self):
        ids = np.array(list(self.known), np.int64)
        boxes = np.array(list(self.known.values()), np.float32).reshape(-1, 4)
        return {"ids": ids, "boxes": boxes, "next_id": np.array(self.next_id)}

    def load_state_dict(self, state):
        self.known = dict(zip(state["ids"].tolist(), state["boxes"]))
        self.next_id = int(state["next_id"])


class Still:
    def __init__(self):
        self.reset()

    def reset(self, sequence=None):
        self.targets = {}

    def start(self, frame, targets):
        self.targets.update(zip(targets.ids.tolist(), zip(targets.boxes, targets.labels)))

    def update(self, frame, detections):
        if not self.targets:
            return Instances.empty().replace(ids=np.zeros(0, np.int64), detection_index=np.zeros(0, np.int64))
        boxes, labels = zip(*self.targets.values())
        count = len(boxes)
        return Instances(
            boxes=np.array(boxes),
            scores=np.ones(count),
            labels=np.array(labels),
            ids=np.array(list(self.targets)),
            detection_index=np.full(count, -1),
        )


class First:
    def reset(self, sequence):
        self.truth = sequence.annotations().instances(0)

    def step(self, tracker, frame):
        tracks = tracker.update(frame, Instances.empty())
        if frame.index:
            return tracks
        tracker.start(frame, self.truth)
        return self.truth
