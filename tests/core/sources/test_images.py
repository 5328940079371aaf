import cv2
import numpy as np
import pytest

from vtcore.errors import DataError
from vtcore.sources.images import ImagesDataset, ImageSequence, find_images, read_image
from vtcore.tables import TrackTable


def write(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), pixels)
    return path


@pytest.fixture
def folder(tmp_path):
    """Eleven images in a folder, named so that order by letters is wrong."""
    for index in range(1, 12):
        write(tmp_path / "walk" / f"{index}.png", np.full((30, 40, 3), (index, 100, 200), np.uint8))
    (tmp_path / "walk" / "notes.txt").write_text("not an image")
    return tmp_path / "walk"


def test_natural_order_times_and_pixels(folder):
    (sequence,) = ImagesDataset(path=str(folder), frame_rate=10).sequences()
    frames = list(sequence.frames())
    assert sequence.name == "walk"
    assert (sequence.length, sequence.width, sequence.height, sequence.frame_rate) == (11, 40, 30, 10)
    assert [int(frame.image[0, 0, 0]) for frame in frames] == list(range(1, 12))
    assert [frame.time for frame in frames] == pytest.approx([index / 10 for index in range(11)])
    assert frames[4].index == 4
    assert frames[4].sequence is sequence
    assert frames[0].image[0, 0].tolist() == [1, 100, 200]


def test_any_frame_is_read_alone(folder):
    (sequence,) = ImagesDataset(path=str(folder), frame_rate=10).sequences()
    (folder / "1.png").unlink()
    frame = sequence.frame(7)
    assert sequence.random_access
    assert (frame.index, frame.time, frame.sequence) == (7, 0.7, sequence)
    assert int(frame.image[0, 0, 0]) == 8
    with pytest.raises(DataError, match=r"1\.png: cannot be read"):
        sequence.frame(0)
    for index in (-1, 11):
        with pytest.raises(IndexError, match=f"sequence 'walk' has no frame {index}"):
            sequence.frame(index)


def test_without_images_nothing_is_read(tmp_path):
    sequence = ImageSequence("gone", [tmp_path / "1.jpg", tmp_path / "2.jpg"], 25)
    frames = list(sequence.frames(images=False))
    assert [frame.index for frame in frames] == [0, 1]
    assert frames[0].image is None
    assert list(sequence.check(())) == []


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".tiff", ".webp"])
def test_formats(tmp_path, suffix):
    path = write(tmp_path / f"a{suffix}", np.full((20, 20, 3), (10, 120, 240), np.uint8))
    image = read_image(path)
    assert image.dtype == np.uint8
    assert image.shape == (20, 20, 3)
    assert np.abs(image[10, 10].astype(int) - (10, 120, 240)).max() < 12


def test_grey_deep_and_transparent_images(tmp_path):
    grey = read_image(write(tmp_path / "grey.png", np.full((4, 5), 77, np.uint8)))
    assert grey.shape == (4, 5, 3)
    assert (grey == 77).all()
    deep = read_image(write(tmp_path / "deep.png", np.full((4, 5), 0x8000, np.uint16)))
    assert (deep.dtype, deep.shape) == (np.uint8, (4, 5, 3))
    assert (deep == 0x80).all()
    clear = read_image(write(tmp_path / "clear.png", np.full((4, 5, 4), (1, 2, 3, 0), np.uint8)))
    assert clear[0, 0].tolist() == [1, 2, 3]


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_16_bits_become_the_upper_8(tmp_path, suffix, channels):
    values = np.random.default_rng(0).integers(0, 2**16, (24, 32, channels), np.uint16)
    values[0, 0] = 2**16 - 1
    path = tmp_path / f"deep{suffix}"
    assert cv2.imwrite(str(path), values)
    image = read_image(path)
    assert (image.dtype, image.shape) == (np.uint8, (24, 32, 3))
    assert image[..., : min(channels, 3)].tolist() == (values[..., : min(channels, 3)] >> 8).tolist()
    if channels == 1:
        assert (image == image[..., :1]).all()


def test_pixels_of_other_types_are_refused(tmp_path):
    path = tmp_path / "signed.tiff"
    assert cv2.imwrite(str(path), np.full((4, 5), -7, np.int16))
    with pytest.raises(DataError, match=r"signed\.tiff: has pixels of the type int16: save it with 8 or 16 bits"):
        read_image(path)


def test_images_of_different_size(tmp_path):
    paths = [write(tmp_path / "1.png", np.zeros((10, 20, 3), np.uint8))]
    paths.append(write(tmp_path / "2.png", np.zeros((30, 40, 3), np.uint8)))
    shapes = [frame.image.shape for frame in ImageSequence("mixed", paths).frames()]
    assert shapes == [(10, 20, 3), (30, 40, 3)]


def test_stated_size_is_not_looked_up(tmp_path):
    sequence = ImageSequence("stated", [tmp_path / "none.jpg"], width=640, height=480)
    assert (sequence.width, sequence.height) == (640, 480)
    assert ImageSequence("unknown", [tmp_path / "none.jpg"]).width is None


