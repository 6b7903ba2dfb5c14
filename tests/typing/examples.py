"""Checked by mypy --strict, never run; every ignored error must be found."""

import ctypes
from array import array
from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any, NamedTuple, TypedDict, TypeVar

import attrs
import msgspec
import numpy as np
import numpy.typing as npt
from shm_pub_sub import (
    Alignment,
    ExistsError,
    Follow,
    MaxSize,
    Publisher,
    Rate,
    Sample,
    ShmError,
    Subscriber,
    TopicInfo,
    TopicTable,
    Unit,
    align,
    follow,
    inspect,
    remove,
    select,
    topics,
)
from typing_extensions import Self, assert_type

Value = TypeVar("Value", bool, int, float)


class Colour(IntEnum):
    RED = 1


@dataclass
class Imu:
    stamp: int = 0
    ax: Annotated[float, Unit("m/s^2")] = 0.0
    label: Annotated[str, MaxSize(32)] = ""


class Point(NamedTuple):
    x: float = 0.0


@attrs.define
class Grip:
    force: float = 0.0


class Joint(msgspec.Struct):
    angle: float = 0.0


class Motor(ctypes.Structure):
    _fields_ = [("speed", ctypes.c_double)]


class Observation(TypedDict):
    stamp: float


class Distance(Publisher[float]):
    def __init__(self, sensor: str) -> None:
        super().__init__(f"robot/{sensor}/distance", 0.0, 5)


def the_default_decides_the_type() -> None:
    assert_type(Publisher("t", True), Publisher[bool])
    assert_type(Publisher("t", 0), Publisher[int])
    assert_type(Publisher("t", 0.0, 5), Publisher[float])
    assert_type(Subscriber("t", False), Subscriber[bool])
    assert_type(Subscriber("t", 0), Subscriber[int])
    assert_type(Subscriber("t", 0.0, max_age=1), Subscriber[float])
    assert_type(Publisher("t", ""), Publisher[str])
    assert_type(Publisher("t", b"", max_size=10), Publisher[bytes])
    assert_type(Publisher("t", 1j), Publisher[complex])
    assert_type(Publisher("t", [0.0]), Publisher[list[float]])
    assert_type(Publisher("t", array("d", [0.0])), Publisher[array[float]])
    assert_type(Publisher("t", np.uint8(0)), Publisher[int])
    assert_type(Publisher("t", np.float32(0)), Publisher[float])
    assert_type(Publisher("t", np.complex64(0)), Publisher[complex])
    assert_type(Publisher("t", np.bool_(0)), Publisher[bool])
    frame: npt.NDArray[np.uint8] = np.zeros((480, 640, 3), np.uint8)
    assert_type(Publisher("t", frame, views=3, loans=2), Publisher[npt.NDArray[np.uint8]])
    Publisher("t", None)  # type: ignore[call-overload]
    Publisher("t", (1.0,))  # type: ignore[call-overload]
    Publisher("t", "", max_size="1")  # type: ignore[call-overload]


