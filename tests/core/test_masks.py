import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from vtcore.masks import Masks


@given(arrays.arrays(bool, st.tuples(st.integers(1, 4), st.integers(1, 9), st.integers(1, 9))))
def test_encoding_and_back(pixels):
    masks = Masks.encode(pixels)
    assert len(masks) == len(pixels)
    assert np.array_equal(masks.decode(), pixels)


def test_same_encoding_as_pycocotools():
    from pycocotools import mask as coco

    pixels = np.random.default_rng(0).random((3, 20, 30)) > 0.5
    expected = [coco.encode(np.asfortranarray(one, np.uint8)) for one in pixels]
    assert list(Masks.encode(pixels).rles) == expected
    # Views and other memory orders, too.
    assert list(Masks.encode(np.asfortranarray(pixels)).rles) == expected
    assert list(Masks.encode(pixels[::-1]).rles) == expected[::-1]


def test_no_masks():
    for masks in (Masks(()), Masks.encode(np.zeros((0, 5, 6), bool))):
        assert len(masks) == 0
        assert masks.decode().shape == (0, 0, 0)


def test_spellings_of_counts():
    pixels = np.zeros((1, 4, 5), bool)
    pixels[0, 1:3, 2:4] = True
    (rle,) = Masks.encode(pixels).rles
    text = {"size": [4, 5], "counts": rle["counts"].decode()}
    lengths = {"size": (4, 5), "counts": [9, 2, 2, 2, 5]}
    assert Masks([text]).rles == (rle,)
    assert Masks([lengths]).rles == (rle,)


@pytest.mark.parametrize(
    ("rles", "message"),
    [
        ([{"counts": b"1"}], "a run-length encoding needs 'size' and 'counts', got ['counts']"),
        ([{"size": [4], "counts": b"1"}], "the size of a mask must be [height, width], got [4]"),
        ([{"size": [4, 5], "counts": 3}], "the counts of a mask must be bytes, text or a list, got int"),
        ([{"size": [4, 5], "counts": [3]}], "the run lengths of a mask add up to 3, not to 4 x 5 pixels"),
        (
            [{"size": [4, 5], "counts": [20]}, {"size": [5, 4], "counts": [20]}],
            "all masks of a frame must have the same size",
        ),
    ],
)
def test_wrong_encodings(rles, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message is compared
        Masks(rles)
    assert str(caught.value) == message


def test_wrong_pixels():
    with pytest.raises(ValueError, match=r"masks must have shape \(N, height, width\), got \(4, 5\)"):
        Masks.encode(np.zeros((4, 5), bool))


@pytest.mark.parametrize(
    ("index", "rows"),
    [
        (slice(1, 3), [1, 2]),
        (np.array([2, 0]), [2, 0]),
        (np.array([True, False, True]), [0, 2]),
        (np.zeros(3, bool), []),
    ],
)
def test_picking_rows(index, rows):
    pixels = np.random.default_rng(0).random((3, 6, 7)) > 0.5
    picked = Masks.encode(pixels)[index]
    assert len(picked) == len(rows)
    if rows:
        assert np.array_equal(picked.decode(), pixels[rows])
