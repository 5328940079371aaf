model = dict(
    reid=dict(
        type="BaseReID",
        backbone=dict(type="ResNet", depth=50, num_stages=4, out_indices=(3,), style="pytorch"),
        neck=dict(type="GlobalAveragePooling", kernel_size=(8, 4), stride=1),
        head=dict(type="LinearReIDHead", num_fcs=1, in_channels=2048, fc_channels=1024, out_channels=128),
        init_cfg=dict(type="Pretrained", checkpoint="https://example.org/looks.pth"),
    )
)
