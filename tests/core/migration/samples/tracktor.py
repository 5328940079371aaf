_base_ = ["deepsort.py"]
model = dict(
    type="Tracktor",
    motion=dict(
        _delete_=True, type="CameraMotionCompensation", warp_mode="cv2.MOTION_AFFINE", num_iters=70, stop_eps=1e-4
    ),
    tracker=dict(
        _delete_=True,
        type="TracktorTracker",
        obj_score_thr=[0.4, 0.6],
        regression=dict(obj_score_thr=0.55, nms=dict(type="nms", iou_threshold=0.65), match_iou_thr=0.35),
        reid=dict(num_samples=9, img_scale=(256, 128), img_norm_cfg=None, match_score_thr=1.9, match_iou_thr=0.25),
        momentums=None,
        num_frames_retain=11,
    ),
)
data = dict(test=dict(detection_file="data/MOT17/annotations/half-val_detections.pkl"))
search_metrics = ["MOTA", "IDF1", "FN"]
