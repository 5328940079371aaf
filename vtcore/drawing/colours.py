"""Stable colours for identities and classes.

The palette was picked greedily: each colour is the one farthest from those before it in the OKLab colour space
(Björn Ottosson, 2020), where the distance is the least of normal sight and simulated deuteranopia and protanopia
(Machado, Oliveira and Fernandes, 2009). Lightness stays between 0.55 and 0.90 and chroma above 0.11, so that every
colour shows on dark and bright pictures and none is taken for the grey of predicted tracks.
"""

from __future__ import annotations

__all__ = ["OUTLINE", "PALETTE", "UNMATCHED", "Colour", "colour_of", "text_colour"]

Colour = tuple[int, int, int]
"""Blue, green, red, 0 to 255, as OpenCV takes them."""

_HEX = (
    "1e96ff 87ff00 e10000 00f0ff f09687 965a96 96b4ff a5f0a5 f069b4 a52dd2 c39600 a5d21e 2d875a e14be1 ff2d69 4bd2c3 "
    "783cff 0fa5b4 c3d278 c3781e c36987 2dffd2 3c78b4 b4b44b 00c387 69e1a5 c387d2 c34bc3 5ad2f0 e11e5a d21e87 69a5ff"
)

PALETTE: tuple[Colour, ...] = tuple((int(code[4:], 16), int(code[2:4], 16), int(code[:2], 16)) for code in _HEX.split())
"""Colours in order of how well they differ from those before them."""
UNMATCHED: Colour = (150, 150, 150)
"""Box of a track that was predicted without a detection."""
OUTLINE: Colour = (24, 24, 24)
"""Edge around boxes and trails, so that they show on bright pictures."""


def colour_of(number: int) -> Colour:
    """Return the colour of an identity or label: the same number has the same colour in every picture."""
    return PALETTE[number % len(PALETTE)]


def text_colour(background: Colour) -> Colour:
    """Return black or white, whichever reads better on `background`."""
    blue, green, red = background
    # Perceived brightness (ITU-R BT.601 luma); white needs a clearly dark ground for thin strokes.
    return (0, 0, 0) if 0.114 * blue + 0.587 * green + 0.299 * red > 110 else (255, 255, 255)