def subscribers_of_every_type(frame: npt.NDArray[np.uint8], doubles: "array[float]") -> None:
    assert_type(Subscriber("t", ""), Subscriber[str])
    assert_type(Subscriber("t", b""), Subscriber[bytes])
    assert_type(Subscriber("t", [0.0]), Subscriber[list[float]])
    assert_type(Subscriber("t", [0]), Subscriber[list[int]])
    assert_type(Subscriber("t", [True]), Subscriber[list[bool]])
    assert_type(Subscriber("t", 1j), Subscriber[complex])
    assert_type(Subscriber("t", frame), Subscriber[npt.NDArray[np.uint8]])
    assert_type(Subscriber("t", frame, copy=False), Subscriber[npt.NDArray[np.uint8]])
    assert_type(Subscriber("t", doubles), Subscriber["array[float]"])
    assert_type(Subscriber("t", np.float32(0)), Subscriber[float])
    assert_type(Subscriber("t", np.uint8(0)), Subscriber[int])
    assert_type(Subscriber("t", np.bool_(False)), Subscriber[bool])
    assert_type(Subscriber("t", np.complex64(0)), Subscriber[complex])
    assert_type(Subscriber("t", ctypes.c_uint16(0)), Subscriber[int])
    assert_type(Subscriber("t", ctypes.c_double(0)), Subscriber[float])
    assert_type(Subscriber("t"), Subscriber[Any])
    assert_type(Subscriber("t", None), Subscriber[Any])
    assert_type(Subscriber("t", b"", copy=False), Subscriber[bytes | memoryview])
    assert_type(Subscriber("t", doubles, copy=False), Subscriber["array[float] | memoryview"])
    Subscriber("t", (0.0,))  # type: ignore[call-overload]
    Subscriber("t", {3: 0})  # type: ignore[dict-item]
    Subscriber("t", ["a"])  # type: ignore[type-var]


def arrays_are_typed(sub: Subscriber[npt.NDArray[np.uint8]], frame: npt.NDArray[np.uint8]) -> None:
    assert_type(sub.subscribe(), tuple[npt.NDArray[np.uint8], bool])
    assert_type(sub.subscribe(into=frame), tuple[npt.NDArray[np.uint8], bool])
    assert_type(sub.recv(1, into=frame), npt.NDArray[np.uint8])
    assert_type(sub.try_recv(into=frame), npt.NDArray[np.uint8] | None)
    assert_type(sub.drain(), list[npt.NDArray[np.uint8]])
    assert_type(sub.drain(into=frame), int)
    assert_type(sub.last(3, into=frame), npt.NDArray[np.uint8])
    assert_type(sub.last(3), Any)
    assert_type(Subscriber("t", "").last(3), list[str])
    assert_type(sub.copied, int)
    sub.subscribe(into=3)  # type: ignore[arg-type]
    sub.last("3")  # type: ignore[call-overload]


def publishing_and_loans_are_typed(frame: npt.NDArray[np.uint8], doubles: npt.NDArray[Any]) -> None:
    frames = Publisher("t", frame)
    frames.publish(frame)
    frames.publish_many([frame, frame])
    frames.publish([1])  # type: ignore[arg-type]
    frames.publish_at(frame, 5)
    frames.publish_at(frame, time_ns=np.int64(5))
    frames.publish_at([1], 5)  # type: ignore[arg-type]
    frames.publish_at(frame, 5.0)  # type: ignore[arg-type]
    with (timed := frames.loan()) as own:
        assert_type(own, npt.NDArray[np.uint8])
        timed.time_ns = 5
        timed.time_ns = None
        timed.time_ns = 5.0  # type: ignore[assignment]
        assert_type(timed.time_ns, int | None)
    with frames.loan() as lent:
        assert_type(lent, npt.NDArray[np.uint8])
        lent[:] = doubles
    with Publisher("t", b"").loan(3) as raw:
        assert_type(raw, memoryview)
    with Publisher("t", array("d")).loan(size=3) as raw:
        assert_type(raw, memoryview)
    Publisher("t", array("d")).publish(memoryview(b""))
    Publisher("t", b"").publish(bytearray(3))
    Publisher("t", "").publish(b"")  # type: ignore[arg-type]


