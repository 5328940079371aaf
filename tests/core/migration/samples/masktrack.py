_base_ = ["base/data.py"]
model = dict(type="MaskTrackRCNN", tracker=dict(type="MaskTrackRCNNTracker"))
