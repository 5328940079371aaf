"""The sequences of the Object Tracking Benchmark: facts of the data set.

First and last image of each sequence as the benchmark's own configuration has them (Wu, Lim, Yang, Object Tracking
Benchmark, TPAMI 2015): David counts from image 300 on, Diving, Football1, Freeman3 and Freeman4 end before their
images do, and BlurCar1, BlurCar3 and BlurCar4 begin late. The attributes are those of the benchmark's ``tb_100.txt``.
Sequences with two targets are two sequences, told apart by the number in the annotation's file name. Of Human4, whose
first annotation is empty, only the second counts.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

__all__ = ["OTB_ATTRIBUTES", "SEQUENCES", "SUBSETS", "OtbFacts"]

OTB_ATTRIBUTES = ("IV", "OPR", "SV", "OCC", "DEF", "MB", "FM", "IPR", "OV", "BC", "LR")
"""What the columns of the benchmark's attribute files say."""


@attrs.frozen
class OtbFacts:
    """One sequence.

    Attributes:
        first: Number of the first image.
        last: Number of the last image.
        attributes: What makes it hard.
        omitted: How many of the first frames no tracker may start in. The benchmark leaves them out (its
            ``initOmit/tiger1.txt``), as PyTracking and MMTracking do; the toolkit of GOT-10k takes them.
    """

    first: int
    last: int
    attributes: tuple[str, ...]
    omitted: int = 0


_FACTS = {
    "Basketball": (1, 725, "IV OCC DEF OPR BC"),
    "Biker": (1, 142, "SV OCC MB FM OPR OV LR"),
    "Bird1": (1, 408, "DEF FM OV"),
    "Bird2": (1, 99, "OCC DEF FM IPR OPR"),
    "BlurBody": (1, 334, "SV DEF MB FM IPR"),
    "BlurCar1": (247, 988, "MB FM"),
    "BlurCar2": (1, 585, "SV MB FM"),
    "BlurCar3": (3, 359, "MB FM"),
    "BlurCar4": (18, 397, "MB FM"),
    "BlurFace": (1, 493, "MB FM IPR"),
    "BlurOwl": (1, 631, "SV MB FM IPR"),
    "Board": (1, 698, "SV MB FM OPR OV BC"),
    "Bolt": (1, 350, "OCC DEF IPR OPR"),
    "Bolt2": (1, 293, "DEF BC"),
    "Box": (1, 1161, "IV SV OCC MB IPR OPR OV BC LR"),
    "Boy": (1, 602, "SV MB FM IPR OPR"),
    "Car1": (1, 1020, "IV SV MB FM BC LR"),
    "Car2": (1, 913, "IV SV MB FM BC"),
    "Car24": (1, 3059, "IV SV BC"),
    "Car4": (1, 659, "IV SV"),
    "CarDark": (1, 393, "IV BC"),
    "CarScale": (1, 252, "SV OCC FM IPR OPR"),
    "ClifBar": (1, 472, "SV OCC MB FM IPR OV BC"),
    "Coke": (1, 291, "IV OCC FM IPR OPR BC"),
    "Couple": (1, 140, "SV DEF FM OPR BC"),
    "Coupon": (1, 327, "OCC BC"),
    "Crossing": (1, 120, "SV DEF FM OPR BC"),
    "Crowds": (1, 347, "IV DEF BC"),
    "Dancer": (1, 225, "SV DEF IPR OPR"),
    "Dancer2": (1, 150, "DEF"),
    "David": (300, 770, "IV SV OCC DEF MB IPR OPR"),
    "David2": (1, 537, "IPR OPR"),
    "David3": (1, 252, "OCC DEF OPR BC"),
    "Deer": (1, 71, "MB FM IPR BC LR"),
    "Diving": (1, 215, "SV DEF IPR"),
    "Dog": (1, 127, "SV DEF OPR"),
    "Dog1": (1, 1350, "SV IPR OPR"),
    "Doll": (1, 3872, "IV SV OCC IPR OPR"),
    "DragonBaby": (1, 113, "SV OCC MB FM IPR OPR OV"),
    "Dudek": (1, 1145, "SV OCC DEF FM IPR OPR OV BC"),
    "FaceOcc1": (1, 892, "OCC"),
    "FaceOcc2": (1, 812, "IV OCC IPR OPR"),
    "Fish": (1, 476, "IV"),
    "FleetFace": (1, 707, "SV DEF MB FM IPR OPR"),
    "Football": (1, 362, "OCC IPR OPR BC"),
    "Football1": (1, 74, "IPR OPR BC"),
    "Freeman1": (1, 326, "SV IPR OPR"),
    "Freeman3": (1, 460, "SV IPR OPR"),
    "Freeman4": (1, 283, "SV OCC IPR OPR"),
    "Girl": (1, 500, "SV OCC IPR OPR"),
    "Girl2": (1, 1500, "SV OCC DEF MB OPR"),
    "Gym": (1, 767, "SV DEF IPR OPR"),
    "Human2": (1, 1128, "IV SV MB OPR"),
    "Human3": (1, 1698, "SV OCC DEF OPR BC"),
    "Human4.2": (1, 667, "IV SV OCC DEF"),
    "Human5": (1, 713, "SV OCC DEF"),
    "Human6": (1, 792, "SV OCC DEF FM OPR OV"),
    "Human7": (1, 250, "IV SV OCC DEF MB FM"),
    "Human8": (1, 128, "IV SV DEF"),
    "Human9": (1, 305, "IV SV DEF MB FM"),
    "Ironman": (1, 166, "IV SV OCC MB FM IPR OPR OV BC LR"),
    "Jogging.1": (1, 307, "OCC DEF OPR"),
    "Jogging.2": (1, 307, "OCC DEF OPR"),
    "Jump": (1, 122, "SV OCC DEF MB FM IPR OPR"),
    "Jumping": (1, 313, "MB FM"),
    "KiteSurf": (1, 84, "IV OCC IPR OPR"),
    "Lemming": (1, 1336, "IV SV OCC FM OPR OV"),
    "Liquor": (1, 1741, "IV SV OCC MB FM OPR OV BC"),
    "Man": (1, 134, "IV"),
    "Matrix": (1, 100, "IV SV OCC FM IPR OPR BC"),
    "Mhyang": (1, 1490, "IV DEF OPR BC"),
    "MotorRolling": (1, 164, "IV SV MB FM IPR BC LR"),
    "MountainBike": (1, 228, "IPR OPR BC"),
    "Panda": (1, 1000, "SV OCC DEF IPR OPR OV LR"),
    "RedTeam": (1, 1918, "SV OCC IPR OPR LR"),
    "Rubik": (1, 1997, "SV OCC IPR OPR"),
    "Shaking": (1, 365, "IV SV IPR OPR BC"),
    "Singer1": (1, 351, "IV SV OCC OPR"),
    "Singer2": (1, 366, "IV DEF IPR OPR BC"),
    "Skater": (1, 160, "SV DEF IPR OPR"),
    "Skater2": (1, 435, "SV DEF FM IPR OPR"),
    "Skating1": (1, 400, "IV SV OCC DEF OPR BC"),
    "Skating2.1": (1, 473, "SV OCC DEF FM OPR"),
    "Skating2.2": (1, 473, "SV OCC DEF FM OPR"),
    "Skiing": (1, 81, "IV SV DEF IPR OPR"),
    "Soccer": (1, 392, "IV SV OCC MB FM IPR OPR BC"),
    "Subway": (1, 175, "OCC DEF BC"),
    "Surfer": (1, 376, "SV FM IPR OPR LR"),
    "Suv": (1, 945, "OCC IPR OV"),
    "Sylvester": (1, 1345, "IV IPR OPR"),
    "Tiger1": (1, 354, "IV OCC DEF MB FM IPR OPR"),
    "Tiger2": (1, 365, "IV OCC DEF MB FM IPR OPR OV"),
    "Toy": (1, 271, "SV FM IPR OPR"),
    "Trans": (1, 124, "IV SV OCC DEF"),
    "Trellis": (1, 569, "IV SV IPR OPR BC"),
    "Twinnings": (1, 472, "SV OPR"),
    "Vase": (1, 271, "SV FM IPR"),
    "Walking": (1, 412, "SV OCC DEF"),
    "Walking2": (1, 500, "SV OCC LR"),
    "Woman": (1, 597, "IV SV OCC DEF MB FM OPR"),
}

