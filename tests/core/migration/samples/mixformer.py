_base_ = ["stark.py"]
model = dict(
    _delete_=True,
    type="MixFormer",
    backbone=dict(type="ConvVisionTransformer", depth=[1, 4, 16]),
    head=dict(type="MixFormerHead"),
    test_cfg=dict(
        search_factor=4.55,
        search_size=320,
        template_factor=2.0,
        template_size=128,
        update_interval=[10],
        online_size=[2],
        max_score_decay=[0.98],
    ),
)
data = dict(test=dict(type="GOT10kDataset", img_prefix="data/got10k"))
