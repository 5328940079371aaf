"""Write what the documents take for granted into the working folder: a video, images, a data set, results.

All of it is rendered; put your own in its place. Run it with: python examples/material.py
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from vtcore import TrackTable
from vtrack_datasets import SyntheticDataset
from vtrack_datasets.synthetic import SyntheticSequence

WRITTEN = ("street.mp4", "images", "boxes.csv", "mydata", "results")


def main() -> None:
    """Render two sequences and write them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, nargs=2, default=[640, 480], metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--frames", type=int, default=60)
    arguments = parser.parse_args()
    width, height = arguments.size
    if there := [name for name in WRITTEN if Path(name).exists()]:
        parser.error(f"{', '.join(there)}: there already; go to another folder")
    write_material(Path(), width=width, height=height, frames=arguments.frames)
    print("wrote", ", ".join(WRITTEN))


def write_material(folder: Path, *, width: int, height: int, frames: int) -> None:
    """Write a video of the first sequence, its images and boxes, a data set and results of both sequences."""
    dataset = SyntheticDataset(sequences=2, frames=frames, width=width, height=height, objects=4, seed=3)
    for number, sequence in enumerate(dataset.sequences(), 1):
        write_sequence(sequence, folder / "mydata" / "train" / f"street-{number}")
        write_results(sequence, folder / "results" / f"street-{number}.txt")
    write_pictures(dataset.sequences()[0], folder, size=(width, height))


def write_sequence(sequence: SyntheticSequence, folder: Path) -> None:
    """Write given detections and annotations of a sequence as MOT Challenge lays them out, without images."""
    (folder / "det").mkdir(parents=True)
    (folder / "gt").mkdir()
    (folder / "seqinfo.ini").write_text(
        f"[Sequence]\nname={folder.name}\nimDir=img1\nframeRate=30\nseqLength={sequence.length}\n"
        f"imWidth={sequence.width}\nimHeight={sequence.height}\nimExt=.jpg\n"
    )
    detections, truth = sequence.detections(), sequence.annotations()
    (folder / "det" / "det.txt").write_text("".join(_rows(detections, "{score:.4f}")))
    (folder / "gt" / "gt.txt").write_text("".join(_rows(truth, "1,1,{visibility:.2f}")))


def write_results(sequence: SyntheticSequence, path: Path) -> None:
    """Write the annotations of a sequence as if some other program had tracked them."""
    truth = sequence.annotations()
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(_rows(truth, "1,-1,-1,-1")))


def write_pictures(sequence: SyntheticSequence, folder: Path, *, size: tuple[int, int]) -> None:
    """Write a sequence as a video and as images, and boxes as some other program would have found them."""
    (folder / "images").mkdir()
    video = cv2.VideoWriter(str(folder / "street.mp4"), cv2.VideoWriter.fourcc(*"mp4v"), 30, size)
    lines = ["frame,x1,y1,x2,y2,score,label\n"]
    for frame in sequence.frames(images=False):
        image = sequence.render(frame.index)
        video.write(np.ascontiguousarray(image))
        cv2.imwrite(str(folder / "images" / f"{frame.index:06d}.png"), image)
        lines.append(f"{frame.index},20,30,{60 + frame.index},120,0.9,person\n")
    video.release()
    (folder / "boxes.csv").write_text("".join(lines))


def _rows(table: TrackTable | None, tail: str) -> list[str]:
    if table is None:
        return []
    return [
        f"{table.frames[row] + 1},{table.ids[row]},"
        + ",".join(f"{value:.2f}" for value in table.ltwh[row])
        + ","
        + tail.format(score=table.scores[row], visibility=table.visibility[row])
        + "\n"
        for row in range(len(table))
    ]


if __name__ == "__main__":
    main()
