"""A window that shows annotated frames while a run goes on.

Nothing heavy is imported at module level: the preflight asks `display_available`.
"""

from __future__ import annotations

import os
import socket
import sys
from importlib import metadata
from typing import TYPE_CHECKING

from vtcore.errors import OutputError

if TYPE_CHECKING:
    from vtcore.drawing.annotate import Annotator
    from vtcore.frames import Frame, Image, Sequence
    from vtcore.instances import Instances

__all__ = ["Display", "display_available"]

_WITH_WINDOWS = ("opencv-python", "opencv-contrib-python")
_WITHOUT_WINDOWS = ("opencv-python-headless", "opencv-contrib-python-headless")
_STOP_KEYS = (ord("q"), ord("Q"), 27)
_WIDEST = 1600
_FIRST_PORT = 6000
"""Of displays of X11 on other machines."""


def display_available(remedy: str = "leave out --show and write a video") -> str | None:
    """Return why no window can be shown here, or None when one can; imports no OpenCV.

    Args:
        remedy: What to do without.
    """
    if sys.platform not in ("win32", "darwin") and not os.environ.get("WAYLAND_DISPLAY"):
        display = os.environ.get("DISPLAY")
        if not display:
            return f"there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set); {remedy}"
        if not _answers(display):
            return f"there is no display: nothing answers at DISPLAY={display}; {remedy}"
    headless = [name for name in _WITHOUT_WINDOWS if _installed(name)]
    if headless and not any(_installed(name) for name in _WITH_WINDOWS):
        return f"{headless[0]} has no windows: pip uninstall {headless[0]}, then pip install opencv-python"
    return None


class Display:
    """Shows annotated frames in one window; ``q`` or Esc, or closing the window, stops.

    Use it from the main thread: that is where window systems want to be called.
    """

    def __init__(self, title: str | os.PathLike[str] = "vtcore", *, trails: int = 30, show_scores: bool = True) -> None:
        """Prepare; the window opens with the first frame.

        Args:
            title: Of the window.
            trails: How many frames trails reach back; 0 draws none.
            show_scores: Write the scores.
        """
        self._title = os.fspath(title)
        self._trails = trails
        self._show_scores = show_scores
        self._annotator: Annotator | None = None
        self._sequence: Sequence | None = None
        self._shown = False

    def show(self, frame: Frame, tracks: Instances, sequence: Sequence | None = None) -> bool:
        """Show a frame with its tracks.

        Args:
            frame: The frame; one without an image is passed over.
            tracks: Its tracks.
            sequence: Whose frames these are, `frame.sequence` when left out; another one begins new trails.

        Returns:
            False when the user asked to stop.

        Raises:
            OutputError: The window cannot be shown.
        """
        import cv2

        if frame.image is None:
            return True
        picture = self._prepared(frame.image, sequence or frame.sequence).draw(frame.image, frame.index, tracks)
        try:
            if self._shown and cv2.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE) < 1:
                return False
            cv2.imshow(self._title, picture)
            self._shown = True
            return cv2.waitKey(1) & 0xFF not in _STOP_KEYS
        except cv2.error as error:
            reason = display_available() or str(error).strip().splitlines()[-1]
            raise OutputError(f"cannot show a window: {reason}") from error

    def _prepared(self, image: Image, sequence: Sequence | None) -> Annotator:
        """Return the annotator of the present sequence."""
        if self._annotator is None or sequence is not self._sequence:
            from vtcore.drawing.annotate import Annotator

            self._sequence = sequence
            self._annotator = Annotator(
                () if sequence is None else sequence.classes,
                trails=self._trails,
                show_scores=self._show_scores,
                width=_WIDEST if image.shape[1] > _WIDEST else 0,
            )
        return self._annotator

    def close(self) -> None:
        """Close the window."""
        if not self._shown:
            return
        import cv2

        self._shown = False
        try:
            cv2.destroyWindow(self._title)
        except cv2.error:  # the user has closed it
            return


def _answers(display: str) -> bool:
    """Whether something listens where a display of X11 is said to be; OpenCV ends the process where nothing does."""
    host, _, number = display.rpartition("/")[2].rpartition(":")
    try:
        place = int(number.partition(".")[0])
    except ValueError:
        return False
    # A leading zero byte: in the abstract namespace, that needs no file.
    paths = [f"{zero}/tmp/.X11-unix/X{place}" for zero in ("", "\0")]
    try:
        if host not in ("", "unix"):
            with socket.create_connection((host, _FIRST_PORT + place), timeout=2):
                return True
        return any(_listens(path) for path in paths)
    except OSError:
        return False


def _listens(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as asking:
        return asking.connect_ex(path) == 0


def _installed(distribution: str) -> bool:
    try:
        metadata.distribution(distribution)
    except metadata.PackageNotFoundError:
        return False
    return True
