_base_ = ["sort.py", "base/reid.py"]
model = dict(
    tracker=dict(
        obj_score_thr=0.45,
        reid=dict(num_samples=12, img_scale=(256, 128), img_norm_cfg=None, match_score_thr=1.5),
        momentums=None,
        num_tentatives=2,
        num_frames_retain=100,
    )
)
