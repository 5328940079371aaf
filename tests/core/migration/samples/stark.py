_base_ = ["siamrpn.py"]
model = dict(
    _delete_=True,
    type="Stark",
    backbone=dict(type="ResNet", depth=50),
    neck=dict(type="ChannelMapper", in_channels=[1024]),
    head=dict(
        type="StarkHead", num_querys=1, bbox_head=dict(type="CornerPredictorHead"), cls_head=dict(type="ScoreHead")
    ),
    test_cfg=dict(search_factor=5.0, search_size=320, template_factor=2.0, template_size=128, update_intervals=[25]),
)
data = dict(test=dict(type="TrackingNetDataset", img_prefix="data/trackingnet", only_eval_visible=False))