_OMITTED = {"Tiger1": 5}

SEQUENCES: Mapping[str, OtbFacts] = {
    name: OtbFacts(first, last, tuple(attributes.split()), _OMITTED.get(name, 0))
    for name, (first, last, attributes) in _FACTS.items()
}
"""All 100 sequences by name."""

_TB50 = (
    "Basketball Biker Bird1 BlurBody BlurCar2 BlurFace BlurOwl Bolt Box Car1 Car4 CarDark CarScale ClifBar Couple "
    "Crowds David Deer Diving DragonBaby Dudek Football Freeman4 Girl Human3 Human4.2 Human6 Human9 Ironman Jump "
    "Jumping Liquor Matrix MotorRolling Panda RedTeam Shaking Singer2 Skating1 Skating2.1 Skating2.2 Skiing Soccer "
    "Surfer Sylvester Tiger2 Trellis Walking Walking2 Woman"
)

_OTB2013 = (
    "Basketball Bolt Boy Car4 CarDark CarScale Coke Couple Crossing David David2 David3 Deer Dog1 Doll Dudek "
    "FaceOcc1 FaceOcc2 Fish FleetFace Football Football1 Freeman1 Freeman3 Freeman4 Girl Ironman Jogging.1 "
    "Jogging.2 Jumping Lemming Liquor Matrix Mhyang MotorRolling MountainBike Shaking Singer1 Singer2 Skating1 "
    "Skiing Soccer Subway Suv Sylvester Tiger1 Tiger2 Trellis Walking Walking2 Woman"
)

SUBSETS: Mapping[str, tuple[str, ...]] = {
    "tb100": tuple(SEQUENCES),
    "tb50": tuple(_TB50.split()),
    "otb2013": tuple(_OTB2013.split()),
}
"""Names of the sequences of each subset: all 100, the 50 harder ones, and the 51 of CVPR 2013."""
