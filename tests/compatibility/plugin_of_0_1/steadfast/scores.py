import numpy as np


class Rows:
    summary = ("rows",)

    def evaluate(self, sequence):
        return {"rows": len(sequence.results), "annotated": len(sequence.truth)}

    def report(self, evaluated, classes):
        total = {key: sum(each[key] for each in evaluated.values()) for key in ("rows", "annotated")}
        return {"COMBINED": total, **evaluated}


class Long:
    def __init__(self, least=2):
        self.least = least

    def refine(self, table, *, sequence="", length=None):
        ids, counts = np.unique(table.ids, return_counts=True)
        return table.select(np.isin(table.ids, ids[counts >= self.least]))


class Count:
    folder = "results"
    suffix = ".count"

    def open(self, sequence, path):
        self.file = path.open("w")

    def write(self, frame, detections, tracks):
        self.file.write(f"{frame.index} {len(tracks)}\n")

    def close(self, *, complete):
        self.file.close()
