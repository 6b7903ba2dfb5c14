"""A recording of many types, and what ROS's messages of these values are."""

import hashlib
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import shm_pub_sub
from cli._reading import record as record_topics
from cli.conftest import Cli
from support.values import EDGES

FLOATS = [*EDGES[float], struct.unpack("<d", b"\1\2\3\4\5\6\xff\xff")[0]]
POINTS = np.dtype([("x", "f4"), ("y", "f4"), ("z", "f4"), ("intensity", "u1")], align=True)
PAIRS = np.dtype([("n", "u1"), ("v", "f8")], align=True)
DTYPES = ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8"]


class Pose(NamedTuple):
    x: float = 0.0
    label: Annotated[str, 20] = ""


class Imu(NamedTuple):
    stamp: int = 0
    ok: bool = False
    ax: Annotated[float, shm_pub_sub.Unit("m/s^2")] = 0.0
    cov: "np.ndarray[Any, Any]" = np.zeros((3, 3), np.float32)
    pose: Pose = Pose()
    path: Annotated[list[float], shm_pub_sub.MaxSize(8)] = [0.0]  # noqa: RUF012


class Topic(NamedTuple):
    values: list[Any]
    expected: Callable[[Any], Any]
    """What a message of a value has: a tree of dicts, lists, numbers, text and numpy's arrays."""
    about: dict[str, Any] = {}  # noqa: RUF012 - arguments of the publisher


def data(value: Any) -> Any:
    """Return what a message with one field `data` has."""
    if isinstance(value, np.ndarray):
        return {"data": value.reshape(-1)}
    return {"data": np.frombuffer(value, np.uint8) if isinstance(value, bytes) else value}


def imu(value: Imu) -> Any:
    fields = value._asdict()
    fields |= {"cov": value.cov.reshape(-1), "pose": value.pose._asdict()}
    return fields | {"path": np.array(value.path)}


def pairs(value: Any) -> Any:
    return {"data": [{"n": int(n), "v": float(v)} for n, v in value]}


def image(encoding: str) -> Any:
    def expected(value: Any) -> Any:
        height, width = value.shape[:2]
        about = {"height": height, "width": width, "encoding": encoding, "is_bigendian": 0}
        about["step"] = value.nbytes // height
        return about | {"data": np.frombuffer(value.tobytes(), np.uint8)}

    return expected


def cloud(value: Any) -> Any:
    about = {"height": 1, "width": len(value), "is_bigendian": False}
    step = value.nbytes // max(len(value), 1) or POINTS.itemsize
    about |= {"point_step": step, "row_step": value.nbytes}
    return about | {"data": np.frombuffer(value.tobytes(), np.uint8)}


def _random(shape: tuple[int, ...], dtype: str) -> Any:
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    noise = np.random.default_rng(1).bytes(size)
    return np.frombuffer(noise, dtype).reshape(shape)


def _points(count: int) -> Any:
    made = np.zeros(count, POINTS)
    for name in ("x", "y", "z"):
        made[name] = np.arange(count)
    return made


TOPICS: dict[str, Topic] = {
    "float": Topic(FLOATS, data),
    "int": Topic(EDGES[int], data, {"unit": "m", "description": "how far"}),
    "bool": Topic([True, False], data),
    "text": Topic(["one", "", "drei \N{SNOWMAN}"], data, {"max_size": 30}),
    "bytes": Topic([b"\0\1\xff", b""], data, {"max_size": 30}),
    "list": Topic(
        [[0.5, -0.0], []], lambda value: {"data": np.array(value, "f8")}, {"max_size": 9}
    ),
    "complex": Topic([1 - 2j], lambda value: {"real": value.real, "imag": value.imag}),
    "half": Topic(
        [np.array([0.5, -1.5], "f2")], lambda value: {"data": value.astype("f4").reshape(-1)}
    ),
    "imu": Topic(
        [
            Imu(n, n > 0, n / 3, np.full((3, 3), n, "f4"), Pose(n, "a" * n), [0.5] * n)
            for n in range(4)
        ],
        imu,
    ),
    "pairs": Topic([np.array([(1, 2.5), (3, -0.0)], PAIRS)], pairs),
    "camera": Topic([_random((1080, 1920, 3), "u1"), _random((1080, 1920, 3), "u1")[::-1].copy()],
                    image("rgb8"), {"attributes": {"encoding": "rgb8", "frame_id": "cam"}}),
    "bgra": Topic([_random((20, 30, 4), "u1")], image("bgra8"),
                  {"attributes": {"encoding": "bgra8"}}),
    "depth": Topic([_random((40, 30), "u2")], image("mono16"),
                   {"attributes": {"encoding": "mono16"}}),
    "mono": Topic([_random((40, 30), "u1")], image("mono8")),
    "jpeg": Topic(
        [b"\xff\xd8" + bytes(100_000), b"\xff\xd8"],
        lambda value: {"format": "jpeg", "data": np.frombuffer(value, np.uint8)},
        {"max_size": 200_000, "attributes": {"format": "jpeg"}},
    ),
    "cloud": Topic([_points(1000), _points(0), _points(3)], cloud, {"max_size": 2000}),
    **{
        f"array/{dtype}": Topic([_random((3, 5), dtype), np.zeros((3, 5), dtype)], data)
        for dtype in DTYPES
    },
}  # fmt: skip
COUNT = sum(len(topic.values) for topic in TOPICS.values())


def record(cli: Cli, path: Path, *options: object) -> None:
    """Record all values of all topics."""
    publishers = [
        shm_pub_sub.Publisher(name, topic.values[0], 20, **topic.about)
        for name, topic in TOPICS.items()
    ]
    process = record_topics(cli, "-o", path, "-n", COUNT, *options, topics=len(TOPICS))
    for publisher, topic in zip(publishers, TOPICS.values(), strict=True):
        for value in topic.values:
            publisher.publish(value)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.terminate()  # it prints what it has
    ended = process.communicate(timeout=30)[1]
    for publisher in publishers:
        publisher.close()
    assert f"{COUNT} values of {len(TOPICS)} topics, 0 lost" in ended, ended
    assert process.returncode == 0


def digest(array: Any) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
