_base_ = ["base/detector.py", "base/data.py"]
model = dict(
    type="QDTrack",
    detector=dict(backbone=dict(style="caffe"), roi_head=dict(bbox_head=dict(num_classes=1))),
    track_head=dict(type="QuasiDenseTrackHead", embed_head=dict(type="QuasiDenseEmbedHead", num_convs=4)),
    tracker=dict(
        type="QuasiDenseTracker",
        init_score_thr=0.85,
        obj_score_thr=0.45,
        match_score_thr=0.55,
        memo_tracklet_frames=31,
        memo_backdrop_frames=2,
        memo_momentum=0.7,
        nms_conf_thr=0.6,
        nms_backdrop_iou_thr=0.25,
        nms_class_iou_thr=0.75,
        with_cats=False,
        match_metric="cosine",
    ),
)
