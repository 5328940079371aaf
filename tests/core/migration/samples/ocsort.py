_base_ = ["bytetrack.py"]
model = dict(
    type="OCSORT",
    tracker=dict(
        _delete_=True,
        type="OCSORTTracker",
        obj_score_thr=0.35,
        init_track_thr=0.72,
        weight_iou_with_det_scores=True,
        match_iou_thr=0.31,
        num_tentatives=4,
        vel_consist_weight=0.3,
        vel_delta_t=2,
        num_frames_retain=29,
    ),
)
