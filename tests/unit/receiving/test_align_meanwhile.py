"""align(): values of every type and of other clocks, and what happens while a set is read."""

import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shm_pub_sub import Publisher, Subscriber, WaitTimeoutError, align
from support.layout import FIRST_SLOT, topic_file, write_at

HOUR = 3600 * 10**9


def values(found: Any) -> list[Any]:
    return [sample.value for sample in found]


def nothing() -> None:
    pass


meanwhile: Callable[[], object] = nothing


@dataclass
class Meddling:
    """A record that runs the test's code when it is read."""

    number: int = 0

    def __post_init__(self) -> None:
        meanwhile()


@pytest.fixture
def do_meanwhile() -> Iterator[Callable[[Callable[[], object]], None]]:
    """do_meanwhile(function): the next time that a Meddling is read, once."""

    def set_(function: Callable[[], object]) -> None:
        def once() -> None:
            global meanwhile
            meanwhile = nothing
            function()

        global meanwhile
        meanwhile = once

    yield set_
    set_(nothing)
    meanwhile()


Do = Callable[[Callable[[], object]], None]


@pytest.mark.parametrize("copy", [True, False])
@pytest.mark.parametrize("names", [None, ["text", "bytes", "frame", "record", "list", "bool"]])
def test_samples_have_values_of_every_type(copy: bool, names: list[str] | None) -> None:
    given: dict[str, Any] = {
        "text": "gr\u00fc\u00df",
        "bytes": bytes(5000),
        "frame": np.ones((48, 64, 3), np.uint8),
        "record": Meddling(7),
        "list": [1.5, 2.5],
        "bool": True,
    }
    publishers, subscribers = [], []
    for topic, value in given.items():
        size = {"max_size": 5000} if topic in ("text", "bytes", "list") else {}
        publishers.append(Publisher(topic, value, **size))
        default = None if topic == "list" else value
        subscribers.append(Subscriber(topic, default, copy=copy))
    aligned = align(subscribers, tolerance=0, names=names)
    now = time.monotonic_ns()
    for publisher, value in zip(publishers, given.values(), strict=True):
        publisher.publish_at(value, now)
    found: Any = aligned.recv(0)
    samples = list(found.values()) if names else list(found)
    for sample, (topic, value) in zip(samples, given.items(), strict=True):
        assert sample.time_ns == now
        same = np.array_equal(sample.value, value) if topic == "frame" else sample.value == value
        assert same, topic
    assert samples[2].value.flags.writeable == copy
    assert [subscriber.copied for subscriber in subscribers] == [0] * len(subscribers)
    del found, samples, sample
    for each in (*publishers, *subscribers):
        each.close()


def test_a_view_stays_what_it_is() -> None:
    with (
        Publisher("frame", np.zeros(1000), 2) as publisher,
        Subscriber("frame", np.zeros(1000), copy=False) as subscriber,
    ):
        aligned = align([subscriber], tolerance=0)
        publisher.publish(np.full(1000, 1.0))
        (held,) = aligned.recv(0)
        for number in range(2, 12):
            publisher.publish(np.full(1000, float(number)))
        assert (held.value == 1).all()
        assert (aligned.recv(0)[0].value == 11).all()
        assert aligned.dropped == (9,)
        del held


def test_a_set_that_is_delivered_while_it_is_read_is_not_delivered_again(do_meanwhile: Do) -> None:
    with (
        Publisher("record", Meddling()) as record,
        Publisher("number", 0) as number,
        Subscriber("record", Meddling()) as first,
        Subscriber("number", 0) as second,
    ):
        aligned = align([first, second], tolerance=60)
        within: list[Any] = []
        record.publish(Meddling(1))
        number.publish(1)
        do_meanwhile(lambda: within.append(values(aligned.recv(0))))
        with pytest.raises(WaitTimeoutError):
            aligned.recv(0)
        assert within == [[Meddling(1), 1]]
        assert aligned.dropped == (0, 0)


def test_a_sample_is_not_read_from_the_next_publisher(do_meanwhile: Do) -> None:
    with (
        Publisher("record", Meddling()) as record,
        Subscriber("record", Meddling()) as first,
        Subscriber("number", 0) as second,
    ):
        numbers = [Publisher("number", 0)]
        now = time.monotonic_ns()
        record.publish_at(Meddling(1), now)
        numbers[0].publish_at(1, now)

        def restart() -> None:
            numbers[0].close()
            numbers[0] = Publisher("number", 0)
            numbers[0].publish(2)
            assert second.subscribe() == (2, True)

        aligned = align([first, second], tolerance=0)
        do_meanwhile(restart)
        with pytest.raises(WaitTimeoutError):
            aligned.recv(0)
        numbers[0].close()


@pytest.mark.parametrize("ahead", [2 * 10**9, HOUR, 2**62])
def test_a_value_of_another_boot_is_in_no_set(shm_dir: Path, ahead: int) -> None:
    with Publisher("topic", 0, 8) as publisher, Subscriber("topic", 0) as subscriber:
        aligned = align([subscriber], tolerance=0)
        publisher.publish(1)
        foreign = struct.pack("<q", time.monotonic_ns() + ahead)
        write_at(topic_file(shm_dir), FIRST_SLOT + 32 + 8, foreign)
        with pytest.raises(WaitTimeoutError):
            aligned.recv(0)
        publisher.publish(2)
        assert values(aligned.recv(0)) == [2]


def test_values_after_one_of_another_boot_are_found_by_their_times(shm_dir: Path) -> None:
    with (
        Publisher("topic", 0, 8) as publisher,
        Publisher("other", 0) as other,
        Subscriber("topic", 0) as first,
        Subscriber("other", 0) as second,
    ):
        publisher.publish(1)
        now = time.monotonic_ns() - 100
        foreign = struct.pack("<q", now + HOUR)
        for number, at in ((2, now), (3, now + 3)):
            write_at(topic_file(shm_dir), FIRST_SLOT + 32 + 8, struct.pack("<q", 1))
            publisher.publish_at(number, at)
        write_at(topic_file(shm_dir), FIRST_SLOT + 32 + 8, foreign)
        other.publish_at(1, now)
        assert values(align([first, second], tolerance=1e-8).recv(0)) == [2, 1]


def test_a_new_publisher_may_begin_with_an_earlier_time() -> None:
    now = time.monotonic_ns() - 10**9
    with (
        Publisher("other", 0) as other,
        Subscriber("topic", 0) as first,
        Subscriber("other", 0) as second,
    ):
        aligned = align([first, second], tolerance=1e-8)
        with Publisher("topic", 0) as publisher:
            publisher.publish_at(1, now + 100)
            other.publish_at(1, now + 87)
            other.publish_at(2, now + 120)
            with pytest.raises(WaitTimeoutError):
                aligned.recv(0)
        with Publisher("topic", 0) as publisher:
            publisher.publish_at(7, now + 95)
            assert values(aligned.recv(0)) == [7, 1]
