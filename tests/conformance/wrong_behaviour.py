"""Components that are wrong in what all of them must do, and subtler ways to be."""

from __future__ import annotations

from wrong_case import part, target, tracker

__all__ = ["WRONG"]

_BEHAVIOUR = (
    tracker(
        "deterministic",
        "detections.scores,",
        "detections.scores * np.random.default_rng().uniform(0.5, 1),",
        "draw random numbers from a generator that is made in reset, np.random.default_rng(context.seed)",
    ),
    tracker(
        "reset-equals-fresh",
        "    def reset(self, sequence=None):\n        self.centres, self.ids",
        "    next_id = 1\n\n    def reset(self, sequence=None):\n        self.centres, self.ids",
        "start the counter of ids anew in reset",
        ("np.zeros(0, np.int64), 1\n", "np.zeros(0, np.int64), self.next_id\n"),
    ),
    tracker(
        "reset-equals-fresh",
        "        self.reset()\n\n    def reset(self, sequence=None):\n        self.centres",
        "        self.seen = 0\n        self.reset()\n\n    def reset(self, sequence=None):\n        self.centres",
        "put everything that it learns from frames back in reset",
        (
            "        self.centres, self.ids = centres, ids\n",
            "        self.centres, self.ids = centres, ids\n        self.seen += 1\n",
        ),
        ("detections.scores,", "detections.scores / self.seen,"),
    ),
    part(
        "transform:stranger",
        "reset-equals-fresh",
        "image = (frame.image * self.config.factor)",
        "self.seen = getattr(self, 'seen', 0) + 1\n        image = (frame.image * self.config.factor / self.seen)",
        "a transform has no reset, so it may remember nothing from one call to the next",
    ),
    tracker(
        "independent-instances",
        "ids[row], self.next_id = self.next_id, self.next_id + 1",
        "ids[row], Nearest.counter = Nearest.counter, Nearest.counter + 1",
        "keep what changes, the counter of ids too, in attributes that __init__ or reset makes: none in the class",
        ("np.zeros(0, np.int64), 1\n", "np.zeros(0, np.int64), 1\n        Nearest.counter = 1\n"),
    ),
    tracker(
        "inputs-unmodified",
        "centres = (detections.boxes",
        "detections.boxes[:, 0] = 0\n        centres = (detections.boxes",
        "work on a copy: boxes = detections.boxes.copy()",
    ),
    target(
        "answers-stay",
        "            self.boxes.copy(),\n",
        "            self.boxes,\n",
        "answer copies of the arrays that you go on with",
    ),
    tracker(
        "globals-kept",
        "        self.centres, self.ids = centres, ids\n",
        "        self.centres, self.ids = centres, ids\n        np.random.seed(3)\n",
        "use a generator of its own: np.random.default_rng(context.seed)",
    ),
    tracker(
        "globals-kept",
        "        self.centres, self.ids = centres, ids\n",
        "        self.centres, self.ids = centres, ids\n        np.seterr(all='ignore')\n",
        "it changes what the whole process shares (numpy's error handling",
    ),
    part(
        "head:stranger",
        "device-kept",
        "self.conv = torch.nn.Conv2d(in_channels, 1, 1)",
        "self.conv = torch.nn.Conv2d(in_channels, 1, 1)\n            self.constant = "
        "torch.nn.Buffer(torch.ones(1, device='meta'))",
        "is on meta when it is made, though it was made with device='cpu'; take an argument `context` and put "
        "networks and "
        "constants on context.device",
    ),
    tracker(
        "works-in-a-worker",
        "        self.reset()\n\n    def reset(self, sequence=None):\n        self.centres",
        "        import os\n        os.environ.setdefault('STRANGERS', str(os.getpid()))\n"
        "        self.owner = os.environ.pop('STRANGERS')\n"
        "        self.reset()\n\n    def reset(self, sequence=None):\n        self.centres",
        "in a worker process it answers otherwise",
        ("detections.scores,", "detections.scores * (int(self.owner) % 97 + 1),"),
        slow=True,
    ),
    tracker(
        "bounded-memory",
        "        self.centres, self.ids = centres, ids\n",
        "        self.centres, self.ids = centres, ids\n        self.seen = [*getattr(self, 'seen', ()), "
        "len(centres) + 0.5]"
        " if self.next_id < 0 else getattr(self, 'seen', [])\n        self.seen.append(centres)\n",
        "drop what belongs to tracks that are gone, and bound every list of what was seen",
        slow=True,
    ),
)

