"""Folders of images as sequences."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from vtcore.errors import DamagedSourceError, DataError
from vtcore.frames import Frame, Image, Sequence
from vtcore.sources.config import ImagesConfig
from vtcore.sources.naming import expand_paths, natural_key, sequence_names

if TYPE_CHECKING:
    from vtcore.tables import TrackTable

__all__ = ["IMAGE_SUFFIXES", "ImageSequence", "ImagesDataset", "find_images", "read_frame_image", "read_image"]

IMAGE_SUFFIXES = frozenset(
    {".bmp", ".dib", ".jp2", ".jpe", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tif", ".tiff", ".webp"}
)
"""Suffixes of image files that OpenCV decodes, in small letters."""


_TIFF = (b"II*\0", b"MM\0*")
"""How TIFF files begin."""


class ImagesDataset:
    """Images in folders; each folder that holds images is a sequence."""

    def __init__(
        self, *, path: str | Iterable[str], frame_rate: float = 30.0, recursive: bool = False, name: str = ""
    ) -> None:
        """Name the images.

        Args:
            path: A folder of images or of such folders, one image, a glob pattern, or a list of them. Images that
                are named one by one, or by a pattern, make one sequence a folder.
            frame_rate: Frames a second.
            recursive: Look into folders below the sub-folders, too.
            name: Name of the sequence, where there is only one.

        Raises:
            ValueError: The frame rate is not above 0.
        """
        config = ImagesConfig(
            path=path if isinstance(path, str) else tuple(path), frame_rate=frame_rate, recursive=recursive, name=name
        )
        self._path = config.path
        self._frame_rate = config.frame_rate
        self._recursive = config.recursive
        self._name = config.name

    def sequences(self) -> list[ImageSequence]:
        """Return one sequence a folder, in natural order of their names.

        Raises:
            DataError: A path is not there, a folder holds no images, or one name is given for several sequences.
        """
        groups: dict[Path, list[Path]] = {}
        listed: set[Path] = set()
        for path in expand_paths(self._path):
            if path.is_dir():
                found = self._folders(path)
                listed.update(folder for folder, _ in found)
            else:
                found = [(path.parent, [path])]
            for folder, images in found:
                groups.setdefault(folder, []).extend(images)
        # A single image that was named goes by its own name, not by its folder's.
        named = [
            images[0] if len(images) == 1 and folder not in listed else folder for folder, images in groups.items()
        ]
        names = sequence_names(named)
        if self._name:
            if len(groups) > 1:
                raise DataError(f"one name, {self._name!r}, for {len(groups)} sequences ({', '.join(names[:3])}, ...)")
            names = [self._name]
        return [
            ImageSequence(name, images, self._frame_rate) for name, images in zip(names, groups.values(), strict=True)
        ]

    def _folders(self, folder: Path) -> list[tuple[Path, list[Path]]]:
        images = find_images(folder)
        if images:
            return [(folder, images)]
        below = sorted((path for path in folder.rglob("*") if path.is_dir()), key=lambda path: natural_key(str(path)))
        if not self._recursive:
            below = [path for path in below if path.parent == folder]
        found = [(path, images) for path in below if (images := find_images(path))]
        if not found:
            known = ", ".join(sorted(IMAGE_SUFFIXES))
            deeper = "" if self._recursive else "; set recursive = true to look deeper"
            raise DataError(f"holds no images ({known}), nor do the folders in it{deeper}", file=folder)
        return found


def read_frame_image(path: Path, index: int) -> Image:
    """Read the image of a sequence's frame.

    Raises:
        DamagedSourceError: It cannot be read, but the frames before it could.
        DataError: It cannot be read, and is the first.
    """
    try:
        return read_image(path)
    except DataError as error:
        if index == 0:
            raise
        kept = "the frame before it is" if index == 1 else f"the {index} frames before it are"
        raise DamagedSourceError(f"{error}; {kept} kept", frames_read=index) from error


class ImageSequence(Sequence):
    """Image files in a given order, one frame each; they may differ in size.

    Attributes:
        paths: The files.
        width, height: Of the first image, in pixels, unless said beforehand; None where it cannot be decoded.
    """

    random_access: ClassVar[bool] = True

    def __init__(
        self,
        name: str,
        paths: Iterable[str | Path],
        frame_rate: float | None = 30.0,
        *,
        width: int | None = None,
        height: int | None = None,
        classes: tuple[str, ...] = (),
        annotations: TrackTable | None = None,
        detections: TrackTable | None = None,
    ) -> None:
        """Name the files; none is opened.

        Args:
            name: Of the sequence.
            paths: The files, in order (`find_images` sorts those of a folder).
            frame_rate: Frames a second.
            width: Of the images in pixels, where known; else the first image tells.
            height: As `width`.
            classes: Names that labels index.
            annotations: The ground truth, if any.
            detections: The given detections, if any.
        """
        self.paths = tuple(Path(path) for path in paths)
        self._size = self._told_size = (width, height)
        self._annotations = annotations
        self._detections = detections
        super().__init__(
            name, length=len(self.paths), width=width, height=height, frame_rate=frame_rate, classes=classes
        )

    @property
    def width(self) -> int | None:
        """Width in pixels."""
        return self._known_size()[0]

    @width.setter
    def width(self, value: int | None) -> None:
        self._size = (value, self._size[1])

    @property
    def height(self) -> int | None:
        """Height in pixels."""
        return self._known_size()[1]

    @height.setter
    def height(self, value: int | None) -> None:
        self._size = (self._size[0], value)

    def frames(self, *, images: bool = True) -> Iterator[Frame]:
        """Yield every frame; its time is its index by the frame rate.

        Raises:
            DamagedSourceError: A file is missing, empty, cut off, or no image; the file is named, and the frames
                before it were yielded.
            DataError: That is so of the first file.
        """
        for index in range(len(self.paths)):
            yield self._frame(index, images=images)

    def frame(self, index: int) -> Frame:
        """Return one frame, reading its file alone.

        Raises:
            IndexError: There is no such frame.
            DataError: As for `frames`.
        """
        if not 0 <= index < len(self.paths):
            raise self._no_frame(index)
        return self._frame(index, images=True)

    def _frame(self, index: int, *, images: bool) -> Frame:
        image = read_frame_image(self.paths[index], index) if images else None
        time = index / self.frame_rate if self.frame_rate else None
        return Frame(index, image, time=time, sequence=self)

    def annotations(self) -> TrackTable | None:
        """Return the ground truth it was made with."""
        return self._annotations

    def detections(self) -> TrackTable | None:
        """Return the detections it was made with."""
        return self._detections

    def content(self) -> Iterator[Path | str]:
        """Yield the files, and what was said of them beforehand."""
        yield f"frame rate {self.frame_rate}, size {self._told_size}"
        yield from self.paths

    def check(self, needs: Collection[str]) -> Iterator[str]:
        """Yield which files are missing or empty, where images are asked for."""
        if "image" not in needs:
            return
        for path in self.paths:
            try:
                if path.stat().st_size == 0:
                    yield f"{path}: is empty (0 bytes)"
            except OSError as error:
                yield f"{path}: cannot be read: {error.strerror or error}"

    def _known_size(self) -> tuple[int | None, int | None]:
        if None in self._size and self.paths:
            try:
                shape = read_image(self.paths[0]).shape
            except DataError:
                return self._size
            self._size = (self._size[0] or shape[1], self._size[1] or shape[0])
        return self._size


def find_images(folder: Path) -> list[Path]:
    """Return the image files directly in a folder, in natural order of their names (``9.jpg`` before ``10.jpg``)."""
    files = (path for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES and path.name[0] != ".")
    return sorted((path for path in files if path.is_file()), key=lambda path: natural_key(path.name))


def read_image(path: Path) -> Image:
    """Decode one image file to uint8 ``(height, width, 3)``, blue-green-red.

    Grey becomes three equal channels, transparency is dropped, 16 bits become the upper 8 (the value by 256, rounded
    down: the same for every image of a sequence, so that brightness does not flicker), and a camera's orientation mark
    is followed.

    Raises:
        DataError: The file is missing, empty, cut off, no image, or its pixels are signed or no integers.
    """
    import cv2
    import numpy as np

    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}", file=path) from error
    if not data:
        raise DataError("is empty (0 bytes)", file=path)
    if _is_cut_off(data):
        raise DataError(f"is cut off: the end of the image is missing ({len(data)} bytes)", file=path)
    # Only of TIFF the decoder rounds 16 bits now up, now down, or takes anything for them.
    depth = cv2.IMREAD_ANYDEPTH if data[:4] in _TIFF else 0
    try:
        image: Any = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR | depth)
    except cv2.error:
        image = None
    if image is None:
        raise DataError("cannot be decoded as an image", file=path)
    if image.dtype == np.uint16:
        image = (image >> 8).astype(np.uint8)
    if image.dtype != np.uint8:
        raise DataError(f"has pixels of the type {image.dtype}: save it with 8 or 16 bits without sign", file=path)
    decoded: Image = image
    return decoded


def _is_cut_off(data: bytes) -> bool:
    """Whether a JPEG or PNG file lacks its end.

    The decoders fill what is missing with grey and only complain on stderr.
    """
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return b"IEND" not in data[-4096:] and b"IEND" not in data
    if data[:2] != b"\xff\xd8":
        return False
    # The end mark of a thumbnail in the header is not the image's, so look behind the start of the scan. There, the
    # mark's bytes occur nowhere else.
    offset = 2
    while offset + 4 <= len(data) and data[offset] == 0xFF:
        marker = data[offset + 1]
        if marker == 0xDA:
            return data.find(b"\xff\xd9", offset) < 0
        # A marker may be padded with further 0xFF bytes.
        offset += 1 if marker == 0xFF else 2 + int.from_bytes(data[offset + 2 : offset + 4], "big")
    return offset + 4 > len(data)
