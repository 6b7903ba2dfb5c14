"""Receiver: what it takes of every type, and what it holds of memory until that is written."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import pytest
import shm_pub_sub
from shm_pub_sub._recording import taken
from shm_pub_sub._recording.receiver import MEMORY, Mark, Receiver
from shm_pub_sub._recording.taken import OVERHEAD, Batch, Buffers
from support.waiting import until

MB = 1 << 20
IMAGE = np.zeros((1024, 1024), np.uint8)
Values = list[tuple[str, int, Any]]


class Imu(NamedTuple):
    stamp: int
    ax: float


@contextmanager
def receiving(memory: int = MEMORY) -> Iterator[Receiver]:
    """A receiver that follows the topics that are there."""
    receiver = Receiver([], math.inf, memory)
    receiver.start()
    assert receiver.ready.wait(30)
    try:
        yield receiver
    finally:
        receiver.stop = True
        receiver.join()
    if receiver.error is not None:
        raise receiver.error


def batches_of(receiver: Receiver) -> Iterator[Batch]:
    """All batches, after its end."""
    while (batch := receiver.batches.get(timeout=30)) is not None:
        yield batch


def values_of(batch: Batch) -> Values:
    return [(source.name, number, value) for source, number, _, value in batch]


def image(number: int) -> Any:
    return np.full_like(IMAGE, number % 251)


def test_values_of_every_type_are_their_bytes() -> None:
    published: dict[str, Any] = {
        "flag": True,
        "count": -(2**63),
        "speed": -0.0,
        "name": "drive ü",
        "data": b"\0\1\2",
        "joints": [0.25, 1.5],
        "imu": Imu(7, 1.5),
        "level": np.uint8(200),
        "points": np.ones((2, 3), "f4"),
    }
    pubs = [
        shm_pub_sub.Publisher(name, value, max_size=100)
        if isinstance(value, (str, bytes, list))
        else shm_pub_sub.Publisher(name, value)
        for name, value in published.items()
    ]
    with receiving() as receiver:
        for pub, value in zip(pubs, published.values(), strict=True):
            pub.publish(value)
    found = {name: value for batch in batches_of(receiver) for name, _, value in values_of(batch)}
    assert [found[name] for name in ("flag", "count", "speed")] == [True, -(2**63), 0.0]
    assert math.copysign(1, found["speed"]) == -1
    assert bytes(found["name"]) == "drive ü".encode()
    assert bytes(found["data"]) == b"\0\1\2"
    assert bytes(found["joints"]) == np.array([0.25, 1.5]).tobytes()
    assert bytes(found["imu"]) == np.array([(7, 1.5)], "i8,f8").tobytes()
    assert bytes(found["level"]) == b"\xc8"
    assert bytes(found["points"]) == np.ones((2, 3), "f4").tobytes()
    for pub in pubs:
        pub.close()


def test_one_value_of_a_topic_waits_in_shared_memory_and_the_others_are_copies() -> None:
    with shm_pub_sub.Publisher("camera", IMAGE, 10) as camera:
        with receiving() as receiver:
            for number in range(1, 7):
                camera.publish(image(number))
                until(lambda number=number: receiver.waiting >= number * MB, "it is taken")
        batches = [*batches_of(receiver)]
        values = [value for batch in batches for *_, value in batch]
        assert [bytes(value) for value in values] == [image(n).tobytes() for n in range(1, 7)]
        kinds = [type(value.obj) for value in values]
        assert kinds[1:] == [bytearray] * 5
        assert kinds[0] not in (bytearray, bytes)
        assert all(value.readonly for value in values)
        with shm_pub_sub.Subscriber("camera", copy=False) as reader:
            views = [reader.subscribe() for _ in range(2)]
            assert reader.copied == 1, "the recorder has one of the two"
            views.clear()
            values.clear()
            receiver.done(batches[0])
            assert receiver.waiting == 5 * (MB + OVERHEAD)
            views = [reader.subscribe() for _ in range(2)]
            assert reader.copied == 1, "written, it is free again"
            del views


class Writer:
    """Takes batches when it is asked to."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver, self._batches = receiver, list[Batch]()
        self.values: Values = []

    def take(self) -> None:
        """Take what is there, and keep the memory."""
        while not self._receiver.batches.empty():
            if (batch := self._receiver.batches.get()) is not None:
                self._batches.append(batch)
                self.values += [
                    (n, number, bytes(v)[:1] if n == "camera" else v)
                    for n, number, v in values_of(batch)
                ]

    def done(self) -> None:
        """Take all that has come, and give the memory back."""
        self.take()
        for batch in self._batches:
            self._receiver.done(batch)
        self._batches.clear()

    def numbers(self, topic: str) -> list[int]:
        return [number for name, number, _ in self.values if name == topic]


