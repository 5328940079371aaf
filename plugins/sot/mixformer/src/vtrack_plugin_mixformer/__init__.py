"""The single-object trackers MixFormer, MixViT and MixFormerV2 for vtcore."""
