import pytest

from vtcore.errors import DamagedSourceError, DataError
from vtcore.sources import stream as module
from vtcore.sources.stream import StreamDataset

BACKENDS = ["pyav", "opencv"]


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.02)


def stream(url, backend="auto", **options):
    (sequence,) = StreamDataset(url=url, backend=backend, **({"timeout": 0.4, "reconnects": 1} | options)).sequences()
    return sequence


def read(sequence, limit=1000):
    """Return the frames that came, and the error that ended them."""
    frames = []
    try:
        for frame in sequence.frames():
            frames.append(frame)
            if len(frames) >= limit:
                break
    except DataError as error:
        return frames, error
    return frames, None


def silent(connection, number):
    """Listen until the other side gives up."""
    connection.settimeout(2)
    while connection.recv(4096):
        pass


def serve_file(answer, path, share=lambda number: 1.0, length=True, kind="video/mp2t"):
    data = path.read_bytes()

    def script(connection, number):
        answer(connection, f"Content-Type: {kind}" + (f"\r\nContent-Length: {len(data)}" if length else ""))
        connection.sendall(data[: int(len(data) * share(number))])

    return script


def test_nothing_is_connected_before_the_first_frame():
    sequence = stream("rtsp://user:secret@127.0.0.1:9/cam/1")
    assert sequence.live
    assert sequence.name == "127.0.0.1-9-cam-1"
    assert sequence.url == "rtsp://user:***@127.0.0.1:9/cam/1"
    assert (sequence.length, sequence.width, sequence.dropped) == (None, None, 0)
    assert stream("rtsp://x/y", name="gate").name == "gate"


@pytest.mark.parametrize("backend", BACKENDS)
def test_jpeg_stream(serve, send_jpegs, picture, backend):
    server = serve(lambda connection, number: send_jpegs(connection, 12, 0.01))
    sequence = stream(server.url, backend, reconnects=0)
    frames, error = read(sequence, limit=10)
    assert error is None
    assert [frame.index for frame in frames] == list(range(10))
    times = [frame.time for frame in frames]
    assert times[0] == 0
    assert times == sorted(times)
    assert frames[0].image.shape == picture(0).shape
    assert (sequence.width, sequence.height) == (160, 120)
    assert sequence.real_time


@pytest.mark.parametrize("backend", BACKENDS)
def test_file_of_known_length_ends(serve, answer, videos, backend):
    server = serve(serve_file(answer, videos["mp4"], kind="video/mp4"))
    sequence = stream(server.url, backend)
    frames, error = read(sequence)
    assert error is None
    assert len(frames) == 50
    assert [frame.time for frame in frames] == pytest.approx([index / 25 for index in range(50)], abs=1e-3)
    assert not sequence.real_time
    assert server.connections == 1


def test_file_of_unknown_length_ends(serve, answer, videos):
    server = serve(serve_file(answer, videos["ts"], length=False))
    frames, error = read(stream(server.url, "pyav", reconnects=3))
    assert error is None
    assert len(frames) == 50


def test_file_that_breaks_off_is_continued(serve, answer, videos):
    server = serve(serve_file(answer, videos["ts"], share=lambda number: 0.6 if number == 0 else 1.0))
    frames, error = read(stream(server.url, "pyav"))
    assert error is None
    assert [frame.index for frame in frames] == list(range(50))
    assert [frame.time for frame in frames] == pytest.approx([index / 25 for index in range(50)], abs=1e-3)
    assert server.connections == 2


@pytest.mark.parametrize("backend", BACKENDS)
def test_file_that_always_breaks_off(serve, answer, videos, backend):
    server = serve(serve_file(answer, videos["mp4"], share=lambda number: 0.6, kind="video/mp4"))
    frames, error = read(stream(server.url, backend))
    assert isinstance(error, DamagedSourceError)
    assert 10 < len(frames) < 50
    assert str(error) == (
        f"{server.url}: lost after {len(frames)} frames: the connection broke (1 tries to connect again)"
    )
    assert error.frames_read == len(frames)


@pytest.mark.parametrize("backend", BACKENDS)
def test_server_that_never_answers(serve, backend):
    server = serve(silent)
    frames, error = read(stream(server.url, backend))
    assert frames == []
    assert str(error) == (f"{server.url}: cannot be read: the server was silent for 0.4 s (1 tries to connect again)")
    assert server.connections == 2


@pytest.mark.parametrize("backend", BACKENDS)
def test_dead_rtsp_server(serve, backend):
    server = serve(silent)
    url = server.url.replace("http", "rtsp")
    _, error = read(stream(url, backend, reconnects=0))
    assert str(error) == f"{url}: cannot be read: the server was silent for 0.4 s"