def test_what_waits_is_bounded_and_what_is_lost_by_that_is_counted() -> None:
    with shm_pub_sub.Publisher("camera", IMAGE, 4) as camera:
        with receiving(8 * MB) as receiver:
            writer = Writer(receiver)
            for number in range(1, 7):
                camera.publish(image(number))
                until(lambda number=number: receiver.waiting >= number * MB, "it is taken")
            for number in range(7, 61):
                camera.publish(image(number))
            until(lambda: receiver._taken["camera"].is_held_back, "there is no room for more")
            writer.take()
            assert writer.numbers("camera") == [1, 2, 3, 4, 5, 6]
            assert 6 * MB < receiver.waiting < 7 * MB
            assert receiver.lost_to_memory == 0  # nobody knows yet
            writer.done()
            until(lambda: receiver.waiting == 4 * (MB + OVERHEAD), "the rest of the ring")
        writer.done()
        assert writer.numbers("camera") == [1, 2, 3, 4, 5, 6, 57, 58, 59, 60]
        assert [value for *_, value in writer.values] == [
            bytes([n]) for n in (*range(1, 7), *range(57, 61))
        ]
        assert receiver.lost == {"camera": 50}
        assert receiver.lost_to_memory == 50
        assert receiver.waiting == 0


def test_images_that_cannot_be_written_cost_no_other_topics_values() -> None:
    with (
        shm_pub_sub.Publisher("camera", IMAGE, 4) as camera,
        shm_pub_sub.Publisher("speed", 0.0, 100) as speed,
    ):
        with receiving(8 * MB) as receiver:
            writer = Writer(receiver)
            for number in range(1, 41):
                camera.publish(image(number))
                speed.publish(number)
                if number <= 6:
                    until(lambda number=number: receiver.waiting >= number * MB, "it is taken")

            def all_of_speed() -> bool:
                writer.take()
                return writer.numbers("speed") == [*range(1, 41)]

            until(all_of_speed, "all of the other topic")
            assert 6 * MB <= receiver.waiting < 8 * MB
            writer.done()
        writer.done()
    assert receiver.lost["speed"] == 0
    assert receiver.lost["camera"] == 40 - len(writer.numbers("camera")) > 0
    assert receiver.lost_to_memory > 0


def test_a_value_larger_than_the_memory_is_taken_alone() -> None:
    with shm_pub_sub.Publisher("camera", IMAGE, 3) as camera:
        with receiving(MB // 2) as receiver:
            writer = Writer(receiver)
            for number in range(1, 4):
                camera.publish(image(number))
                until(lambda: not receiver.batches.empty(), "the image")
                writer.done()
        writer.done()
    assert writer.numbers("camera") == [1, 2, 3]
    assert receiver.lost == {"camera": 0}


def test_the_rest_is_taken_at_the_end_as_memory_gets_free() -> None:
    with shm_pub_sub.Publisher("camera", IMAGE, 20) as camera:
        with receiving(4 * MB) as receiver:
            writer = Writer(receiver)
            camera.publish_many([image(n) for n in range(1, 21)])
            receiver.stop = True
            while receiver.is_alive():
                writer.done()
        writer.done()
    assert writer.numbers("camera") == [*range(1, 21)]


def test_each_publisher_is_a_source_with_a_number_and_what_it_says_of_its_topic() -> None:
    with receiving() as receiver:
        for number, unit in enumerate(["m/s", "km/h"], 1):
            with shm_pub_sub.Publisher("speed", Imu(0, 0.0), 3 + number, unit=unit) as speed:
                speed.publish(Imu(number, 0.5))
                until(lambda number=number: receiver.waiting >= number * OVERHEAD, "it is taken")
    sources = [source for batch in batches_of(receiver) for source, *_ in batch]
    assert [(s.number, s.info.metadata["unit"], s.info.buffer_num) for s in sources] == [
        (1, "m/s", 4),
        (2, "km/h", 5),
    ]
    assert all(source.is_certain for source in sources)


def test_a_mark_comes_after_all_that_was_published_before() -> None:
    with (
        shm_pub_sub.Publisher("camera", IMAGE, 10) as camera,
        shm_pub_sub.Publisher("speed", 0.0, 1000) as speed,
        receiving() as receiver,
    ):
        camera.publish(image(1))
        speed.publish_many(range(500))
        receiver.mark(Mark(lambda: None))
        found: list[Any] = []
        while not isinstance(batch := receiver.batches.get(timeout=30), Mark):
            found += batch
    assert len(found) == 501


def test_buffers_are_used_again_and_few_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taken, "KEPT", MB)
    buffers = Buffers()
    first, buffer = buffers.copy(memoryview(bytes(100_000)))
    buffers.put_back([buffer])
    second, again = buffers.copy(memoryview(b"x" * 110_000))  # of the same size, about
    assert again is buffer
    assert bytes(second) == b"x" * 110_000
    assert len(first) == 100_000
    large = [buffers.copy(memoryview(bytes(MB // 4 + n)))[1] for n in range(12)]
    buffers.put_back(large)
    kept = [each for free in buffers._free.values() for each in free]
    assert sum(map(len, kept)) == buffers._nbytes <= MB
