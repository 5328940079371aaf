_base_ = "deepsort.py"
data = dict(test=dict(detection_file="data/MOT17/annotations/half-val_detections.pkl"))
