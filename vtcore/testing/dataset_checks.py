"""What a data set must answer."""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np

from vtcore.errors import DataError
from vtcore.frames import Sequence
from vtcore.tables import TrackTable
from vtcore.testing.comparisons import difference, plain_copy
from vtcore.testing.definitions import define
from vtcore.testing.failures import CheckFailure, expect
from vtcore.testing.subjects import Subject

__all__ = ["frames_right", "sequences_fixed", "tables_fit"]

_SEQUENCES, _FRAMES = 2, 5


def _some(subject: Subject) -> list[Sequence]:
    return list(subject.make().sequences())[:_SEQUENCES]


@define("dataset")
def sequences_fixed(subject: Subject) -> None:
    """It has sequences, in a fixed order, with names that are unique and good for files."""
    dataset = subject.make()
    sequences = list(dataset.sequences())
    expect(sequences, "it has no sequences; raise vtcore.errors.DataError that says where you looked for them")
    for sequence in sequences:
        right = isinstance(sequence, Sequence)
        expect(right, f"a sequence is {type(sequence).__name__}, no subclass of vtcore.Sequence: derive it from that")
        expect(
            sequence.name and not set(sequence.name) & set('/\\:*?"<>|\0') and sequence.name not in (".", ".."),
            f"the name {sequence.name!r} is not good for a file; results are written to <name>.txt",
        )
        right = isinstance(sequence.classes, tuple) and all(isinstance(each, str) for each in sequence.classes)
        expect(right, f"classes of {sequence.name!r} are {sequence.classes!r}; give a tuple of texts")
    names = [sequence.name for sequence in sequences]
    expect(len(set(names)) == len(names), f"sequences share names, and would share files: {names}")
    again = [sequence.name for sequence in dataset.sequences()]
    expect(names == again, "asked again, it has other sequences or another order; sort what a folder lists")


@define("dataset")
def frames_right(subject: Subject) -> None:
    """Frames count from 0, have pictures of the size that is promised, and can be read again."""
    for sequence in _some(subject):
        if sequence.live:
            continue
        first = _read(sequence, images=sequence.has_images)
        expect(first or not sequence.length, f"{sequence.name!r} has no frames")
        expect(
            [frame.index for frame in first] == list(range(len(first))),
            f"frames of {sequence.name!r} have indices {[frame.index for frame in first]}; count from 0, without gaps",
        )
        for frame in first if sequence.has_images else ():
            expect(
                frame.image is not None, f"frame {frame.index} of {sequence.name!r} has no image, though images=True"
            )
            height, width = frame.image.shape[:2]
            wanted = (sequence.width or width, sequence.height or height)
            expect(
                (width, height) == wanted,
                f"frame {frame.index} of {sequence.name!r} is {width} x {height}, the sequence {wanted[0]} x "
                f"{wanted[1]}",
            )
        told = difference(plain_copy(first), plain_copy(_read(sequence, images=sequence.has_images)), place="frame")
        expect(
            not told,
            f"{sequence.name!r}, read a second time, has other frames ({told}); frames() starts anew each time",
        )
        _expect_single_frames(sequence, first)
        bare = _read(sequence, images=False)
        expect(
            all(frame.image is None for frame in bare)
            and [each.index for each in bare] == [each.index for each in first],
            f"frames(images=False) of {sequence.name!r} has images, or other frames; leave Frame.image None",
        )


def _read(sequence: Sequence, *, images: bool) -> list[Any]:
    return list(islice(sequence.frames(images=images), _FRAMES))


