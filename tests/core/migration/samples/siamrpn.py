seed = 1
exemplar_size = 127
model = dict(
    type="SiamRPN",
    backbone=dict(type="SOTResNet", depth=50, out_indices=(1, 2, 3), strides=(1, 2, 1, 1), dilations=(1, 1, 2, 4)),
    neck=dict(type="ChannelMapper", in_channels=[512, 1024, 2048], out_channels=256, kernel_size=1, act_cfg=None),
    head=dict(
        type="SiameseRPNHead",
        anchor_generator=dict(
            type="SiameseRPNAnchorGenerator", strides=[8], ratios=[0.33, 0.5, 1, 2, 3], scales=[exemplar_size // 15]
        ),
        bbox_coder=dict(type="DeltaXYWHBBoxCoder", target_means=[0.0] * 4, target_stds=[1.0] * 4),
    ),
    test_cfg=dict(
        exemplar_size=exemplar_size,
        search_size=255,
        context_amount=0.5,
        center_size=7,
        rpn=dict(penalty_k=0.05, window_influence=0.42, lr=0.38),
    ),
)
test_pipeline = [
    dict(type="LoadImageFromFile", to_float32=True),
    dict(
        type="MultiScaleFlipAug",
        scale_factor=1,
        flip=False,
        transforms=[dict(type="VideoCollect", keys=["img"]), dict(type="ImageToTensor", keys=["img"])],
    ),
]
data = dict(
    test=dict(
        type="LaSOTDataset",
        ann_file="data/lasot/annotations/lasot_test_infos.txt",
        img_prefix="data/lasot/LaSOTBenchmark",
        pipeline=test_pipeline,
        split="test",
        test_mode=True,
        only_eval_visible=True,
    )
)
evaluation = dict(metric=["track"], save_best="success")
