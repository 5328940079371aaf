"""Boxes drawn with a mouse on a real window, of a display that nobody sees."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from ctypes.util import find_library

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (shutil.which("Xvfb") and find_library("X11") and find_library("Xtst")),
        reason="needs Xvfb, and the libraries X11 and Xtst",
    ),
]

_DRAW = """
import json
import numpy as np
from vtcore.drawing.targets import draw_targets
print(json.dumps(draw_targets(np.full((400, 500, 3), 90, np.uint8), "film")), flush=True)
"""
_RETURN, _ESCAPE = 0xFF0D, 0xFF1B


class Person:
    """Mouse and keyboard of a display, by X11's extension for tests."""

    def __init__(self, display: str) -> None:
        self.x11, self.xtest = ctypes.CDLL(find_library("X11")), ctypes.CDLL(find_library("Xtst"))
        pointer, number, size = ctypes.c_void_p, ctypes.c_int, ctypes.c_ulong
        self.x11.XOpenDisplay.restype = pointer
        self.x11.XOpenDisplay.argtypes = [ctypes.c_char_p]
        self.x11.XDefaultRootWindow.restype = size
        self.x11.XDefaultRootWindow.argtypes = [pointer]
        self.x11.XKeysymToKeycode.restype = ctypes.c_ubyte
        self.x11.XKeysymToKeycode.argtypes = [pointer, size]
        self.x11.XQueryTree.argtypes = [pointer, size, *[pointer] * 4]
        self.x11.XGetGeometry.argtypes = [pointer, size, *[pointer] * 7]
        self.x11.XSetInputFocus.argtypes = [pointer, size, number, size]
        self.x11.XFlush.argtypes = [pointer]
        self.x11.XCloseDisplay.argtypes = [pointer]
        self.xtest.XTestFakeMotionEvent.argtypes = [pointer, number, number, number, size]
        self.xtest.XTestFakeButtonEvent.argtypes = [pointer, ctypes.c_uint, number, size]
        self.xtest.XTestFakeKeyEvent.argtypes = [pointer, ctypes.c_uint, number, size]
        self.display = self.x11.XOpenDisplay(display.encode())
        assert self.display

    def windows(self) -> dict[int, tuple[int, int]]:
        """Return the sizes of all windows of the display."""
        root = self.x11.XDefaultRootWindow(self.display)
        ignored, children, count = ctypes.c_ulong(), ctypes.POINTER(ctypes.c_ulong)(), ctypes.c_uint()
        out = ctypes.byref
        self.x11.XQueryTree(self.display, root, out(ignored), out(ignored), out(children), out(count))
        sizes = {}
        for window in children[: count.value]:
            numbers = [ctypes.c_uint() for _ in range(6)]
            if self.x11.XGetGeometry(self.display, window, out(ignored), *map(out, numbers)):
                sizes[window] = (numbers[2].value, numbers[3].value)
        return sizes

    def drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        """Draw a rectangle."""
        self._move(*start)
        self.xtest.XTestFakeButtonEvent(self.display, 1, 1, 0)
        self._done()
        self._move(*end)
        self.xtest.XTestFakeButtonEvent(self.display, 1, 0, 0)
        self._done()

    def _move(self, left: int, top: int) -> None:
        self.xtest.XTestFakeMotionEvent(self.display, -1, left, top, 0)
        self._done()

    def press(self, key: int, window: int) -> None:
        """Press a key while a window has the focus."""
        self.x11.XSetInputFocus(self.display, window, 1, 0)
        code = self.x11.XKeysymToKeycode(self.display, key)
        self.xtest.XTestFakeKeyEvent(self.display, code, 1, 0)
        self.xtest.XTestFakeKeyEvent(self.display, code, 0, 0)
        self._done()

    def _done(self) -> None:
        self.x11.XFlush(self.display)
        time.sleep(0.2)


@pytest.fixture
def display() -> Iterator[str]:
    reading, writing = os.pipe()
    words = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]
    with subprocess.Popen(words, pass_fds=[writing], stderr=subprocess.DEVNULL) as server:
        os.close(writing)
        try:
            with os.fdopen(reading) as told:
                yield f":{told.readline().strip()}"
        finally:
            server.terminate()


def test_boxes_are_where_the_mouse_was(display: str) -> None:
    environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
    environment.pop("WAYLAND_DISPLAY", None)
    person = Person(display)
    with subprocess.Popen([sys.executable, "-c", _DRAW], env=environment, stdout=subprocess.PIPE, text=True) as drawing:
        try:
            until = time.monotonic() + 30
            while not (found := [each for each, size in person.windows().items() if min(size) >= 400]):
                assert time.monotonic() < until
                assert drawing.poll() is None
                time.sleep(0.1)
            time.sleep(1)
            for start, end in (((60, 90), (160, 170)), ((300, 220), (240, 100))):
                person.drag(start, end)
                person.press(_RETURN, found[-1])
            person.press(_ESCAPE, found[-1])
            assert drawing.wait(timeout=30) == 0
            told = drawing.stdout.read().splitlines()[-1] if drawing.stdout else ""
        finally:
            if drawing.poll() is None:
                drawing.kill()
    boxes = json.loads(told)
    # The window's bars are above the picture, as high as its system makes them.
    assert [box[2:] for box in boxes] == [[100, 80], [60, 120]]
    assert [boxes[1][0] - boxes[0][0], boxes[1][1] - boxes[0][1]] == [180, 10]
