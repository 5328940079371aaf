"""Components of the other kinds that are wrong."""

from __future__ import annotations

from wrong_case import Wrong, part

__all__ = ["WRONG"]

_DETECTOR = "detector:stranger"
_DETECTORS = (
    part(_DETECTOR, "classes-named", 'classes = ("bright",)', 'classes = ["bright"]', "give a tuple of texts"),
    part(
        _DETECTOR,
        "detections-typed",
        "[0.5])\n",
        "[0.5], [1])\n",
        "labels count from 0",
    ),
    part(
        _DETECTOR,
        "batches-answered",
        "        return [self._found(frame.image) for frame in frames]",
        "        return [self._found(frame.image) for frame in np.array(frames, object).reshape(-1, 1)[:, 0]] "
        "or [None]",
        "answer an empty list",
    ),
    part(
        _DETECTOR,
        "blank-pictures",
        "        if not len(rows):\n            return Instances.empty()\n",
        "",
        "answer Instances.empty() where nothing is found",
    ),
    part(
        _DETECTOR,
        "detect-each-same",
        "            yield self.detect(batch)",
        "            yield self.detect(batch)[:1]",
        "yield what detect returns, in the same order",
    ),
)

_REIDS = (
    part("reid:stranger", "embeddings-typed", "(0, 3 * self.config.bins)", "(0, 0)", "D is the same for all frames"),
    part("reid:stranger", "odd-crops", "max(y2, y1 + 1), x1 : max(x2, x1 + 1)", "y2, x1 : x2", "answer 4 finite rows"),
    part(
        "reid:stranger",
        "embed-each-same",
        "            yield self.embed(*batch)",
        "            yield self.embed(*batch)[:1]",
        "yield what embed returns, in the same order",
    ),
)

_DATASETS = (
    part(
        "dataset:stranger", "sequences-fixed", "super().__init__(path.stem,", 'super().__init__("noise",', "share names"
    ),
    part(
        "dataset:stranger", "frames-right", "yield Frame(index,", "yield Frame(index + 1,", "count from 0, without gaps"
    ),
    part(
        "dataset:stranger", "tables-fit", "ids=[1, 2, 1])", "ids=[1, 2, 1], labels=[0, 1, 0])", "labels index `classes`"
    ),
    part(
        "dataset:stranger",
        "missing-data-told",
        'raise DataError("there are no text files", file=self.root)',
        "return [][0]",
        "raise vtcore.errors.DataError that names the path",
    ),
)

_TRANSFORMS = (
    part(
        "transform:stranger",
        "frames-kept",
        "return Frame(frame.index, image, time=frame.time, sequence=frame.sequence)",
        "return Frame(frame.index, image)",
        "answer Frame(frame.index, image, time=frame.time, sequence=frame.sequence)",
    ),
    part(
        "transform:stranger",
        "odd-pictures",
        "        return Frame(frame.index, image, time",
        "        image[6, 6]\n        return Frame(frame.index, image, time",
        "pictures come in any size",
    ),
)

_REFINERS = (
    part(
        "refiner:stranger",
        "tables-right",
        "        return table.select(np.isin",
        "        table = TrackTable(table.frames + 1, table.ltwh, ids=table.ids, "
        "detection_index=table.detection_index)\n"
        "        return table.select(np.isin",
        "none may stand at `length` or later",
    ),
    part(
        "refiner:stranger",
        "odd-tables",
        "        return table.select(np.isin",
        "        table.frames.max()\n        return table.select(np.isin",
        "a sequence may have no rows",
    ),
    part(
        "refiner:stranger",
        "tables-unmodified",
        "        return table.select(np.isin",
        "        table.scores *= 1\n        return table.select(np.isin",
        "refine fails with a table that cannot be written to",
    ),
)

_METRICS = (
    part(
        "metric:stranger",
        "report-readable",
        '{"recall": counts["found"] / counts["all"] if counts["all"] else None}',
        '{"recall": np.float32(counts["found"])}',
        "answer float(...) and int(...) of numpy's numbers",
    ),
    part(
        "metric:stranger",
        "mergeable",
        '        return {"found": found, "all"',
        '        self.seen = getattr(self, "seen", 0) + found\n        return {"found": found, "all"',
        "keep nothing in the metric",
        ("        tables = {", '        total["found"] = getattr(self, "seen", 0)\n        tables = {'),
    ),
    part("metric:stranger", "nothing-to-score", ' if counts["all"] else None', "", "None for what is no number"),
    part(
        "metric:stranger",
        "sequences-unmodified",
        "        results = sequence.results\n",
        "        results = sequence.results\n        results.ltwh += 1\n",
        "work on copies: table.ltwh.copy()",
    ),
    part(
        "metric:stranger",
        "tells-why",
        'return [] if len(sequence.results) else [f"',
        'return f"',
        "a list of texts",
        ('{sequence.name}: no results"]', '{sequence.name}: no results"'),
    ),
)

_WRITERS = (
    part("writer:stranger", "places-named", 'suffix = ".counts"', 'suffix = "counts"', "give one with its dot"),
    part(
        "writer:stranger",
        "file-where-it-belongs",
        "self.path.write_text(",
        "self.path.with_suffix('.txt').write_text(",
        "leaves no file at the path that open was given",
    ),
    part(
        "writer:stranger",
        "unfinished-kept",
        "        self.path.write_text(",
        "        self.lines[1]\n        self.path.write_text(",
        "a run that is stopped keeps what there is",
    ),
)

_PROTOCOLS = (
    part(
        "protocol:stranger", "starts-and-answers", "        tracker.start(frame, self.targets)\n", "", "never started"
    ),
    part(
        "protocol:stranger",
        "missing-targets-told",
        'raise DataError(f"sequence {sequence.name!r} has no annotations")',
        "raise ValueError('what?')",
        "raise vtcore.errors.DataError",
    ),
)

_NETWORKS = (
    part("backbone:stranger", "maps-finest-first", "return maps[1:]", "return maps[::-1]", "answer the finest first"),
    part(
        "head:stranger",
        "takes-maps",
        "return [self.conv(each) for each in features]",
        "return [self.conv(each[:, :2]) for each in features]",
        "are not taken: RuntimeError",
    ),
)

_MORE = (
    Wrong(
        "imports-nothing-heavy",
        "plugin",
        "plugin.py",
        "def vtcore_trackers():\n",
        "def vtcore_trackers():\n    import cv2\n\n",
        "registering it imports cv2 (at ",
    ),
    part(
        _DETECTOR,
        "detections-typed",
        "columns.max() + 1, rows.max() + 1]]",
        "columns.max() + 1, rows.max() + 1]] / np.array([[192, 160, 192, 160]])",
        "they are in pixels of the frame, not in shares of it",
    ),
    part(
        _DETECTOR,
        "batches-answered",
        "[self._found(frame.image) for frame in frames]",
        "[self._found(frames[0].image) for frame in frames]",
        "answer the frames in their order",
    ),
    part(
        "protocol:stranger",
        "starts-and-answers",
        "        return self.targets\n",
        "        return tracks\n",
        "with_started(tracked, targets)",
    ),
    part(
        "head:stranger",
        "takes-maps",
        "return [self.conv(each) for each in features]",
        "return [self.conv(each).detach() for each in features]",
        "its answers carry no gradients",
    ),
)

WRONG = (
    *_DETECTORS,
    *_REIDS,
    *_DATASETS,
    *_TRANSFORMS,
    *_REFINERS,
    *_METRICS,
    *_WRITERS,
    *_PROTOCOLS,
    *_NETWORKS,
    *_MORE,
)