def records_are_typed(motor: Motor, row: np.void, cloud: npt.NDArray[np.void]) -> None:
    assert_type(Publisher("t", Imu()), Publisher[Imu])
    assert_type(Publisher("t", Point()), Publisher[Point])
    assert_type(Publisher("t", Grip()), Publisher[Grip])
    assert_type(Publisher("t", Joint()), Publisher[Joint])
    assert_type(Publisher("t", motor), Publisher[Motor])
    assert_type(Publisher("t", row), Publisher[np.void])
    assert_type(Publisher("t", cloud, max_size=9), Publisher[npt.NDArray[np.void]])
    assert_type(Publisher("t", {"rgb": cloud, "stamp": 0.0}), Publisher[dict[str, Any]])
    assert_type(Publisher("t", Observation(stamp=0.0)), Publisher[Observation])
    assert_type(Publisher("t", [Imu()], max_size=9), Publisher[list[Imu]])
    assert_type(Publisher("t", [{"stamp": 0.0}]), Publisher[list[dict[str, Any]]])
    assert_type(Subscriber("t", Imu()), Subscriber[Imu])
    assert_type(Subscriber("t", Point(), copy=False), Subscriber[Point])
    assert_type(Subscriber("t", Grip()), Subscriber[Grip])
    assert_type(Subscriber("t", Joint()), Subscriber[Joint])
    assert_type(Subscriber("t", motor), Subscriber[Motor])
    assert_type(Subscriber("t", row), Subscriber[np.void])
    assert_type(Subscriber("t", {"rgb": cloud, "stamp": 0.0}), Subscriber[dict[str, Any]])
    assert_type(Subscriber("t", Observation(stamp=0.0)), Subscriber[Observation])
    assert_type(Subscriber("t", [Imu()]), Subscriber[list[Imu]])
    assert_type(Subscriber("t", [{"stamp": 0.0}]), Subscriber[list[dict[str, Any]]])
    Publisher("t", object())  # type: ignore[call-overload]
    Publisher("t", {"a"})  # type: ignore[call-overload]
    Publisher("t", [Imu(), 3])  # type: ignore[type-var]


def wrong_records_are_refused(point: Point) -> None:
    imus, states = Publisher("t", Imu()), Publisher("t", {"stamp": 0.0})
    imus.publish(Imu(3))
    imus.publish_many([Imu(3), Imu(4)])
    imus.publish(point)  # type: ignore[arg-type]
    imus.publish({"stamp": 0})  # type: ignore[arg-type]
    imus.publish(None)  # type: ignore[arg-type]
    imus.publish(Imu)  # type: ignore[arg-type]
    imus.publish_many([point])  # type: ignore[list-item]
    states.publish({"stamp": 1.0})
    states.publish(Imu())  # type: ignore[arg-type]
    Publisher("t", point).publish(point._replace(x=1.0))
    Publisher("t", point).publish((1.0,))  # type: ignore[arg-type]
    Publisher("t", [Imu()]).publish([Imu(), Imu()])
    Publisher("t", [Imu()]).publish([point])  # type: ignore[list-item]
    Publisher("t", [Imu()]).publish(Imu())  # type: ignore[arg-type]


def reading_records_is_typed(motor: Motor) -> None:
    imus, states = Subscriber("t", Imu()), Subscriber("t", {"stamp": 0.0})
    imu, state = imus.recv(), states.recv()
    assert_type(imu, Imu)
    assert_type(imus.subscribe(), tuple[Imu, bool])
    assert_type(imus.subscribe(into=imu), tuple[Imu, bool])
    assert_type(imus.recv(1, into=imu), Imu)
    assert_type(imus.try_recv(into=imu), Imu | None)
    assert_type(imus.drain(), list[Imu])
    assert_type(imus.last(2), list[Imu])
    assert_type(imus.sample(), Sample[Imu] | None)
    assert_type(states.subscribe(into=state), tuple[dict[str, Any], bool])
    assert_type(states.recv(into=state), dict[str, Any])
    assert_type(states.try_recv(into=state), dict[str, Any] | None)
    assert_type(states.last(2), dict[str, Any])
    assert_type(Subscriber("t", motor).recv(into=motor), Motor)
    imus.recv(into=state)  # type: ignore[call-overload]
    states.recv(into=imu)  # type: ignore[call-overload]
    Subscriber("t", 0.0).recv(into=1.0)  # type: ignore[arg-type]


