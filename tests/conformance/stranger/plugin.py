"""A stranger's plugin with a right component of every kind; tests break one thing of it at a time."""

from vtcore.components import Command, Component
from vtcore.hookspecs import hookimpl


def component(kind, name, config, target):
    return Component(kind, name, f"PACKAGE.config:{config}", f"PACKAGE.parts:{target}", f"A stranger's {kind}.")


@hookimpl
def vtcore_trackers():
    return [
        component("tracker", "stranger", "NearestConfig", "Nearest"),
        component("tracker", "stranger-target", "StayingConfig", "Staying"),
    ]


@hookimpl
def vtcore_detectors():
    return [component("detector", "stranger", "BrightConfig", "Bright")]


@hookimpl
def vtcore_datasets():
    return [component("dataset", "stranger", "NoiseConfig", "Noise")]


@hookimpl
def vtcore_transforms():
    return [component("transform", "stranger", "DarkerConfig", "Darker")]


@hookimpl
def vtcore_metrics():
    return [component("metric", "stranger", "RecallConfig", "Recall")]


@hookimpl
def vtcore_backbones():
    return [component("backbone", "stranger", "PlainConfig", "backbone")]


@hookimpl
def vtcore_heads():
    return [component("head", "stranger", "HeadConfig", "head")]


@hookimpl
def vtcore_components():
    return [
        component("reid", "stranger", "ColourConfig", "Colour"),
        component("refiner", "stranger", "DroppingConfig", "Dropping"),
        component("writer", "stranger", "CountsConfig", "Counts"),
        component("protocol", "stranger", "FirstConfig", "First"),
    ]


@hookimpl
def vtcore_commands():
    return [Command("strangers-greeting", "Greets.", "PACKAGE.greeting:greet", "PACKAGE.greeting:declare")]
