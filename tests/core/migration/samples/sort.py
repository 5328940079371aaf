_base_ = ["base/detector.py", "base/data.py"]
model = dict(
    type="DeepSORT",
    detector=dict(
        rpn_head=dict(bbox_coder=dict(clip_border=False)),
        roi_head=dict(bbox_head=dict(bbox_coder=dict(clip_border=False), num_classes=1)),
        init_cfg=dict(type="Pretrained", checkpoint="https://example.org/boxes.pth"),
    ),
    motion=dict(type="KalmanFilter", center_only=False),
    tracker=dict(type="SortTracker", obj_score_thr=0.5, match_iou_thr=0.4, reid=None),
)
