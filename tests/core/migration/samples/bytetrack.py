_base_ = ["base/data.py"]
img_scale = (800, 1440)
model = dict(
    type="ByteTrack",
    detector=dict(
        type="YOLOX",
        input_size=img_scale,
        random_size_range=(18, 32),
        backbone=dict(type="CSPDarknet", deepen_factor=1.33, widen_factor=1.25),
        neck=dict(type="YOLOXPAFPN", in_channels=[320, 640, 1280], out_channels=320, num_csp_blocks=4),
        bbox_head=dict(type="YOLOXHead", num_classes=1, in_channels=320, feat_channels=320),
        test_cfg=dict(score_thr=0.02, nms=dict(type="nms", iou_threshold=0.7)),
        init_cfg=dict(type="Pretrained", checkpoint="https://example.org/coco.pth"),
    ),
    motion=dict(type="KalmanFilter"),
    tracker=dict(
        type="ByteTracker",
        obj_score_thrs=dict(high=0.65, low=0.15),
        init_track_thr=0.75,
        weight_iou_with_det_scores=False,
        match_iou_thrs=dict(high=0.2, low=0.4, tentative=0.35),
        num_frames_retain=25,
    ),
)
test_pipeline = [
    dict(type="LoadImageFromFile"),
    dict(
        type="MultiScaleFlipAug",
        img_scale=img_scale,
        flip=False,
        transforms=[
            dict(type="Resize", keep_ratio=True),
            dict(type="Normalize", mean=[0.0, 0.0, 0.0], std=[1.0, 1.0, 1.0], to_rgb=False),
            dict(type="Pad", size_divisor=32, pad_val=dict(img=(114.0, 114.0, 114.0))),
            dict(type="VideoCollect", keys=["img"]),
        ],
    ),
]
data = dict(test=dict(pipeline=test_pipeline, interpolate_tracks_cfg=dict(min_num_frames=4, max_num_frames=25)))
fp16 = dict(loss_scale=512.0)
