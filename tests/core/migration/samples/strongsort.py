_base_ = ["base/yolox.py"]
data_root = "data/MOT20/"
scale = (1600, 896)
detector = _base_.model
detector.pop("data_preprocessor")
detector.bbox_head.update(dict(num_classes=1))
detector["test_cfg"]["nms"].update(iou_threshold=0.7)
del _base_.model

model = dict(
    type="StrongSORT",
    data_preprocessor=dict(type="TrackDataPreprocessor", pad_size_divisor=32, use_det_processor=True),
    detector=detector,
    reid=dict(
        type="BaseReID",
        data_preprocessor=dict(type="mmpretrain.ClsDataPreprocessor"),
        backbone=dict(type="mmpretrain.ResNet", depth=50, num_stages=4, out_indices=(3,), style="pytorch"),
        neck=dict(type="GlobalAveragePooling", kernel_size=(8, 4), stride=1),
        head=dict(type="LinearReIDHead", num_fcs=1, norm_cfg=dict(type="BN1d"), act_cfg=dict(type="ReLU")),
    ),
    cmc=dict(type="CameraMotionCompensation", warp_mode="cv2.MOTION_EUCLIDEAN", num_iters=100, stop_eps=0.00001),
    tracker=dict(
        type="StrongSORTTracker",
        motion=dict(type="KalmanFilter", center_only=True, use_nsa=True),
        obj_score_thr=0.65,
        reid=dict(
            num_samples=None,
            img_scale=(256, 128),
            img_norm_cfg=dict(mean=[123.0, 116.0, 103.0], std=[58.0, 57.0, 56.0], to_rgb=True),
            match_score_thr=0.3,
            motion_weight=0.03,
        ),
        match_iou_thr=0.7,
        momentums=dict(embeds=0.2),
        num_tentatives=2,
        num_frames_retain=90,
    ),
    postprocess_model=dict(
        type="AppearanceFreeLink",
        checkpoint="https://example.org/link.pth",
        temporal_threshold=(0, 30),
        spatial_threshold=50,
        confidence_threshold=0.9,
    ),
)
test_pipeline = [
    dict(
        type="TransformBroadcaster",
        transforms=[
            dict(type="LoadImageFromFile"),
            dict(type="Resize", scale=scale, keep_ratio=True),
            dict(type="Pad", size_divisor=32, pad_val=dict(img=(114.0, 114.0, 114.0))),
            dict(type="LoadTrackAnnotations"),
        ],
    ),
    dict(type="PackTrackInputs"),
]
test_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type="MOTChallengeDataset",
        data_root=data_root,
        ann_file="annotations/train_cocoformat.json",
        data_prefix=dict(img_path="train"),
        test_mode=True,
        pipeline=test_pipeline,
    )
)
test_evaluator = dict(
    _delete_=True,
    type="MOTChallengeMetric",
    metric=["HOTA", "Identity"],
    track_iou_thr=0.4,
    use_postprocess=True,
    postprocess_tracklet_cfg=[
        dict(type="InterpolateTracklets", min_num_frames=5, max_num_frames=20, use_gsi=True, smooth_tau=12)
    ],
)
test_cfg = dict(type="TestLoop", fp16=True)
randomness = dict(seed=6)
del detector
