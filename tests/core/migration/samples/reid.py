_base_ = ["base/reid.py", "base/data.py"]
data = dict(test=dict(type="ReIDDataset", pipeline=[]))
evaluation = dict(metric="mAP")
