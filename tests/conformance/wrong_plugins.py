"""Deliberately wrong plugins: for each check what to break, where it must be noticed, and what its author must read."""

from __future__ import annotations

import attrs

__all__ = ["WRONG", "Wrong"]


@attrs.frozen
class Wrong:
    """A way to be wrong.

    Attributes:
        check: The check that must notice.
        component: Whose check.
        file: What is edited.
        old: Text in it.
        new: What stands there instead.
        way_out: Words of the message that tell the author what to do.
        more: Further edits of the same file.
        slow: Whether noticing takes seconds.
    """

    check: str
    component: str
    file: str
    old: str
    new: str
    way_out: str
    more: tuple[tuple[str, str], ...] = ()
    slow: bool = False

    def __str__(self) -> str:
        return f"{self.component}-{self.check}"

    @property
    def edits(self) -> dict[str, tuple[tuple[str, str], ...]]:
        """What to break, by file."""
        return {self.file: ((self.old, self.new), *self.more)}


def _tracker(check: str, old: str, new: str, way_out: str, *more: tuple[str, str], slow: bool = False) -> Wrong:
    return Wrong(check, "tracker:stranger", "parts.py", old, new, way_out, more, slow)


def _target(check: str, old: str, new: str, way_out: str, *more: tuple[str, str]) -> Wrong:
    return Wrong(check, "tracker:stranger-target", "parts.py", old, new, way_out, more)


def _part(component: str, check: str, old: str, new: str, way_out: str, *more: tuple[str, str]) -> Wrong:
    return Wrong(check, component, "parts.py", old, new, way_out, more)


_PLUGIN = (
    Wrong(
        "is-registered",
        "plugin",
        "plugin.py",
        "from vtcore.hookspecs import hookimpl",
        "import something_missing\nfrom vtcore.hookspecs import hookimpl",
        "cannot be imported: ModuleNotFoundError: No module named 'something_missing'; import on use what may "
        "be missing",
    ),
    Wrong(
        "is-registered",
        "plugin",
        "plugin.py",
        "def vtcore_trackers",
        "def vtcore_trakers",
        "unknown hook 'vtcore_trakers'; did you mean 'vtcore_trackers'?",
    ),
    Wrong(
        "is-registered", "plugin", "plugin.py", "@hookimpl\ndef vtcore_detectors", "def vtcore_detectors", "@hookimpl"
    ),
    Wrong(
        "names-are-its-own",
        "plugin",
        "plugin.py",
        'component("writer", "stranger"',
        'component("writer", "mot-text"',
        "writer 'mot-text' is also claimed by plugin 'vtcore' (vtcore 0.1.0): nobody can use it while both are "
        "installed. Give yours a name",
    ),
    Wrong(
        "imports-nothing-heavy",
        "plugin",
        "plugin.py",
        "from vtcore.components import",
        "import torch\nfrom vtcore.components import",
        "/plugin.py:3); the modules of hooks and configs, the package's __init__ too, must not: name classes as "
        "strings",
    ),
    Wrong(
        "imports-nothing-heavy",
        "plugin",
        "config.py",
        "import attrs\n",
        "import attrs\nimport numpy\n",
        "registering it imports numpy (at ",
    ),
    Wrong(
        "imports-nothing-heavy",
        "plugin",
        "plugin.py",
        "from vtcore.components import",
        "print('hello')\nfrom vtcore.components import",
        "print nothing on import",
    ),
    Wrong(
        "commands-load",
        "plugin",
        "greeting.py",
        "def greet(",
        "def greeted(",
        "command 'strangers-greeting': cannot load",
    ),
)

