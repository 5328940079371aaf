dataset_type = "MOTChallengeDataset"
data_root = "data/MOT17/"
norm = dict(mean=[123.0, 116.0, 103.0], std=[58.0, 57.0, 56.0], to_rgb=True)
test_pipeline = [
    dict(type="LoadImageFromFile"),
    dict(
        type="MultiScaleFlipAug",
        img_scale=(1088, 1080),
        flip=False,
        transforms=[
            dict(type="Resize", keep_ratio=True),
            dict(type="RandomFlip"),
            dict(type="Normalize", **norm),
            dict(type="Pad", size_divisor=32),
            dict(type="ImageToTensor", keys=["img"]),
            dict(type="VideoCollect", keys=["img"]),
        ],
    ),
]
data = dict(
    samples_per_gpu=2,
    test=dict(
        type=dataset_type,
        ann_file=data_root + "annotations/half-val_cocoformat.json",
        img_prefix=data_root + "train",
        ref_img_sampler=None,
        pipeline=test_pipeline,
    ),
)
optimizer = dict(type="SGD", lr=0.02)
log_level = "INFO"
evaluation = dict(metric=["bbox", "track"], interval=1)
