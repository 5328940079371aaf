"""Annotations of ImageNet VID and DET: an XML file for each image, as PASCAL VOC has them.

Boxes are ``xmin, ymin, xmax, ymax`` in pixels; width and height are their differences, as MMTracking takes them.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Collection
from pathlib import Path

import attrs

from vtcore.errors import DataError

__all__ = ["ImageObject", "XmlImage", "object_count", "read_xml", "track_ids"]

_TRACK = re.compile(rb"<trackid>\s*(\d+)\s*</trackid>")
_NAME = re.compile(rb"<name>\s*(\w+)\s*</name>")


@attrs.frozen
class ImageObject:
    """One annotated object.

    Attributes:
        wordnet_id: Its class.
        ltwh: Left, top, width, height in pixels.
        track: Its identity within the video; -1 in DET.
        occluded: Whether something hides part of it.
        generated: Whether its box was interpolated, not drawn.
    """

    wordnet_id: str
    ltwh: tuple[float, float, float, float]
    track: int = -1
    occluded: bool = False
    generated: bool = False


@attrs.frozen
class XmlImage:
    """One image's annotation.

    Attributes:
        width, height: Of the image in pixels.
        objects: In the file's order.
    """

    width: int
    height: int
    objects: tuple[ImageObject, ...]


def read_xml(path: Path) -> XmlImage:
    """Read an annotation.

    Raises:
        DataError: It cannot be read, is no XML, or lacks what it must have; file and line are named.
    """
    try:
        root = ET.fromstring(path.read_bytes())
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}", file=path) from None
    except ET.ParseError as error:
        raise DataError(f"not XML: {error}", file=path, line=error.position[0]) from None
    size = root.find("size")
    objects = root.findall("object")
    try:
        if size is None:
            raise ValueError("lacks 'size'")
        width, height = int(_text(size, "width")), int(_text(size, "height"))
        return XmlImage(width, height, tuple(_object(element) for element in objects))
    except ValueError as error:
        raise DataError(f"not an annotation of ImageNet: {error}", file=path) from None


def track_ids(path: Path, classes: Collection[str]) -> set[int]:
    """Return the identities of the objects of some classes in an annotation, without decoding the rest of it.

    Raises:
        DataError: It cannot be read.
    """
    found = ((_TRACK.search(item), _NAME.search(item)) for item in _bytes(path).split(b"<object>")[1:])
    return {int(track[1]) for track, name in found if track and name and name[1].decode("ascii", "replace") in classes}


def object_count(path: Path) -> int:
    """Return the number of objects in an annotation, without decoding it.

    Raises:
        DataError: It cannot be read.
    """
    return _bytes(path).count(b"<object>")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}", file=path) from None


def _object(element: ET.Element) -> ImageObject:
    box = element.find("bndbox")
    if box is None:
        raise ValueError("an object lacks 'bndbox'")
    left, top, right, bottom = (float(_text(box, side)) for side in ("xmin", "ymin", "xmax", "ymax"))
    return ImageObject(
        _text(element, "name"),
        (left, top, right - left, bottom - top),
        int(element.findtext("trackid") or -1),
        element.findtext("occluded") == "1",
        element.findtext("generated") == "1",
    )


def _text(element: ET.Element, name: str) -> str:
    text = element.findtext(name)
    if text is None or not text.strip():
        raise ValueError(f"<{element.tag}> lacks <{name}>")
    return text.strip()
