"""The sequences of UAV123 and UAV20L: facts of the data set.

A sequence is a stretch of a folder of images, told by the data set's own configuration (Mueller, Smith, Ghanem, A
Benchmark and Simulator for UAV Tracking, ECCV 2016). Folders that hold several sequences number them: ``bird1_1``.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

__all__ = ["UAV_ATTRIBUTES", "UAV_SEQUENCES", "UavFacts"]

UAV_ATTRIBUTES = ("SV", "ARC", "LR", "FM", "FOC", "POC", "OV", "BC", "IV", "VC", "CM", "SOB")
"""What the columns of the data set's attribute files say."""


@attrs.frozen
class UavFacts:
    """One sequence.

    Attributes:
        folder: Of its images, below ``data_seq/UAV123``.
        first: Number of the first image.
        last: Number of the last image.
    """

    folder: str
    first: int
    last: int


_WHOLE = (
    "bike1:3085 bike2:553 bike3:433 boat1:901 boat2:799 boat3:901 boat4:553 boat5:505 boat6:805 boat7:535 boat8:685 "
    "boat9:1399 building1:469 building2:577 building3:829 building4:787 building5:481 car2:1321 car3:1717 car4:1345 "
    "car5:745 car7:1033 car9:1879 car10:1405 car11:337 car12:499 car13:415 car14:1327 car15:469 car17:1057 car18:1207 "
    "person1:799 person3:643 person6:901 person9:661 person10:1021 person11:721 person13:883 person15:1339 "
    "person16:1147 person18:1393 person20:1783 person21:487 person22:199 person23:397 truck1:463 truck2:385 truck3:535 "
    "uav2:133 uav3:265 uav4:157 uav5:139 uav6:109 uav7:373 uav8:301 wakeboard1:421 wakeboard2:733 wakeboard3:823 "
    "wakeboard4:697 wakeboard5:1675 wakeboard6:1165 wakeboard7:199 wakeboard8:1543 wakeboard9:355 wakeboard10:469 "
    "car1_s:1475 car2_s:320 car3_s:1300 car4_s:830 person1_s:1600 person2_s:250 person3_s:505 "
)
"""Folders that are one sequence each, with the number of its last image."""

_PARTS = (
    "bird1_1:1-253 bird1_2:775-1477 bird1_3:1573-2437 car1_1:1-751 car1_2:751-1627 car1_3:1627-2629 car6_1:1-487 "
    "car6_2:487-1807 car6_3:1807-2953 car6_4:2953-3925 car6_5:3925-4861 car8_1:1-1357 car8_2:1357-2575 car16_1:1-415 "
    "car16_2:415-1993 group1_1:1-1333 group1_2:1333-2515 group1_3:2515-3925 group1_4:3925-4873 group2_1:1-907 "
    "group2_2:907-1771 group2_3:1771-2683 group3_1:1-1567 group3_2:1567-2827 group3_3:2827-4369 group3_4:4369-5527 "
    "person2_1:1-1189 person2_2:1189-2623 person4_1:1-1501 person4_2:1501-2743 person5_1:1-877 person5_2:877-2101 "
    "person7_1:1-1249 person7_2:1249-2065 person8_1:1-1075 person8_2:1075-1525 person12_1:1-601 person12_2:601-1621 "
    "person14_1:1-847 person14_2:847-1813 person14_3:1813-2923 person17_1:1-1501 person17_2:1501-2347 "
    "person19_1:1-1243 person19_2:1243-2791 person19_3:2791-4357 truck4_1:1-577 truck4_2:577-1261 uav1_1:1-1555 "
    "uav1_2:1555-2377 uav1_3:2473-3469 "
)
"""Stretches of folders, with the numbers of their first and last image."""

_LONG = (
    "bike1:3085 bird1:2437 car1:2629 car3:1717 car6:4861 car8:2575 car9:1879 car16:1993 group1:4873 group2:2683 "
    "group3:5527 person2:2623 person4:2743 person5:2101 person7:2065 person14:2923 person17:2347 person19:4357 "
    "person20:1783 uav1:3469 "
)
"""Sequences of UAV20L, which all begin with image 1."""


def _whole(text: str) -> dict[str, UavFacts]:
    entries = (entry.split(":") for entry in text.split())
    return {name: UavFacts(name, 1, int(last)) for name, last in entries}


def _part(entry: str) -> tuple[str, UavFacts]:
    name, _, stretch = entry.partition(":")
    first, _, last = stretch.partition("-")
    return name, UavFacts(name.rpartition("_")[0], int(first), int(last))


UAV_SEQUENCES: Mapping[str, Mapping[str, UavFacts]] = {
    "UAV123": dict(sorted({**_whole(_WHOLE), **dict(map(_part, _PARTS.split()))}.items())),
    "UAV20L": _whole(_LONG),
}
"""The sequences of both benchmarks by name."""
