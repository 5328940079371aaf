"""Trackers that are wrong."""

from __future__ import annotations

from wrong_case import target, tracker

__all__ = ["WRONG"]

_TRACKER = (
    tracker(
        "stable-types",
        "ids=ids.copy(),\n            detection_index=np.arange(len(ids)),\n        )",
        "ids=ids.copy(),\n            detection_index=np.arange(len(ids)),\n        ).astyped()",
        "is float64, not float32; make it with Instances(",
        (
            "class Nearest(Stateful):",
            "class Wide(Instances):\n    def astyped(self):\n        self.scores = self.scores.astype(float)\n"
            "        return self\n\n\nclass Nearest(Stateful):",
        ),
        (
            "        return Instances(\n            detections.boxes,",
            "        return Wide(\n            detections.boxes,",
        ),
    ),
    tracker(
        "unique-ids",
        "ids=ids.copy(),\n",
        "ids=-ids,\n",
        "an id is negative",
    ),
    tracker(
        "class-kept",
        "            detections.labels,\n",
        "            np.zeros(len(ids), np.int64),\n",
        "keep the class with the track, and answer it: labels=detections.labels[rows]",
    ),
    tracker(
        "detection-index-right",
        "detection_index=np.arange(len(ids)),",
        "detection_index=np.arange(len(ids))[::-1],",
        "which it does not touch; answer detection_index",
    ),
    tracker(
        "works-without-embeddings",
        "        ids = np.zeros(len(centres), np.int64)\n",
        "        ids = np.zeros(len(centres), np.int64)\n        detections.embeddings.sum()\n",
        "wanted was: It tracks where detections have no embeddings",
    ),
    tracker(
        "wants-embeddings-right",
        "return np.zeros(len(detections), bool)",
        "return np.full(len(detections), self.next_id > 3)",
        "let it follow from the detections and the options only",
    ),
    tracker(
        "no-detections",
        "        ids = np.zeros(len(centres), np.int64)\n",
        "        ids = np.zeros(len(centres), np.int64)\n        centres.max()\n",
        "every frame comes, also one without detections",
    ),
    tracker(
        "one-detection",
        "        ids = np.zeros(len(centres), np.int64)\n",
        "        ids = np.zeros(len(centres), np.int64)\n        assert len(ids) != 1\n",
        "update fails with one detection, in frame 0: AssertionError",
    ),
    tracker(
        "many-detections",
        "        ids = np.zeros(len(centres), np.int64)\n",
        "        ids = np.zeros(len(centres), np.int64)\n        np.zeros(100)[: len(ids)] += ids\n",
        "update fails with many detections, in frame 0: ValueError",
    ),
    tracker(
        "odd-boxes",
        "        ids = np.zeros(len(centres), np.int64)\n",
        "        ids = np.zeros(len(centres), np.int64)\n        size = detections.boxes[:, 2:] - "
        "detections.boxes[:, :2]\n"
        "        [1 / float(side) for side in size.ravel()]\n",
        "boxes may be anything that Instances takes",
    ),
    tracker(
        "other-sequences",
        "        self.centres, self.ids, self.next_id = np.zeros((0, 2))",
        "        self.rate = 30 / sequence.frame_rate if sequence else 1\n"
        "        self.centres, self.ids, self.next_id = np.zeros((0, 2))",
        "length, width, height and frame_rate of a sequence, time of a frame, may be None",
    ),
    tracker("state-restored", '"centres", "ids", "next_id"', '"centres", "ids"', "list in _STATE every attribute"),
    tracker(
        "foreign-state-refused",
        "    def wants_embeddings",
        "    def load_state_dict(self, state):\n        self.__dict__.update(state)\n\n    def wants_embeddings",
        "raise vtcore.errors.StateError",
    ),
)

_TARGETS = (
    target(
        "nothing-started",
        "        count = len(self.ids)\n",
        "        count = len(self.ids)\n        if not count:\n            return Instances.empty()\n",
        "answer no rows, ids=np.zeros(0, np.int64)",
    ),
    target(
        "one-row-per-target",
        "self.ids = np.append(self.ids, name)",
        "self.ids = np.append(name, self.ids)",
        "answer one row per target in the order of their first start",
    ),
    target(
        "restart-touches-one",
        "self.boxes[known[0]] = targets.boxes[row]",
        "self.boxes[:] = targets.boxes[row]",
        "keep what is learnt of each target apart",
    ),
    target(
        "targets-stay",
        "        count = len(self.ids)\n",
        "        if not frame.image.any():\n            self.reset()\n        count = len(self.ids)\n",
        "answer one row per target in the order of their first start, lost ones too",
    ),
    target("areas-refused", "(size <= 0).any()", "False", "raise vtcore.errors.DataError, naming the box"),
)

WRONG = (*_TRACKER, *_TARGETS)
