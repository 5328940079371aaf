from __future__ import annotations

import socket
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import cv2
import numpy as np
import pytest

from vtcore.drawing import display
from vtcore.drawing.display import Display, display_available
from vtcore.errors import OutputError
from vtcore.frames import Frame
from vtcore.instances import Instances


def packages(monkeypatch: pytest.MonkeyPatch, *installed: str) -> None:
    monkeypatch.setattr(display, "_installed", lambda name: name in installed)


@pytest.fixture
def _a_desktop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":7")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr(display, "_answers", lambda name: name == ":7")
    monkeypatch.setattr(sys, "platform", "linux")


def test_without_a_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert "there is no display" in (display_available() or "")


@pytest.mark.usefixtures("_a_desktop")
def test_with_a_display(monkeypatch: pytest.MonkeyPatch) -> None:
    packages(monkeypatch, "opencv-python")
    assert display_available() is None
    packages(monkeypatch, "opencv-python", "opencv-python-headless")
    assert display_available() is None
    packages(monkeypatch, "opencv-contrib-python-headless")
    assert "opencv-contrib-python-headless has no windows" in (display_available() or "")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is always a display")
def test_a_display_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    packages(monkeypatch, "opencv-python")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    for name in (":4711", "unix:4711.0", "localhost:4711.0", "nothing", "localhost:x"):
        monkeypatch.setenv("DISPLAY", name)
        told = f"there is no display: nothing answers at DISPLAY={name}; leave out --show and write a video"
        assert display_available() == told


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is always a display")
def test_a_display_that_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    packages(monkeypatch, "opencv-python")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with socket.socket() as listening, socket.socket(socket.AF_UNIX) as local:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        monkeypatch.setattr(display, "_FIRST_PORT", listening.getsockname()[1] - 10)
        local.bind(f"\0/tmp/.X11-unix/X{listening.getsockname()[1]}")
        local.listen()
        for name in ("127.0.0.1:10.0", f":{listening.getsockname()[1]}", f"unix:{listening.getsockname()[1]}.0"):
            monkeypatch.setenv("DISPLAY", name)
            assert display_available() is None


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_other_systems_always_have_one(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    packages(monkeypatch, "opencv-python")
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.delenv("DISPLAY", raising=False)
    assert display_available() is None


def test_installed_asks_the_environment() -> None:
    assert display._installed("attrs") == bool(metadata.version("attrs"))
    assert not display._installed("no-such-distribution")


def test_the_preflight_imports_no_opencv() -> None:
    program = (
        "import sys, vtcore.drawing.display as display, vtcore.drawing.config as config; display.display_available();"
        "list(config.VideoWriterConfig(codec='vp9').check());"
        "print(sorted({'cv2', 'numpy', 'av'} & sys.modules.keys()))"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


class Window:
    """Stands in for OpenCV's windows."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shown: list[np.ndarray] = []
        self.titles: set[str] = set()
        self.key = -1
        self.visible = 1.0
        monkeypatch.setattr(cv2, "imshow", self.imshow)
        monkeypatch.setattr(cv2, "waitKey", lambda wait: self.key)
        monkeypatch.setattr(cv2, "getWindowProperty", lambda title, what: self.visible)
        monkeypatch.setattr(cv2, "destroyWindow", self.titles.discard)

    def imshow(self, title: str, picture: np.ndarray) -> None:
        self.titles.add(title)
        self.shown.append(picture)


@pytest.fixture
def window(monkeypatch: pytest.MonkeyPatch) -> Window:
    return Window(monkeypatch)


def frame(index: int, width: int = 64) -> Frame:
    return Frame(index, np.zeros((48, width, 3), np.uint8))


TRACKS = Instances([[10.0, 10.0, 30.0, 40.0]], ids=[1])


def test_shows_annotated_frames_until_a_key(window: Window) -> None:
    shown = Display(Path("runs/a"))
    assert shown.show(frame(0), TRACKS)
    assert window.shown[0].any()
    assert window.titles == {str(Path("runs/a"))}
    for key in (ord("q"), 27):
        window.key = key
        assert not shown.show(frame(1), TRACKS)
    window.key = ord("x")
    assert shown.show(frame(2), TRACKS)
    shown.close()
    assert not window.titles
    shown.close()


def test_closing_the_window_stops(window: Window) -> None:
    shown = Display()
    assert shown.show(frame(0), TRACKS)
    window.visible = 0.0
    assert not shown.show(frame(1), TRACKS)


def test_frames_without_image_are_passed_over_and_wide_ones_scaled(window: Window) -> None:
    shown = Display()
    assert shown.show(Frame(0), TRACKS)
    assert window.shown == []
    shown.show(frame(1, 4000), TRACKS)
    assert window.shown[0].shape[1] == 1600


def test_a_window_that_cannot_open_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(title: str, picture: np.ndarray) -> None:
        raise cv2.error("no screen")

    monkeypatch.setattr(cv2, "imshow", refuse)
    monkeypatch.setattr(display, "display_available", lambda: None)
    with pytest.raises(OutputError, match="cannot show a window: no screen"):
        Display().show(frame(0), TRACKS)