_CONFIG = (
    Wrong(
        "config-documented",
        "tracker:stranger",
        "config.py",
        'option(50.0, "Farthest a centre may move between two frames.", unit="px", gt=0)',
        "50.0",
        'distance does not say what it means, in a sentence; write distance: ... = option(DEFAULT, "What it means',
    ),
    Wrong(
        "config-documented",
        "tracker:stranger",
        "config.py",
        "@attrs.frozen(kw_only=True)\nclass NearestConfig",
        "@attrs.define\nclass NearestConfig",
        "is not frozen; decorate it with @attrs.frozen(kw_only=True)",
    ),
    _tracker(
        "options-agree",
        "def __init__(self, distance=50.0):\n        self.config = configs.Nearest",
        "def __init__(self, distance=40.0, speed=3):\n        self.config = configs.Nearest",
        "takes 'speed', which its config lacks; has 40.0 as default of 'distance', but 50.0 stands in the "
        "config; make its "
        "arguments those of",
    ),
    Wrong(
        "toml-round-trip",
        "tracker:stranger",
        "config.py",
        "distance: float = option(50.0,",
        'distance: float = option("50",',
        "let defaults have the type that the field declares",
    ),
    _tracker(
        "wrong-options-refused",
        "self.config = configs.NearestConfig(distance=distance)",
        "import types; self.config = types.SimpleNamespace(distance=distance)",
        "target Nearest takes distance=-1.0, which is out of the bounds of its option; let the target make its "
        "config first",
    ),
    _tracker(
        "constructs",
        "self.config = configs.NearestConfig(distance=distance)",
        "self.config = open('no/such/weights')",
        "cannot be made with its defaults: FileNotFoundError",
    ),
    _tracker(
        "has-the-interface",
        "def reset(self, sequence=None):\n        self.centres",
        "def reset(self, video):\n        self.centres",
        "give it these arguments, with these names and defaults",
        (
            "        self.reset()\n\n    def reset(self, video)",
            "        self.reset(None)\n\n    def reset(self, video)",
        ),
    ),
    _part("detector:stranger", "has-the-interface", "    batch_size = 3\n", "", "has no 'batch_size', which"),
)

