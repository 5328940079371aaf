"""Re-identification: MMTracking's ResNet-50 with a linear head."""

from __future__ import annotations

from vtcore.migration.pipelines import Pictures
from vtcore.migration.sections import Section

__all__ = ["map_reid"]


def map_reid(
    reid: Section, tracker: Section | None, pictures: Pictures | None, path: tuple[str, ...], weights: str
) -> bool:
    """Map a re-identification network.

    Args:
        reid: ``model.reid``.
        tracker: ``model.tracker.reid``, which says how crops are made; None for the network alone.
        pictures: What is done to pictures before the detector sees them, since crops are cut out of those; None for
            the network alone.
        path: Table of the experiment that it becomes.
        weights: File or address of its weights.

    Returns:
        Whether it has a counterpart; if not that is told.
    """
    parts = [reid.child(name) for name in ("backbone", "neck", "head")]
    types = (reid.type, *(part.type for part in parts))
    depth = parts[0].take("depth", 50)
    if types != ("BaseReID", "ResNet", "GlobalAveragePooling", "LinearReIDHead") or depth != 50:
        network = ", ".join(map(str, types))
        reid.cannot("type", f"{network} of depth {depth} has no counterpart here: resnet50-reid is the usual one")
        reid.forget()
        return False
    draft = reid.draft
    draft.put((*path, "type"), "resnet50-reid", reid.where("type"))
    draft.put((*path, "weights"), weights, reid.section("init_cfg").where("checkpoint"))
    _network(parts)
    reid.ignore("init_cfg", "data_preprocessor", "train_cfg")
    reid.finish("reid resnet50-reid")
    if tracker is not None and pictures is not None:
        _crops(reid, tracker, pictures, path)
    return True


def _network(parts: list[Section]) -> None:
    """What remains of the network follows from its weights, as long as it is the usual one."""
    backbone, neck, head = parts
    backbone.expect("num_stages", 4)
    backbone.expect("out_indices", [3])
    backbone.expect("style", "pytorch")
    backbone.ignore("norm_cfg", "init_cfg")
    neck.expect("kernel_size", [8, 4])
    neck.expect("stride", 1)
    head.expect("num_fcs", 1)
    head.child("norm_cfg").expect("type", "BN1d", "BatchNorm1d")
    head.child("act_cfg").expect("type", "ReLU")
    head.ignore("in_channels", "fc_channels", "out_channels", "num_classes", "topk")


def _crops(reid: Section, tracker: Section, pictures: Pictures, path: tuple[str, ...]) -> None:
    """Crops come out of the picture that the detector sees; with an ``img_norm_cfg`` they are normalised anew."""
    draft = reid.draft
    draft.put((*path, "compat"), "mmtracking")
    size = tracker.numbers("img_scale", [256, 128])
    draft.put((*path, "size"), [int(edge) for edge in size], tracker.where("img_scale"))
    own = tracker.section("img_norm_cfg")
    place = own.place if own.names else pictures.place("mean", tracker)
    draft.put((*path, "mean"), own.numbers("mean", pictures.mean), place)
    draft.put((*path, "std"), own.numbers("std", pictures.std), place)
    draft.put(
        (*path, "colours"), "rgb" if own.take("to_rgb", pictures.rgb if not own.names else True) else "bgr", place
    )
    if pictures.scale is not None:
        draft.put((*path, "detector_scale"), pictures.scale, pictures.place("scale", tracker))
    draft.put((*path, "detector_mean"), pictures.mean, pictures.place("mean", tracker))
    draft.put((*path, "detector_std"), pictures.std, pictures.place("std", tracker))
    draft.put((*path, "detector_colours"), pictures.order, pictures.place("order", tracker))
