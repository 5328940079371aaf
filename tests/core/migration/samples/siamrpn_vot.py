_base_ = ["siamrpn.py"]
model = dict(test_cfg=dict(rpn=dict(lr=0.33), test_mode="VOT"))
data = dict(test=dict(type="VOTDataset", dataset_type="vot2019", img_prefix="data/vot2019"))
