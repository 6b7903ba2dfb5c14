"""A recording is a file of ROS 2: rosbags reads every message of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import shm_pub_sub
from rosbags.highlevel import AnyReader
from shm_pub_sub._cli import main
from support.recordings import write
from support.types import leaves

POINTS = np.zeros(5, [("x", "f4"), ("y", "f4"), ("z", "f4")])


@dataclass
class Joint:
    name: Annotated[str, 9] = "elbow"
    position: float = 1.5


def read(path: Path) -> dict[str, list[object]]:
    with AnyReader([path]) as reader:
        found: dict[str, list[object]] = {}
        for connection, _, data in reader.messages():
            message = reader.deserialize(data, connection.msgtype)
            found.setdefault(connection.topic, []).append(leaves(message))
    return found


def test_rosbags_reads_a_recording(tmp_path: Path) -> None:
    pixels = np.arange(768, dtype=np.uint8).reshape(16, 16, 3)
    path, cut = tmp_path / "run.mcap", tmp_path / "cut.mcap"
    write(
        path,
        {
            "robot/speed": [1.5, 2.5],
            "robot/joints": [[Joint()], []],
            "camera": [pixels],
            "cloud": [POINTS],
        },
        about={"robot/joints": {"max_size": 3}},
    )
    assert main(["recording", "cut", str(path), "-o", str(cut)]) == 0
    for each in (path, cut):
        found = read(each)
        assert found["robot/speed"] == [[1.5], [2.5]]
        assert found["robot/joints"] == [["elbow", 1.5], []]
        assert found["camera"][0][-768:] == [*pixels.tobytes()]  # type: ignore[index]
        assert len(found["cloud"]) == 1
    assert shm_pub_sub.read_recording(cut)["robot/speed"].values.tolist() == [1.5, 2.5]
