from vtcore.components import Command, Component, Kind
from vtcore.hookspecs import hookimpl

EVENTS = []


def component(kind, name, config, target, summary):
    return Component(kind, f"steadfast-{name}", f"steadfast.configs:{config}", f"steadfast.{target}", summary)


@hookimpl
def vtcore_kinds():
    return [Kind("steadfast-distance", "steadfast.interfaces:Distance", "How far two boxes are apart.")]


@hookimpl
def vtcore_datasets():
    return [component("dataset", "squares", "SquaresConfig", "data:Squares", "Squares that move right.")]


@hookimpl
def vtcore_transforms():
    return [component("transform", "invert", "InvertConfig", "pictures:Invert", "Inverts colours.")]


@hookimpl
def vtcore_backbones():
    return [component("backbone", "halves", "HalvesConfig", "networks:Halves", "Every second pixel.")]


@hookimpl
def vtcore_heads():
    return [component("head", "means", "MeansConfig", "networks:Means", "Means of features.")]


@hookimpl
def vtcore_detectors():
    return [component("detector", "dark", "DarkConfig", "pictures:Dark", "The box around dark pixels.")]


@hookimpl
def vtcore_trackers():
    return [
        component("tracker", "nearest", "NearestConfig", "trackers:Nearest", "The nearest box keeps its id."),
        component("tracker", "still", "StillConfig", "trackers:Still", "A target that stays where it is."),
    ]


@hookimpl
def vtcore_metrics():
    return [component("metric", "rows", "RowsConfig", "scores:Rows", "Counts rows.")]


@hookimpl
def vtcore_components():
    return [
        component("reid", "mean", "MeanConfig", "pictures:Mean", "The mean colour."),
        component("refiner", "long", "LongConfig", "scores:Long", "Drops tracks that are short."),
        component("writer", "count", "CountConfig", "scores:Count", "How many tracks each frame has."),
        component("protocol", "first", "FirstConfig", "trackers:First", "Shows the annotations of the first frame."),
        component("steadfast-distance", "centres", "CentresConfig", "trackers:Centres", "Between the centres."),
    ]


@hookimpl
def vtcore_commands():
    return [Command("steadfast", "Say a word.", run="steadfast.command:say", arguments="steadfast.command:add")]


@hookimpl
def vtcore_run_started(run):
    EVENTS.append(("run started", len(run.sequences)))


@hookimpl
def vtcore_sequence_started(run, sequence):
    EVENTS.append(("sequence started", sequence.name))


@hookimpl
def vtcore_frame_done(frame, tracks):
    EVENTS.append(("frame done", frame.index, len(tracks)))


@hookimpl
def vtcore_sequence_finished(sequence):
    EVENTS.append(("sequence finished", sequence.name))


@hookimpl
def vtcore_run_finished(run, error):
    EVENTS.append(("run finished", error))