@pytest.mark.parametrize("backend", BACKENDS)
def test_server_that_stalls(serve, send_jpegs, backend):
    def script(connection, number):
        send_jpegs(connection, 6)
        silent(connection, number)

    server = serve(script)
    frames, error = read(stream(server.url, backend, reconnects=0))
    assert isinstance(error, DamagedSourceError)
    assert len(frames) >= 5
    assert str(error) == f"{server.url}: lost after {len(frames)} frames: the server was silent for 0.4 s"


@pytest.mark.parametrize("backend", BACKENDS)
def test_server_that_refuses(backend, capfd):
    _, error = read(stream("http://user:secret@127.0.0.1:9/cam", backend))
    reason = "Connection refused" if backend == "pyav" else "it cannot be opened"
    assert str(error) == (f"http://user:***@127.0.0.1:9/cam: cannot be read: {reason} (1 tries to connect again)")
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("backend", BACKENDS)
def test_server_that_drops_and_comes_back(serve, send_jpegs, backend):
    server = serve(lambda connection, number: send_jpegs(connection, 5) if number != 1 else None)
    sequence = stream(server.url, backend, reconnects=3)
    frames, error = read(sequence, limit=12)
    assert error is None
    assert [frame.index for frame in frames] == list(range(12))
    times = [frame.time for frame in frames]
    assert times == sorted(times)
    assert sequence.reconnects == 2


@pytest.mark.parametrize("backend", BACKENDS)
def test_server_that_drops_and_stays_away(serve, send_jpegs, backend):
    server = serve(lambda connection, number: send_jpegs(connection, 5) if number == 0 else None)
    frames, error = read(stream(server.url, backend, reconnects=2))
    assert isinstance(error, DamagedSourceError)
    assert len(frames) == 5
    assert "lost after 5 frames" in str(error)
    assert "(2 tries to connect again)" in str(error)
    assert server.connections == 3


@pytest.mark.parametrize("backend", BACKENDS)
def test_server_that_always_gives_a_little_is_given_up(serve, send_jpegs, backend):
    server = serve(lambda connection, number: send_jpegs(connection, 5))
    frames, error = read(stream(server.url, backend, reconnects=2))
    assert str(error).endswith("(2 tries to connect again)")
    assert len(frames) == 15
    assert server.connections == 3


def test_file_that_always_stalls_is_given_up(serve, answer, videos):
    """What the decoder holds comes out when the connection is given up, long after the server fell silent."""
    data = videos["ts"].read_bytes()

    def script(connection, number):
        answer(connection, "Content-Type: video/mp2t")
        connection.sendall(data)
        connection.sendall(data[: len(data) // 3])
        silent(connection, number)

    server = serve(script)
    _, error = read(stream(server.url, reconnects=2))
    assert isinstance(error, DamagedSourceError)
    assert "silent for 0.4 s (2 tries to connect again)" in str(error)
    assert server.connections == 3


def test_connections_that_last_are_followed_by_as_many_tries_again(serve, send_jpegs):
    server = serve(lambda connection, number: send_jpegs(connection, 12, pause=0.05))
    sequence = stream(server.url, reconnects=1)
    _, error = read(sequence, limit=30)
    assert error is None
    assert sequence.reconnects == 2


def test_nothing_there_is_not_tried_again(serve):
    def script(connection, number):
        connection.recv(4096)
        connection.sendall(b"HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n")

    server = serve(script)
    _, error = read(stream(server.url, "pyav", reconnects=5))
    assert "404 Not Found" in str(error)
    assert server.connections == 1


def test_no_video(serve, answer):
    def script(connection, number):
        answer(connection, "Content-Length: 900")
        connection.sendall(b"no " * 300)

    server = serve(script)
    _, error = read(stream(server.url, "pyav", reconnects=0))
    assert str(error) == f"{server.url}: cannot be read: Invalid data found when processing input"


def test_unknown_protocol():
    _, error = read(stream("nope://x/y", "pyav", reconnects=5))
    assert str(error) == "nope://x/y: cannot be read: Protocol not found"


def test_pace(serve, answer, videos):
    server = serve(serve_file(answer, videos["mp4"], kind="video/mp4"))
    sequence = stream(server.url, "pyav", pace="real-time")
    read(sequence)
    assert sequence.real_time
    assert not stream("rtsp://x/y", pace="every-frame").real_time


def test_config_errors():
    with pytest.raises(ValueError, match="transport: must be one of 'tcp', 'udp', got 'sctp'"):
        StreamDataset(url="rtsp://x/y", transport="sctp")
    with pytest.raises(ValueError, match="timeout: must be > 0, got 0"):
        StreamDataset(url="rtsp://x/y", timeout=0)
