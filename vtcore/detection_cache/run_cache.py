"""What a run asks of the cache, sequence by sequence."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Sequence as Seq
from pathlib import Path
from typing import Any

import attrs

from vtcore.detection_cache.cache import DetectionCache
from vtcore.detection_cache.canonical import digest_of
from vtcore.detection_cache.class_names import classes_of_data
from vtcore.detection_cache.identity import data_form, refuse_uncacheable, setup_form
from vtcore.detection_cache.late import LateDetector, LateReId
from vtcore.detection_cache.recording import Recording
from vtcore.detection_cache.refusal import Refusal
from vtcore.detection_cache.stored import StoredDetections
from vtcore.experiments.experiment import Experiment, is_free
from vtcore.frames import Sequence
from vtcore.host import PluginHost, plugin_host
from vtcore.interfaces import Detector, ReId
from vtcore.sources.naming import masked_lines

__all__ = ["RunCache"]


@attrs.define(eq=False)
class _Known:
    """What is known of a sequence.

    Attributes:
        sequence: Itself.
        classes: Its class names when it was first seen, before a detector's were put in their place.
        entry: Folder of the entry that serves it.
    """

    sequence: Sequence
    classes: tuple[str, ...]
    entry: Path | None = None


class RunCache:
    """Finds and stores the detections of one run.

    Attributes:
        notes: What a reader of the results should know.
        replayed: The sequences whose detections came from the cache, by name, and the folder of the entry.
        stored_anew: The same for those whose detections were computed and stored.
        cache: Where entries lie.
        bare: The same for detections without embeddings, where the experiment has a re-identification: whichever it
            is, they need not be found again. None where it has none.
    """

    def __init__(
        self,
        experiment: Experiment,
        host: PluginHost | None = None,
        *,
        classes: tuple[str, ...] = (),
        mode: str | None = None,
        cache: DetectionCache | None = None,
        force: bool = False,
    ) -> None:
        """Look at the configs only.

        Args:
            experiment: What is run.
            host: Its plugins; the installed ones by default.
            classes: The class names that components are built with.
            mode: ``auto``, ``fill`` or ``off``; ``run.cache`` by default.
            cache: Where entries lie; the default folder when left out.
            force: Whether to compute what is there already.
        """
        self.notes: list[str] = []
        self.replayed: dict[str, Path] = {}
        self.stored_anew: dict[str, Path] = {}
        self.cache = cache or DetectionCache()
        self._experiment = experiment
        self._host = host
        self._context_classes = classes
        self._mode = experiment.run.cache if mode is None else mode
        self._force = force
        self._detector_name = ""
        self._known: dict[int, _Known] = {}
        self._setup: tuple[dict[str, Any], str] | None = None
        self._classes: tuple[str, ...] | None = None
        self._told: set[str] = set()
        self.bare: RunCache | None = None
        if experiment.reid is not None:
            self.bare = RunCache(
                attrs.evolve(experiment, reid=None),
                host,
                classes=classes,
                mode="off" if is_free(experiment) else mode,
                cache=self.cache,
                force=force,
            )
        try:
            if self._mode == "off":
                raise Refusal('run.cache is "off"')
            self._detector_name = refuse_uncacheable(experiment).component.name
            self.refusal = ""
        except Refusal as reason:
            self.refusal = str(reason)
            if self._mode == "fill":
                self._note(f"detections are not cached: {reason}")

    def look_up(self, sequences: Iterable[Sequence]) -> bool:
        """Find the entries that serve sequences, and return whether all have one."""
        # All are asked, the class names of each being those of the data set only now.
        found = [self._found(sequence) is not None for sequence in sequences]
        return all(found)

    def detector(self, sequences: Seq[Sequence], make: Callable[[], Detector]) -> Detector:
        """Make the detector, or where every sequence has its entry, one that is only made when something asks it."""
        if self.look_up(sequences) and self._classes is not None:
            return LateDetector(make, self._classes)
        return make() if self.bare is None else self.bare.detector(sequences, make)

    def reid(self, sequences: Seq[Sequence], make: Callable[[], ReId]) -> ReId:
        """Make the re-identification, or where every sequence has its entry, one that is made when something asks."""
        return LateReId(make) if self.look_up(sequences) else make()

    def stored(self, sequence: Sequence) -> StoredDetections | None:
        """Return the entry that serves a sequence, None where there is none."""
        known = self._found(sequence)
        if known is None or known.entry is None:
            return None
        try:
            stored = StoredDetections.open(known.entry)
        except (OSError, ValueError) as error:
            self._note(f"{sequence.name}: the stored detections are gone, and computed anew: {error}")
            known.entry = None
            return None
        self.replayed[sequence.name] = known.entry
        return stored

    def replayed_entry(self, sequence: Sequence) -> Path | None:
        """Return the entry that a sequence's detections came from, with embeddings or without; None where none did."""
        found = self.replayed.get(sequence.name)
        return found if found is not None or self.bare is None else self.bare.replayed_entry(sequence)

    def recording(self, sequence: Sequence) -> Recording | None:
        """Return what stores the detections of a sequence, None where they are not to be stored."""
        if self._mode != "fill" or self.refusal:
            return None
        known = self._seen(sequence)
        try:
            setup, setup_digest = self._setup_key()
            data, data_digest = self._data_key(sequence, known)
        except Refusal as reason:
            self._note(f"{sequence.name}: detections are not cached: {reason}")
            return None
        finally:
            self.cache.hashes.save()
        name = self._detector_name
        return Recording(
            lambda first: self.cache.entry_folder(name, setup_digest, sequence.name, data_digest, first),
            about_facts(self._experiment, sequence, setup, data),
            lambda: self._keys_now(sequence, known) == (setup_digest, data_digest),
            self.max_frames,
            replace=self._force,
        )

    def recorded(self, sequence: Sequence, recording: Recording) -> None:
        """Take note of what became of a recording."""
        if recording.stored is not None:
            self.stored_anew[sequence.name] = self._seen(sequence).entry = recording.stored.folder
            self._classes = recording.stored.classes
        elif recording.failure:
            self._note(f"{sequence.name}: detections are not cached: {recording.failure}")

    def outcome(self) -> list[str]:
        """Return the notes of a run that is over, and what was replayed and stored in it."""
        notes = list(self.notes)
        found = "detections" if self.bare is None else "detections and embeddings"
        for words, names in (("replayed from", self.replayed), ("stored in", self.stored_anew)):
            if names:
                of = next(iter(names)) if len(names) == 1 else f"{len(names)} sequences"
                notes.append(f"{found} of {of} {words} cache ({self.cache.folder})")
        bare = [] if self.bare is None else self.bare.outcome()
        return [*notes, *(note for note in bare if note not in notes)]

    @property
    def max_frames(self) -> int:
        """Frames after which the run stops; 0 for never."""
        return self._experiment.run.max_frames

    def key(self, sequence: Sequence) -> tuple[str, str]:
        """Return the hashes of setup and data.

        Raises:
            Refusal: The detections of this sequence cannot be cached.
        """
        if self.refusal:
            raise Refusal(self.refusal)
        return self._setup_key()[1], self._data_key(sequence, self._seen(sequence))[1]

    def _found(self, sequence: Sequence) -> _Known | None:
        """Return what is known of a sequence that has an entry."""
        if self.refusal or sequence.live:
            return None
        if id(sequence) not in self._known:
            known = self._seen(sequence)
            if not self._force and self.cache.may_hold(self._detector_name, sequence.name):
                self._search(sequence, known)
        known = self._known[id(sequence)]
        return known if known.entry is not None else None

    def _search(self, sequence: Sequence, known: _Known) -> None:
        try:
            setup, data = self._setup_key()[1], self._data_key(sequence, known)[1]
        except Refusal:
            return
        finally:
            self.cache.hashes.save()
        stored, complaints = self.cache.find(
            self._detector_name, setup, sequence.name, data, max_frames=self.max_frames
        )
        for complaint in complaints:
            self._note(f"{sequence.name}: stored detections are damaged, and computed anew: {complaint}")
        if stored is not None:
            known.entry, self._classes = stored.folder, stored.classes

    def _seen(self, sequence: Sequence) -> _Known:
        return self._known.setdefault(id(sequence), _Known(sequence, classes_of_data(sequence)))

    def _setup_key(self) -> tuple[dict[str, Any], str]:
        if self._setup is None:
            form = setup_form(self._experiment, self._plugins(), self.cache.hashes)
            self._setup = form, digest_of(form)
        return self._setup

    def _data_key(self, sequence: Sequence, known: _Known) -> tuple[dict[str, Any], str]:
        form = data_form(self._experiment, sequence, known.classes, self._context_classes, self.cache.hashes)
        return form, digest_of(form)

    def _keys_now(self, sequence: Sequence, known: _Known) -> tuple[str, str]:
        """Return the keys as they would be made now, and keep the hashes."""
        setup = digest_of(setup_form(self._experiment, self._plugins(), self.cache.hashes))
        data = self._data_key(sequence, known)[1]
        self.cache.hashes.save()
        return setup, data

    def _plugins(self) -> PluginHost:
        if self._host is None:
            self._host = plugin_host()
        return self._host

    def _note(self, text: str) -> None:
        if text not in self._told:
            self._told.add(text)
            self.notes.append(text)


def about_facts(
    experiment: Experiment, sequence: Sequence, setup: dict[str, Any], data: dict[str, Any]
) -> dict[str, Any]:
    """Return for ``about.json`` what an entry is of."""
    options = experiment.run
    content = data.get("content")
    shown = {
        **data,
        "content": content if content is None or len(content) <= 8 else [*content[:3], f"{len(content)} in all"],
    }
    facts = {
        "sequence": {"name": sequence.name, "frame_rate": sequence.frame_rate},
        "experiment": experiment.source,
        "device_asked": options.device,
        "setup": {"sha256": digest_of(setup), **setup},
        "data": {"sha256": digest_of(data), **shown},
    }
    # The key is of the whole; what people read, and copy elsewhere, is without passwords.
    masked: dict[str, Any] = _masked(facts)
    return masked


def _masked(value: Any) -> Any:
    """Return plain data with the passwords of all addresses in it as ``***``."""
    if isinstance(value, str):
        return masked_lines(value)
    if isinstance(value, list | tuple):
        return [_masked(item) for item in value]
    if isinstance(value, dict):
        return {_masked(key): _masked(item) for key, item in value.items()}
    return value