_BEHAVIOUR = (
    _tracker(
        "deterministic",
        "detections.scores,",
        "detections.scores * np.random.default_rng().uniform(0.5, 1),",
        "draw random numbers from a generator that is made in reset, np.random.default_rng(context.seed)",
    ),
    _tracker(
        "reset-equals-fresh",
        "    def reset(self, sequence=None):\n        self.centres, self.ids",
        "    next_id = 1\n\n    def reset(self, sequence=None):\n        self.centres, self.ids",
        "start the counter of ids anew in reset",
        ("np.zeros(0, np.int64), 1\n", "np.zeros(0, np.int64), self.next_id\n"),
    ),
    _tracker(
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
    _part(
        "transform:stranger",
        "reset-equals-fresh",
        "image = (frame.image * self.config.factor)",
        "self.seen = getattr(self, 'seen', 0) + 1\n        image = (frame.image * self.config.factor / self.seen)",
        "a transform has no reset, so it may remember nothing from one call to the next",
    ),
    _tracker(
        "independent-instances",
        "ids[row], self.next_id = self.next_id, self.next_id + 1",
        "ids[row], Nearest.counter = Nearest.counter, Nearest.counter + 1",
        "keep what changes, the counter of ids too, in attributes that __init__ or reset makes: none in the class",
        ("np.zeros(0, np.int64), 1\n", "np.zeros(0, np.int64), 1\n        Nearest.counter = 1\n"),
    ),
    _tracker(
        "inputs-unmodified",
        "centres = (detections.boxes",
        "detections.boxes[:, 0] = 0\n        centres = (detections.boxes",
        "work on a copy: boxes = detections.boxes.copy()",
    ),
    _target(
        "answers-stay",
        "            self.boxes.copy(),\n",
        "            self.boxes,\n",
        "answer copies of the arrays that you go on with",
    ),
    _tracker(
        "globals-kept",
        "        self.centres, self.ids = centres, ids\n",
        "        self.centres, self.ids = centres, ids\n        np.random.seed(3)\n",
        "use a generator of its own: np.random.default_rng(context.seed)",
    ),
    _tracker(
        "globals-kept",
        "        self.centres, self.ids = centres, ids\n",
        "        self.centres, self.ids = centres, ids\n        np.seterr(all='ignore')\n",
        "it changes what the whole process shares (numpy's error handling",
    ),
    _part(
        "head:stranger",
        "device-kept",
        "self.conv = torch.nn.Conv2d(in_channels, 1, 1)",
        "self.conv = torch.nn.Conv2d(in_channels, 1, 1)\n            self.constant = "
        "torch.nn.Buffer(torch.ones(1, device='meta'))",
        "is on meta when it is made, though it was made with device='cpu'; take an argument `context` and put "
        "networks and "
        "constants on context.device",
    ),
    _tracker(
        "works-in-a-worker",
        "        self.reset()\n\n    def reset(self, sequence=None):\n        self.centres",
        "        import os\n        os.environ.setdefault('STRANGERS', str(os.getpid()))\n"
        "        self.owner = os.environ.pop('STRANGERS')\n"
        "        self.reset()\n\n    def reset(self, sequence=None):\n        self.centres",
        "in a worker process it answers otherwise",
        ("detections.scores,", "detections.scores * (int(self.owner) % 97 + 1),"),
        slow=True,
    ),
    _tracker(
        "bounded-memory",
        "        self.centres, self.ids = centres, ids\n",
        "        self.centres, self.ids = centres, ids\n        self.seen = [*getattr(self, 'seen', ()), "
        "len(centres) + 0.5]"
        " if self.next_id < 0 else getattr(self, 'seen', [])\n        self.seen.append(centres)\n",
        "drop what belongs to tracks that are gone, and bound every list of what was seen",
        slow=True,
    ),
)

_TRACKER = (
    _tracker(
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
    _tracker(
        "unique-ids",
        "ids=ids.copy(),\n",
        "ids=-ids,\n",
        "an id is negative",
    ),
    _tracker(
        "class-kept",
        "            detections.labels,\n",
        "            np.zeros(len(ids), np.int64),\n",
        "keep the class with the track, and answer it: labels=detections.labels[rows]",
    ),
    _tracker(
        "detection-index-right",
        "detection_index=np.arange(len(ids)),",
        "detection_index=np.arange(len(ids))[::-1],",
        "which it does not touch; answer detection_index",
    ),
    _tracker(
        "works-without-embeddings",
        "        ids = np.zeros(len(centres), np.int64)\n",
        "        ids = np.zeros(len(centres), np.int64)\n        detections.embeddings.sum()\n",
        "wanted was: It tracks where detections have no embeddings",
    ),
    _tracker(
        "wants-embeddings-right",
        "return np.zeros(len(detections), bool)",
        "return np.full(len(detections), self.next_id > 3)",
        "let it follow from the detections and the options only",
    ),
    _tracker(
        "no-detections",
        "        ids = np.zeros(len(centres), np.int64)\n",
        "        ids = np.zeros(len(centres), np.int64)\n        centres.max()\n",
        "every frame comes, also one without detections",
    ),
    _tracker(
        "one-detection",
        "        ids = np.zeros(len(centres), np.int64)\n",
        "        ids = np.zeros(len(centres), np.int64)\n        assert len(ids) != 1\n",
        "update fails with one detection, in frame 0: AssertionError",
    ),
    _tracker(
        "many-detections",
        "        ids = np.zeros(len(centres), np.int64)\n",
        "        ids = np.zeros(len(centres), np.int64)\n        np.zeros(100)[: len(ids)] += ids\n",
        "update fails with many detections, in frame 0: ValueError",
    ),
    _tracker(
        "odd-boxes",
        "        ids = np.zeros(len(centres), np.int64)\n",
        "        ids = np.zeros(len(centres), np.int64)\n        size = detections.boxes[:, 2:] - "
        "detections.boxes[:, :2]\n"
        "        [1 / float(side) for side in size.ravel()]\n",
        "boxes may be anything that Instances takes",
    ),
    _tracker(
        "other-sequences",
        "        self.centres, self.ids, self.next_id = np.zeros((0, 2))",
        "        self.rate = 30 / sequence.frame_rate if sequence else 1\n"
        "        self.centres, self.ids, self.next_id = np.zeros((0, 2))",
        "length, width, height and frame_rate of a sequence, time of a frame, may be None",
    ),
    _tracker("state-restored", '"centres", "ids", "next_id"', '"centres", "ids"', "list in _STATE every attribute"),
    _tracker(
        "foreign-state-refused",
        "    def wants_embeddings",
        "    def load_state_dict(self, state):\n        self.__dict__.update(state)\n\n    def wants_embeddings",
        "raise vtcore.errors.StateError",
    ),
)

_TARGETS = (
    _target(
        "nothing-started",
        "        count = len(self.ids)\n",
        "        count = len(self.ids)\n        if not count:\n            return Instances.empty()\n",
        "answer no rows, ids=np.zeros(0, np.int64)",
    ),
    _target(
        "one-row-per-target",
        "self.ids = np.append(self.ids, name)",
        "self.ids = np.append(name, self.ids)",
        "answer one row per target in the order of their first start",
    ),
    _target(
        "restart-touches-one",
        "self.boxes[known[0]] = targets.boxes[row]",
        "self.boxes[:] = targets.boxes[row]",
        "keep what is learnt of each target apart",
    ),
    _target(
        "targets-stay",
        "        count = len(self.ids)\n",
        "        if not frame.image.any():\n            self.reset()\n        count = len(self.ids)\n",
        "answer one row per target in the order of their first start, lost ones too",
    ),
    _target("areas-refused", "(size <= 0).any()", "False", "raise vtcore.errors.DataError, naming the box"),
)

_DETECTOR = "detector:stranger"
_DETECTORS = (
    _part(_DETECTOR, "classes-named", 'classes = ("bright",)', 'classes = ["bright"]', "give a tuple of texts"),
    _part(
        _DETECTOR,
        "detections-typed",
        "[0.5])\n",
        "[0.5], [1])\n",
        "labels count from 0",
    ),
    _part(
        _DETECTOR,
        "batches-answered",
        "        return [self._found(frame.image) for frame in frames]",
        "        return [self._found(frame.image) for frame in np.array(frames, object).reshape(-1, 1)[:, 0]] "
        "or [None]",
        "answer an empty list",
    ),
    _part(
        _DETECTOR,
        "blank-pictures",
        "        if not len(rows):\n            return Instances.empty()\n",
        "",
        "answer Instances.empty() where nothing is found",
    ),
    _part(
        _DETECTOR,
        "detect-each-same",
        "            yield self.detect(batch)",
        "            yield self.detect(batch)[:1]",
        "yield what detect returns, in the same order",
    ),
)

_REIDS = (
    _part("reid:stranger", "embeddings-typed", "(0, 3 * self.config.bins)", "(0, 0)", "D is the same for all frames"),
    _part("reid:stranger", "odd-crops", "max(y2, y1 + 1), x1 : max(x2, x1 + 1)", "y2, x1 : x2", "answer 4 finite rows"),
)

_DATASETS = (
    _part(
        "dataset:stranger", "sequences-fixed", "super().__init__(path.stem,", 'super().__init__("noise",', "share names"
    ),
    _part(
        "dataset:stranger", "frames-right", "yield Frame(index,", "yield Frame(index + 1,", "count from 0, without gaps"
    ),
    _part(
        "dataset:stranger", "tables-fit", "ids=[1, 2, 1])", "ids=[1, 2, 1], labels=[0, 1, 0])", "labels index `classes`"
    ),
    _part(
        "dataset:stranger",
        "missing-data-told",
        'raise DataError("there are no text files", file=self.root)',
        "return [][0]",
        "raise vtcore.errors.DataError that names the path",
    ),
)

_TRANSFORMS = (
    _part(
        "transform:stranger",
        "frames-kept",
        "return Frame(frame.index, image, time=frame.time, sequence=frame.sequence)",
        "return Frame(frame.index, image)",
        "answer Frame(frame.index, image, time=frame.time, sequence=frame.sequence)",
    ),
    _part(
        "transform:stranger",
        "odd-pictures",
        "        return Frame(frame.index, image, time",
        "        image[6, 6]\n        return Frame(frame.index, image, time",
        "pictures come in any size",
    ),
)

_REFINERS = (
    _part(
        "refiner:stranger",
        "tables-right",
        "        return table.select(np.isin",
        "        table = TrackTable(table.frames + 1, table.ltwh, ids=table.ids, "
        "detection_index=table.detection_index)\n"
        "        return table.select(np.isin",
        "none may stand at `length` or later",
    ),
    _part(
        "refiner:stranger",
        "odd-tables",
        "        return table.select(np.isin",
        "        table.frames.max()\n        return table.select(np.isin",
        "a sequence may have no rows",
    ),
    _part(
        "refiner:stranger",
        "tables-unmodified",
        "        return table.select(np.isin",
        "        table.scores *= 1\n        return table.select(np.isin",
        "refine fails with a table that cannot be written to",
    ),
)

_METRICS = (
    _part(
        "metric:stranger",
        "report-readable",
        '{"recall": counts["found"] / counts["all"] if counts["all"] else None}',
        '{"recall": np.float32(counts["found"])}',
        "answer float(...) and int(...) of numpy's numbers",
    ),
    _part(
        "metric:stranger",
        "mergeable",
        '        return {"found": found, "all"',
        '        self.seen = getattr(self, "seen", 0) + found\n        return {"found": found, "all"',
        "keep nothing in the metric",
        ("        tables = {", '        total["found"] = getattr(self, "seen", 0)\n        tables = {'),
    ),
    _part("metric:stranger", "nothing-to-score", ' if counts["all"] else None', "", "None for what is no number"),
    _part(
        "metric:stranger",
        "sequences-unmodified",
        "        results = sequence.results\n",
        "        results = sequence.results\n        results.ltwh += 1\n",
        "work on copies: table.ltwh.copy()",
    ),
    _part(
        "metric:stranger",
        "tells-why",
        'return [] if len(sequence.results) else [f"',
        'return f"',
        "a list of texts",
        ('{sequence.name}: no results"]', '{sequence.name}: no results"'),
    ),
)

_WRITERS = (
    _part("writer:stranger", "places-named", 'suffix = ".counts"', 'suffix = "counts"', "give one with its dot"),
    _part(
        "writer:stranger",
        "file-where-it-belongs",
        "self.path.write_text(",
        "self.path.with_suffix('.txt').write_text(",
        "leaves no file at the path that open was given",
    ),
    _part(
        "writer:stranger",
        "unfinished-kept",
        "        self.path.write_text(",
        "        self.lines[1]\n        self.path.write_text(",
        "a run that is stopped keeps what there is",
    ),
)

_PROTOCOLS = (
    _part(
        "protocol:stranger", "starts-and-answers", "        tracker.start(frame, self.targets)\n", "", "never started"
    ),
    _part(
        "protocol:stranger",
        "missing-targets-told",
        'raise DataError(f"sequence {sequence.name!r} has no annotations")',
        "raise ValueError('what?')",
        "raise vtcore.errors.DataError",
    ),
)

_NETWORKS = (
    _part("backbone:stranger", "maps-finest-first", "return maps[1:]", "return maps[::-1]", "answer the finest first"),
    _part(
        "head:stranger",
        "takes-maps",
        "return [self.conv(each) for each in features]",
        "return [self.conv(each[:, :2]) for each in features]",
        "are not taken: RuntimeError",
    ),
)

WRONG = (
    *_PLUGIN,
    *_CONFIG,
    *_BEHAVIOUR,
    *_TRACKER,
    *_TARGETS,
    *_DETECTORS,
    *_REIDS,
    *_DATASETS,
    *_TRANSFORMS,
    *_REFINERS,
    *_METRICS,
    *_WRITERS,
    *_PROTOCOLS,
    *_NETWORKS,
)
"""Every check is in it; those of plugins with broken metadata or experiments are in the test itself."""
