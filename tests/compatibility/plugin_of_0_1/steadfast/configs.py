import attrs

from vtcore.components import ComponentTable
from vtcore.options import option

from steadfast.interfaces import Distance


@attrs.frozen(kw_only=True)
class SquaresConfig:
    """Squares on white."""

    frames: int = option(5, "How many frames.", ge=1)


@attrs.frozen(kw_only=True)
class InvertConfig:
    """Inversion."""


@attrs.frozen(kw_only=True)
class HalvesConfig:
    """Every second pixel."""


@attrs.frozen(kw_only=True)
class MeansConfig:
    """Means."""


@attrs.frozen(kw_only=True)
class DarkConfig:
    """Dark pixels."""

    below: int = option(128, "What is dark.", ge=0, le=255)

    cacheable = False


@attrs.frozen(kw_only=True)
class CentresConfig:
    """Between centres."""


@attrs.frozen(kw_only=True)
class NearestConfig:
    """The nearest box keeps its id."""

    needs = frozenset({"detections", "embeddings"})

    farthest: float = option(50.0, "Farthest that a box may move.", unit="px", gt=0)
    distance: Distance = option(ComponentTable("steadfast-centres"), "How far two boxes are apart.")

    def check(self):
        if self.farthest > 1000:
            yield "farthest: is beyond any picture"


@attrs.frozen(kw_only=True)
class StillConfig:
    """A target that stays."""

    needs = frozenset({"image", "targets"})


@attrs.frozen(kw_only=True)
class FirstConfig:
    """Annotations of the first frame."""


@attrs.frozen(kw_only=True)
class MeanConfig:
    """Mean colours."""

    cacheable = False


@attrs.frozen(kw_only=True)
class RowsConfig:
    """Rows."""


@attrs.frozen(kw_only=True)
class LongConfig:
    """Long tracks."""

    least: int = option(2, "Fewest frames of a track.", ge=1)


@attrs.frozen(kw_only=True)
class CountConfig:
    """Counts of tracks."""