def loans_of_records_are_typed(motor: Motor, row: np.void, cloud: npt.NDArray[np.void]) -> None:
    with Publisher("t", {"rgb": cloud}).loan() as state:
        assert_type(state, dict[str, Any])
    with Publisher("t", Imu()).loan() as imu:
        assert_type(imu, SimpleNamespace)
        imu.stamp = 3
    with Publisher("t", motor).loan() as lent:
        assert_type(lent, Motor)
    with Publisher("t", row).loan() as element:
        assert_type(element, npt.NDArray[np.void])
    with Publisher("t", cloud, max_size=9).loan(3) as points:
        assert_type(points, npt.NDArray[np.void])


def reading_is_typed() -> None:
    assert_type(Subscriber("t", 0.0).subscribe(), tuple[float, bool])
    assert_type(Subscriber("t", 0).subscribe(), tuple[int, bool])
    value, ok = Subscriber("t", True).subscribe()
    assert_type(value, bool)
    assert_type(ok, bool)
    text: str = value  # type: ignore[assignment]
    print(text)


def receiving_is_typed() -> None:
    sub = Subscriber("t", 0.0, history=5)
    assert_type(sub.recv(), float)
    assert_type(sub.recv(timeout=1), float)
    assert_type(sub.try_recv(), float | None)
    assert_type(sub.drain(), list[float])
    assert_type(sub.drain(into=array("d")), int)
    assert_type(sub.sample(), Sample[float] | None)
    assert_type(Subscriber("t", 0).recv_sample(1.5).value, int)
    assert_type(sub.recv_sample().time_ns, int)
    assert_type(sub.at(5), Sample[float] | None)
    assert_type(sub.after(np.int64(5), timeout=1), Sample[float])
    assert_type(sub.since(5), list[Sample[float]])
    sub.at(5.0)  # type: ignore[arg-type]
    sub.after(timeout=1.0)  # type: ignore[call-arg]
    assert_type(list(Subscriber("t", False)), list[bool])
    sub.recv("1")  # type: ignore[arg-type]
    sub.drain([])  # type: ignore[call-overload]


def batches_are_checked() -> None:
    flags, ints, floats = Publisher("b", False), Publisher("i", 0), Publisher("f", 0.0)
    flags.publish_many([True, False])
    flags.publish_many([1])  # type: ignore[list-item]
    ints.publish_many(range(3))
    ints.publish_many(array("q"))
    floats.publish_many(value / 2 for value in range(3))
    floats.publish_many(["1"])  # type: ignore[list-item]
    floats.publish_many(1.0)  # type: ignore[call-overload]


def publishing_is_checked() -> None:
    flags, ints, floats = Publisher("b", False), Publisher("i", 0), Publisher("f", 0.0)
    flags.publish(True)
    flags.publish(1)  # type: ignore[call-overload]
    flags.publish(1.0)  # type: ignore[call-overload]
    ints.publish(1)
    ints.publish(True)
    ints.publish(Colour.RED)
    ints.publish(1.0)  # type: ignore[call-overload]
    ints.publish("1")  # type: ignore[call-overload]
    floats.publish_at(1, 5)
    floats.publish_at(1.0, time_ns=5)
    floats.publish_at("1", 5)  # type: ignore[call-overload]
    floats.publish_at(1.0)  # type: ignore[call-overload]
    floats.publish_at(value=1.0, time_ns=5)  # type: ignore[call-overload]
    ints.publish_at(Colour.RED, 5)
    floats.publish(1.0)
    floats.publish(1)
    floats.publish(Fraction(1, 2))
    floats.publish("1")  # type: ignore[call-overload]
    floats.publish(None)  # type: ignore[call-overload]
    floats.publish()  # type: ignore[call-overload]
    floats.publish(1.0, 2.0)  # type: ignore[call-overload]
    assert_type(floats.publish(1.0), None)


def functions_may_be_generic(pub: Publisher[Value], sub: Subscriber[Value]) -> Value:
    pub.publish(sub.recv())
    pub.publish_many(sub.drain())
    pub.publish("1")  # type: ignore[call-overload]
    value, ok = sub.subscribe()
    assert_type(ok, bool)
    return value


