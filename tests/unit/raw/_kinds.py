"""A topic of every kind: its publisher's arguments, and values."""

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, NamedTuple

import numpy as np
from shm_pub_sub import MaxSize, Publisher
from shm_pub_sub._topics import inspect_typed


class Imu(NamedTuple):
    stamp: int = 0
    axis: np.uint8 = np.uint8(0)  # with padding after it
    rate: float = 0.0


@dataclass
class Scan:
    name: Annotated[str, MaxSize(9)] = ""
    frame: Annotated[bytes, MaxSize(5)] = b""
    ranges: Annotated[Any, MaxSize(4)] = field(default_factory=lambda: np.zeros((0, 2), np.float32))
    counts: Annotated[list[int], MaxSize(3)] = field(default_factory=lambda: [0])
    pose: Imu = field(default_factory=Imu)
    path: Annotated[list[Imu], MaxSize(2)] = field(default_factory=lambda: [Imu()])


class Point(ctypes.Structure):
    _fields_ = (("x", ctypes.c_double), ("kind", ctypes.c_uint8))


POINTS = np.dtype([("x", "<f4"), ("i", "<u1")], align=True)
SCAN = Scan("höhe", b"\0\xff", np.ones((3, 2), np.float32), [1, -2], Imu(7), [Imu(8), Imu(9)])
IMAGE = np.random.default_rng(1).integers(0, 256, (48, 64, 3), np.uint8)

KINDS: dict[str, tuple[Any, dict[str, Any], list[Any]]] = {
    "bool": (False, {}, [True, False]),
    "int": (0, {}, [-(2**63), 5]),
    "float": (0.0, {}, [-0.0, float("inf")]),
    "scalar": (np.float32(0), {}, [np.float32(1.5)]),
    "complex": (0j, {}, [1 - 2j]),
    "inline array": (np.zeros(3), {}, [np.arange(3.0)]),
    "array": (np.zeros((48, 64, 3), np.uint8), {}, [IMAGE, IMAGE[::-1]]),
    "variable array": (
        *(np.zeros((0, 3), np.int16), {"max_size": 4000}),
        [np.ones((n, 3), np.int16) for n in (0, 1, 4000)],
    ),
    "text": ("", {}, ["", "grün", "x" * 4096]),
    "bytes": (b"", {"max_size": 10_000}, [b"", b"\0\xff", b"b" * 10_000]),
    "list": ([0], {"max_size": 1000}, [[], [1], [*range(1000)]]),
    "bools": ([False], {"max_size": 3}, [[True, False]]),
    "record": (Imu(), {}, [Imu(1, np.uint8(2), 3.5)]),
    "record with text": (Scan(), {}, [Scan(), SCAN]),
    "structure": (Point(), {}, [Point(1.5, 2)]),
    "list of records": ([Scan()], {"max_size": 100}, [[], [SCAN] * 100]),
    "array of records": (np.zeros(1000, POINTS), {}, [np.ones(1000, POINTS)]),
    "rows of records": (np.zeros(0, POINTS), {"max_size": 9}, [np.ones(n, POINTS) for n in (0, 9)]),
}


def publisher_of(kind: str, name: str, **more: Any) -> Publisher[Any]:
    default, arguments, _ = KINDS[kind]
    return Publisher(name, default, **arguments, **more)


def values_of(kind: str) -> Iterator[Any]:
    yield from KINDS[kind][2]


def descriptor_of(name: str) -> str:
    return inspect_typed(name)[1]