def _expect_single_frames(sequence: Sequence, first: list[Any]) -> None:
    if not sequence.has_images or not first:
        return
    told = difference(plain_copy(first[-1]), plain_copy(sequence.frame(first[-1].index)))
    expect(not told, f"frame({first[-1].index}) of {sequence.name!r} is not what frames() gives ({told})")
    for index in (-1, *([sequence.length] if sequence.length is not None else [])):
        try:
            sequence.frame(index)
        except IndexError:
            continue
        except Exception as error:
            raise CheckFailure(f"frame({index}) of {sequence.name!r} fails with {error!r}; raise IndexError") from error
        raise CheckFailure(
            f"frame({index}) of {sequence.name!r} gives a frame; raise IndexError, as Sequence.frame does"
        )


@define("dataset")
def tables_fit(subject: Subject) -> None:
    """Annotations and detections fit the frames and classes, and the rest of what a sequence tells is in form."""
    for sequence in _some(subject):
        for what, table in (("annotations", sequence.annotations()), ("detections", sequence.detections())):
            if table is not None:
                _expect_table(sequence, table, what)
        for name, values in sequence.frame_labels().items():
            short = sequence.length is not None and len(values) < sequence.length
            expect(
                not short,
                f"frame label {name!r} of {sequence.name!r} has {len(values)} entries, too few for its frames",
            )
        content = sequence.content()
        told = None if content is None else list(map(str, content))
        again = None if content is None else list(map(str, sequence.content() or ()))
        expect(
            told == again,
            f"content() of {sequence.name!r} says otherwise when asked again: detections are never replayed",
        )
        found = list(sequence.check({"image", "annotations"}))
        expect(
            all(isinstance(text, str) for text in found),
            f"check() of {sequence.name!r} yields something else than texts",
        )
        if sequence.classes and sequence.length is not None:
            expect(np.isfinite(sequence.frame_rate or 0), f"frame_rate of {sequence.name!r} is {sequence.frame_rate}")


def _expect_table(sequence: Sequence, table: Any, what: str) -> None:
    expect(
        isinstance(table, TrackTable), f"{what} of {sequence.name!r} are {type(table).__name__}, no vtcore.TrackTable"
    )
    if not len(table):
        return
    if what == "annotations":
        pairs = np.stack([table.frames, table.ids], axis=1)[table.ids >= 0]
        expect(len(np.unique(pairs, axis=0)) == len(pairs), f"an id stands twice in a frame of {sequence.name!r}")
    count = len(sequence.classes)
    expect(
        not count or int(table.labels.max()) < count,
        f"{what} of {sequence.name!r} have label {int(table.labels.max())}, of {count} classes; labels index `classes`",
    )


@define("dataset")
def missing_data_told(subject: Subject) -> None:
    """Data that is not there is told in a DataError, or by the config's check(), naming where it was looked for."""
    from vtcore.testing.failures import NotChecked

    config = subject.configured().config
    place = next((name for name in ("root", "path", "folder", "annotations") if hasattr(config, name)), None)
    if place is None:
        raise NotChecked("its config has no key root, path, folder or annotations")
    nowhere = "no/such/place"
    given = getattr(config, place)
    value = [nowhere] if isinstance(given, list | tuple) else nowhere
    try:
        changed = subject.configured(**{place: value})
        told = [text for text in getattr(changed.config, "check", tuple)() if nowhere in text]
        if told:
            return
        from vtcore.components import build

        for sequence in build(changed).sequences():
            next(iter(sequence.frames()), None)
    except DataError as error:
        expect("no" in str(error), f"the error does not name {nowhere!r}: {error}")
        expect(
            nowhere in str(error).replace("\\", "/"), f"the error does not name {nowhere!r}, where it looked: {error}"
        )
        return
    except CheckFailure as refused:
        expect(nowhere in str(refused), f"the refusal does not name {nowhere!r}: {refused}")
        return
    except Exception as error:
        raise CheckFailure(
            f"with {place}={nowhere!r} it fails with {type(error).__name__}: {error}; raise "
            "vtcore.errors.DataError that "
            "names the path"
        ) from error
    raise CheckFailure(f"with {place}={nowhere!r} nothing is said; raise vtcore.errors.DataError that names the path")