def keywords_are_checked() -> None:
    Publisher(name="t", default_value=0, buffer_num=5)
    Publisher("t", 0.0, unit="m", description="d", attributes={"range": [0, 5], "a": np.zeros(3)})
    Publisher("t", 0.0, unit=5)  # type: ignore[call-overload]
    Publisher("t", 0, attributes=[1])  # type: ignore[call-overload]
    Publisher("t", 0, mode=0o640, replace=True, retain=True, bridged=True)
    Publisher("t", 0, 3, 0o640)  # type: ignore[call-overload]
    Publisher("t", 0, buffers=3)  # type: ignore[call-overload]
    Publisher("t", 0, 3.5)  # type: ignore[call-overload]
    Publisher(1, 0)  # type: ignore[call-overload]
    Publisher("t")  # type: ignore[call-overload]
    Subscriber("t", 0, max_age=None)
    Subscriber("t", 0, 1.0)  # type: ignore[call-overload]
    Subscriber("t", 0, max_age="1")  # type: ignore[call-overload]


def properties_are_typed(pub: Publisher[float], sub: Subscriber[int]) -> None:
    assert_type(pub.name, str)
    assert_type(pub.type, type[float])
    assert_type(pub.default_value, float)
    assert_type(sub.type, type[int])
    assert_type(sub.default_value, int)
    assert_type(Subscriber("t", sub.type()), Subscriber[int])
    assert_type(pub.buffer_num, int)
    assert_type(pub.closed, bool)
    assert_type(pub.publisher_alive, bool)
    assert_type(sub.buffer_num, int | None)
    assert_type(sub.metadata, dict[str, Any])
    assert_type(inspect("t").metadata, dict[str, Any])
    pub.name = "other"  # type: ignore[misc]
    pub.publsh(1.0)  # type: ignore[attr-defined]
    sub.publish(1)  # type: ignore[attr-defined]


def with_keeps_the_type() -> None:
    with Publisher("t", 0.0) as pub, Subscriber("t", 0.0) as sub:
        assert_type(pub, Publisher[float])
        assert_type(sub, Subscriber[float])
    with Distance("lidar") as distance:
        assert_type(distance, Distance)
        distance.publish(1.5)
        distance.publish("1.5")  # type: ignore[call-overload]


async def waiting_keeps_the_type() -> None:
    def note(value: float) -> None: ...
    def note_flag(value: bool) -> None: ...

    sub = Subscriber("t", 0.0, callback=note)
    Subscriber("t", False, callback=note)
    Subscriber("t", 0.0, callback=note_flag)  # type: ignore[arg-type]
    Subscriber("t", 0, callback=note_flag)  # type: ignore[arg-type]
    Subscriber("t", 0.0, callback="note")  # type: ignore[call-overload]
    assert_type(await sub.arecv(0.5), float)
    async for value in sub:
        assert_type(value, float)
    assert_type(sub.fileno(), int)
    assert_type(select([sub], 0.5), list[Subscriber[float]])


async def a_rate_counts() -> None:
    rate = Rate(50)
    for n in rate:
        assert_type(n, int)
    async for n in Rate(0.5):
        assert_type(n, int)
    await rate.asleep()
    assert_type(rate.overruns, int)
    assert_type((rate.late, rate.worst, rate.hz, rate.period), tuple[float, float, float, float])
    Rate("50")  # type: ignore[arg-type]
    rate.overruns = 0  # type: ignore[misc]


def select_takes_subscribers_of_several_types(
    sub: Subscriber[float], door: Subscriber[bool], either: list[Subscriber[int] | Subscriber[bool]]
) -> None:
    assert_type(select((sub, sub)), list[Subscriber[float]])
    several: list[Subscriber[Any]] = select([sub, door], timeout=1)
    several = select((sub, door))
    several = select({sub, door})
    several = select({sub: "air", door: "door"})
    several = [*several, *select(each for each in (sub, door))]
    for ready in select([sub, door]):
        print(ready.name, ready.drain())
    for ready in select(either):
        assert_type(ready.lost, int)
    select([sub, 1])  # type: ignore[type-var]
    select(sub)  # type: ignore[type-var]
    select([sub, door], "1")  # type: ignore[call-overload]


