img_scale = (640, 640)
model = dict(
    type="YOLOX",
    data_preprocessor=dict(type="DetDataPreprocessor", pad_size_divisor=32),
    backbone=dict(type="CSPDarknet", deepen_factor=1.33, widen_factor=1.25, out_indices=(2, 3, 4)),
    neck=dict(type="YOLOXPAFPN", in_channels=[320, 640, 1280], out_channels=320, num_csp_blocks=4),
    bbox_head=dict(type="YOLOXHead", num_classes=80, in_channels=320, feat_channels=320, stacked_convs=2),
    test_cfg=dict(score_thr=0.01, nms=dict(type="nms", iou_threshold=0.65)),
)
test_pipeline = [
    dict(type="LoadImageFromFile"),
    dict(type="Resize", scale=img_scale, keep_ratio=True),
    dict(type="Pad", pad_to_square=True, pad_val=dict(img=(114.0, 114.0, 114.0))),
    dict(type="PackDetInputs", meta_keys=("img_id",)),
]
data_root = "data/coco/"
test_dataloader = dict(
    batch_size=8,
    dataset=dict(
        type="CocoDataset",
        data_root=data_root,
        ann_file="annotations/instances_val2017.json",
        data_prefix=dict(img="val2017/"),
        test_mode=True,
        pipeline=test_pipeline,
    ),
)
test_evaluator = dict(type="CocoMetric", ann_file=data_root + "annotations/instances_val2017.json", metric="bbox")
