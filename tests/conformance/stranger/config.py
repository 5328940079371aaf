import attrs

from vtcore.options import option


@attrs.frozen(kw_only=True)
class NearestConfig:
    """Greedy matching of centres."""

    needs = frozenset({"detections"})

    distance: float = option(50.0, "Farthest a centre may move between two frames.", unit="px", gt=0)


@attrs.frozen(kw_only=True)
class StayingConfig:
    """Nothing to set."""

    needs = frozenset({"image", "targets"})


@attrs.frozen(kw_only=True)
class BrightConfig:
    """What counts as bright."""

    needs = frozenset({"image"})

    level: int = option(60, "Least brightness of what is found.", ge=0, le=255)


@attrs.frozen(kw_only=True)
class ColourConfig:
    """How colours are counted."""

    needs = frozenset({"image"})

    bins: int = option(8, "Cells of the histogram for each colour.", ge=1)


@attrs.frozen(kw_only=True)
class NoiseConfig:
    """Where the pictures are, which are numbers in text files."""

    root: str = option("ROOT", "Folder with a text file for each sequence.")


@attrs.frozen(kw_only=True)
class DarkerConfig:
    """How much darker."""

    needs = frozenset({"image"})

    factor: float = option(0.5, "What brightness is multiplied by.", ge=0, le=1)


@attrs.frozen(kw_only=True)
class RecallConfig:
    """When something counts as found."""

    distance: float = option(20.0, "Farthest that a centre may be off.", unit="px", gt=0)


@attrs.frozen(kw_only=True)
class DroppingConfig:
    """Which tracks are dropped."""

    rows: int = option(2, "Tracks with fewer rows are dropped.", ge=1)


@attrs.frozen(kw_only=True)
class CountsConfig:
    """Nothing to set."""


@attrs.frozen(kw_only=True)
class FirstConfig:
    """Nothing to set."""

    needs = frozenset({"annotations"})


@attrs.frozen(kw_only=True)
class PlainConfig:
    """How many maps there are."""

    levels: int = option(2, "Feature maps, each of half the size of the one before.", ge=1, le=5)


@attrs.frozen(kw_only=True)
class HeadConfig:
    """What the head looks at."""

    in_channels: int = option(3, "Channels of the maps.", ge=1)