_SUBTLE = (
    tracker(
        "deterministic",
        "detections.scores,",
        "detections.scores * (0.5 if time.time() - self.began > 60 else 1),",
        "take the time from frame.time or frame.index, not from a clock",
        ("import numpy as np\n", "import time\n\nimport numpy as np\n"),
        (
            "        self.reset()\n\n    def reset(self, sequence=None):\n        self.centres",
            "        self.reset()\n\n    def reset(self, sequence=None):\n        self.began = time.time()\n"
            "        self.centres",
        ),
    ),
    tracker(
        "reset-equals-fresh",
        "    def reset(self, sequence=None):\n        self.centres",
        "    name = None\n\n    def reset(self, sequence=None):\n        if sequence and sequence.name == self.name:\n"
        "            return\n        self.name = sequence and sequence.name\n        self.centres",
        "after the same sequence it answers otherwise than a new one",
    ),
    part(
        "writer:stranger",
        "independent-instances",
        "self.path, self.lines = path, []",
        "Counts.lines, self.path = [], path",
        "none in the class, in the module",
    ),
    tracker(
        "works-in-a-worker",
        "detections.scores,",
        "detections.scores * np.array([FIRST.setdefault(i, x) for i, x in zip(ids.tolist(), centres[:, 0])]),",
        "nor from what a module keeps of what was imported or tracked before",
        ("class Nearest(Stateful):", "FIRST = {}\n\n\nclass Nearest(Stateful):"),
        slow=True,
    ),
    tracker(
        "works-in-a-worker",
        "        for row, centre in enumerate(centres):\n",
        "        for row in map(int, {str(row) for row in range(len(centres))}):\n            centre = centres[row]\n",
        "not from the order of a set of texts",
        slow=True,
    ),
    tracker(
        "bounded-memory",
        "        self.centres, self.ids = centres, ids\n",
        "        self.gone = getattr(self, 'gone', []) + [i for i in self.ids.tolist() if i not in ids]\n"
        "        self.centres, self.ids = centres, ids\n",
        "kept by what grows at",
        slow=True,
    ),
    tracker(
        "bounded-memory",
        "        self.centres, self.ids, self.next_id = np.zeros((0, 2))",
        "        PAST.append(getattr(self, 'centres', None))\n"
        "        self.centres, self.ids, self.next_id = np.zeros((0, 2))",
        "drop in reset, and in modules, what belongs to the sequence before",
        ("class Nearest(Stateful):", "PAST = []\n\n\nclass Nearest(Stateful):"),
        slow=True,
    ),
    tracker(
        "class-kept",
        "            detections.labels,\n",
        "            np.array([self.first.setdefault(i, x) for i, x in zip(ids.tolist(), detections.labels)], int),\n",
        "match within a class",
        (
            "        self.centres, self.ids, self.next_id = np.zeros((0, 2))",
            "        self.first = {}\n        self.centres, self.ids, self.next_id = np.zeros((0, 2))",
        ),
    ),
    tracker(
        "detection-index-right",
        "        centres = (detections.boxes",
        "        detections = detections[detections.scores > 0.1]\n        centres = (detections.boxes",
        "counted in the detections as they were given, not among those that are left after a threshold",
    ),
    tracker(
        "state-restored",
        "detections.scores,",
        "detections.scores * self.noise.random(),",
        "np.random.default_rng((seed, self._frame))",
        (
            "        self.centres, self.ids, self.next_id = np.zeros((0, 2))",
            "        self.noise = np.random.default_rng(0)\n"
            "        self.centres, self.ids, self.next_id = np.zeros((0, 2))",
        ),
    ),
)

WRONG = (*_BEHAVIOUR, *_SUBTLE)