async def sets_have_the_types_of_their_topics(
    camera: Subscriber[npt.NDArray[np.uint8]], arm: Subscriber[Imu], door: Subscriber[bool]
) -> None:
    aligned = align((camera, arm, door), tolerance=0.01)
    for frame, pose, shut in aligned:
        assert_type(frame, Sample[npt.NDArray[np.uint8]])
        assert_type((pose.value, shut.value), tuple[Imu, bool])
    pair = align((camera, arm), tolerance=1)
    assert_type(pair, Alignment[tuple[Sample[npt.NDArray[np.uint8]], Sample[Imu]]])
    assert_type(pair.recv(timeout=0.5)[1].value, Imu)
    assert_type((await pair.arecv())[1].value, Imu)
    async for _, pose in pair:
        assert_type(pose, Sample[Imu])
    assert_type(align([arm, arm], tolerance=0).recv(), tuple[Sample[Imu], ...])
    assert_type(align([arm], tolerance=0, names=["arm"]).recv(), dict[str, Sample[Imu]])
    several = align([camera, arm], tolerance=0.01, names=("camera", "arm"))
    for samples in several:
        print(samples["camera"].value, samples["arm"].age)
    assert_type(pair.dropped, tuple[int, ...])
    assert_type((pair.spread, pair.worst_spread), tuple[float, float])
    align((camera, arm))  # type: ignore[call-overload]
    align((camera, arm), tolerance="1")  # type: ignore[call-overload]
    align(camera, tolerance=1)  # type: ignore[arg-type]
    align([1], tolerance=1)  # type: ignore[arg-type]
    pair.spread = 0.0  # type: ignore[misc]


def annotations_can_be_written(pub: Publisher[bool]) -> Subscriber[int]:
    pub.publish(True)
    readers: list[Subscriber[int]] = [Subscriber("t", 0)]
    wrong: Subscriber[str] = Subscriber("t", 0)  # type: ignore[arg-type]
    print(wrong)
    return readers[0]


def topics_are_typed() -> None:
    assert_type(topics(), TopicTable)
    assert_type(topics("robot/*", "arm"), TopicTable)
    topics(["robot/*"])  # type: ignore[arg-type]
    as_list: list[TopicInfo] = topics()
    print(as_list)
    info = inspect("t")
    assert_type(info.name, str)
    assert_type(info.age, float | None)
    assert_type(info.alive, bool)
    assert_type(info.pid, int)
    assert_type(remove("t"), None)


def errors_are_what_the_tutorial_catches() -> None:
    try:
        Publisher("t", 0)
    except ExistsError as error:
        runtime: RuntimeError = error
        root: ShmError = error
        print(runtime, root)


class Fluent(Publisher[int]):
    def again(self) -> Self:
        return self


def follow_yields_names_and_samples(directory: Path) -> None:
    with follow("robot/*", newest=True, directory=directory, trust="any") as followed:
        assert_type(followed, Follow)
        for name, sample in followed:
            assert_type(name, str)
            assert_type(sample, Sample[Any])
        assert_type(followed.recv(timeout=1), tuple[str, Sample[Any]])
        assert_type(followed.topics, list[str])
        assert_type(followed.lost + followed.fileno(), int)
    follow(1)  # type: ignore[arg-type]
    follow(["robot/*"])  # type: ignore[arg-type]


async def follow_in_asyncio() -> None:
    async for name, sample in follow():
        assert_type((name, sample), tuple[str, Sample[Any]])
    assert_type(await follow().arecv(1.5), tuple[str, Sample[Any]])
