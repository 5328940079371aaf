"""What a writer must do."""

from __future__ import annotations

import tempfile
from pathlib import Path, PurePosixPath

from vtcore.instances import Instances
from vtcore.testing.definitions import define
from vtcore.testing.drivers import driver_of, tracks_of
from vtcore.testing.failures import CheckFailure, expect
from vtcore.testing.subjects import Subject

__all__ = ["file_where_it_belongs", "places_named", "unfinished_kept"]


@define("writer")
def places_named(subject: Subject) -> None:
    """`folder` is a folder below the run's, `suffix` ends the name of the finished file."""
    writer = subject.make()
    folder, suffix = PurePosixPath(writer.folder), writer.suffix
    inside = writer.folder and not folder.is_absolute() and ".." not in folder.parts
    expect(inside, f"folder is {writer.folder!r}; name a folder below that of the run: 'results', 'videos'")
    expect(
        PurePosixPath(f"x{suffix}").suffix and "/" not in suffix and not suffix.endswith(".partial"),
        f"suffix is {suffix!r}; give one with its dot: '.txt'",
    )


@define("writer")
def file_where_it_belongs(subject: Subject) -> None:
    """Each sequence is one file at the path that `open` is given, whole when `close` returns."""
    writer = subject.make()
    scene = driver_of(subject).scene(subject)
    nothing = [Instances.empty()] * len(scene.frames)
    with tempfile.TemporaryDirectory() as folder:
        for name, tracks in (("first", tracks_of(scene)), ("second", nothing), ("third", tracks_of(scene))):
            if scene.sequence.single and name == "second":
                # A target has a row in every frame in which it is followed.
                continue
            path = Path(folder) / f"{name}{writer.suffix}.partial"
            try:
                writer.open(scene.sequence, path)
                for frame, rows in zip(scene.frames, tracks, strict=True):
                    writer.write(frame, scene.detections[frame.index], rows)
                writer.close(complete=True)
            except Exception as error:
                raise CheckFailure(
                    f"it fails on the {name} sequence of a run ({'no tracks' if name == 'second' else 'tracks'} in "
                    f"{len(scene.frames)} frames): {type(error).__name__}: {error}; one writer writes all "
                    "sequences, one "
                    "after the other"
                ) from error
            expect(path.is_file(), f"close(complete=True) leaves no file at the path that open was given: {path.name}")
        both = [(Path(folder) / f"{name}{writer.suffix}.partial").read_bytes() for name in ("first", "third")]
        # Containers of video note a time; their length is as good as they promise.
        expect(
            len(both[0]) == len(both[1]),
            "the same sequence, written a second time by the same writer, gives another file; forget it all in open",
        )
        left = sorted(each.name for each in Path(folder).iterdir() if not each.name.endswith(".partial"))
        expect(not left, f"it leaves other files beside its own: {', '.join(left)}; write to the given path only")


@define("writer")
def unfinished_kept(subject: Subject) -> None:
    """A sequence that ends early, even before its first frame, can be closed."""
    writer = subject.make()
    scene = driver_of(subject).scene(subject, length=2)
    rows = tracks_of(scene)
    with tempfile.TemporaryDirectory() as folder:
        for count in (0, 1):
            writer.open(scene.sequence, Path(folder) / f"early-{count}{writer.suffix}.partial")
            for frame in scene.frames[:count]:
                writer.write(frame, scene.detections[frame.index], rows[frame.index])
            try:
                writer.close(complete=False)
            except Exception as error:
                raise CheckFailure(
                    f"close(complete=False) fails after {count} frames: {type(error).__name__}: {error}; a run that is "
                    "stopped keeps what there is"
                ) from error