def test_annotations_and_detections_are_handed_on():
    table = TrackTable([0], [[1, 2, 3, 4]])
    sequence = ImageSequence("s", [], classes=("car",), annotations=table, detections=table)
    assert sequence.annotations() is table
    assert sequence.detections() is table
    assert sequence.classes == ("car",)
    assert ImageSequence("s", []).detections() is None


def test_bad_images_are_named(folder, capfd):
    (folder / "3.png").write_bytes(b"")
    (folder / "5.png").write_text("no image")
    whole = (folder / "6.png").read_bytes()
    (folder / "6.png").write_bytes(whole[: len(whole) // 2])
    (folder / "7.png").unlink()
    sequence = ImageSequence("bad", [folder / f"{index}.png" for index in range(1, 9)])
    assert list(sequence.check({"image"})) == [
        f"{folder / '3.png'}: is empty (0 bytes)",
        f"{folder / '7.png'}: cannot be read: No such file or directory",
    ]
    frames = sequence.frames()
    assert [next(frames).index, next(frames).index] == [0, 1]
    with pytest.raises(DataError, match=r"3\.png: is empty \(0 bytes\)"):
        next(frames)
    with pytest.raises(DataError, match=r"5\.png: cannot be decoded as an image"):
        read_image(folder / "5.png")
    with pytest.raises(DataError, match=r"6\.png: is cut off: the end of the image is missing \(\d+ bytes\)"):
        read_image(folder / "6.png")
    assert capfd.readouterr().err == ""


def test_cut_jpeg(tmp_path, capfd):
    noise = np.random.default_rng(0).integers(0, 255, (60, 80, 3), np.uint8)
    path = write(tmp_path / "a.jpg", noise)
    data = path.read_bytes()
    # What cameras put behind the image is no part of it.
    path.write_bytes(data + b"\0" * 100)
    assert read_image(path).shape == (60, 80, 3)
    for share in (0.01, 0.1, 0.5, 0.99):
        path.write_bytes(data[: int(len(data) * share)])
        with pytest.raises(DataError, match="is cut off"):
            read_image(path)
    assert capfd.readouterr().err == ""


def test_thumbnail_in_a_cut_jpeg_does_not_hide_the_cut(tmp_path):
    path = write(tmp_path / "a.jpg", np.random.default_rng(0).integers(0, 255, (60, 80, 3), np.uint8))
    data = path.read_bytes()
    thumbnail = b"Exif\0\0" + data[:2] + b"\xff\xd9"
    segment = b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail
    path.write_bytes((data[:2] + segment + data[2:])[:-200])
    with pytest.raises(DataError, match="is cut off"):
        read_image(path)


def test_folders_in_a_folder_are_sequences(tmp_path):
    for name in ("b", "a10", "a9"):
        write(tmp_path / name / "1.png", np.zeros((4, 4, 3), np.uint8))
    write(tmp_path / "deep" / "er" / "1.png", np.zeros((4, 4, 3), np.uint8))
    assert [sequence.name for sequence in ImagesDataset(path=str(tmp_path)).sequences()] == ["a9", "a10", "b"]
    names = [sequence.name for sequence in ImagesDataset(path=str(tmp_path), recursive=True).sequences()]
    assert names == ["a9", "a10", "b", "er"]


def test_folders_of_one_name_go_by_those_above(tmp_path):
    for name in ("a", "b"):
        write(tmp_path / name / "img1" / "1.png", np.zeros((4, 4, 3), np.uint8))
    sequences = ImagesDataset(path=str(tmp_path), recursive=True).sequences()
    assert [sequence.name for sequence in sequences] == ["a-img1", "b-img1"]


def test_patterns_files_and_names(folder):
    (sequence,) = ImagesDataset(path=str(folder / "1*.png")).sequences()
    assert [path.name for path in sequence.paths] == ["1.png", "10.png", "11.png"]
    assert sequence.name == "walk"
    (sequence,) = ImagesDataset(path=str(folder / "3.png")).sequences()
    assert (sequence.name, sequence.length) == ("3", 1)
    (sequence,) = ImagesDataset(path=[str(folder / "3.png"), str(folder / "1.png")], name="two").sequences()
    assert (sequence.name, [path.name for path in sequence.paths]) == ("two", ["3.png", "1.png"])


def test_data_set_errors(tmp_path, folder):
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(DataError, match=r"empty: holds no images .*set recursive = true"):
        ImagesDataset(path=str(empty)).sequences()
    with pytest.raises(DataError, match="none: no such file or folder"):
        ImagesDataset(path=str(tmp_path / "none")).sequences()
    write(tmp_path / "run" / "1.png", np.zeros((4, 4, 3), np.uint8))
    with pytest.raises(DataError, match=r"one name, 'x', for 2 sequences"):
        ImagesDataset(path=[str(folder), str(tmp_path / "run")], name="x").sequences()
    with pytest.raises(ValueError, match="frame_rate: must be > 0, got 0"):
        ImagesDataset(path="x", frame_rate=0)


def test_find_images_skips_hidden_files_and_folders(folder):
    (folder / "._1.png").write_bytes(b"x")
    (folder / "sub.png").mkdir()
    assert len(find_images(folder)) == 11
