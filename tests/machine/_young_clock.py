"""Everything that reads the clock, in a Peer on a machine that has just booted."""

import asyncio
import math
import select
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import shm_pub_sub
from shm_pub_sub import Publisher, Subscriber, WaitTimeoutError

HOURS = 36_000.0
SOON = 0.02
LONG = 20.0

IntSubscriber = Subscriber[int]


def uptime() -> float:
    return time.monotonic()


@contextmanager
def published_soon(publisher: Publisher[int], value: int) -> Iterator[None]:
    timer = threading.Timer(SOON, publisher.publish, (value,))
    timer.start()
    yield
    timer.join()


def _asyncio(subscriber: IntSubscriber, timeout: float) -> int:
    return asyncio.run(subscriber.arecv(timeout))


def _select(subscriber: IntSubscriber, timeout: float) -> int:
    if not shm_pub_sub.select([subscriber], timeout):
        raise WaitTimeoutError
    return subscriber.recv(0)


def _poll(subscriber: IntSubscriber, timeout: float) -> int:
    poll = select.poll()
    poll.register(subscriber, select.POLLIN)
    until = time.monotonic() + timeout
    while poll.poll(max(0.0, until - time.monotonic()) * 1000):
        value = subscriber.try_recv()
        if value is not None:
            return value
    raise WaitTimeoutError


def wait_in_every_way(publisher: Publisher[int], subscriber: IntSubscriber) -> None:
    """Each way of waiting ends with a value, or when the time is up."""
    ways: list[Callable[[IntSubscriber, float], int]] = [
        IntSubscriber.recv,
        lambda sub, timeout: sub.recv_sample(timeout).value,
        _select,
        _poll,
        _asyncio,
    ]
    for value, wait in enumerate(ways):
        for timeout in (0.0, SOON):
            begun = time.monotonic()
            with pytest.raises(WaitTimeoutError):
                wait(subscriber, timeout)
            assert time.monotonic() - begun >= timeout - 0.002
        with published_soon(publisher, value):
            assert wait(subscriber, LONG) == value


def ask_for_ages(publisher: Publisher[int]) -> None:
    """A new value is new, also for a max_age longer than the machine's uptime."""
    with Subscriber("topic", -1, max_age=HOURS) as patient, Subscriber("topic", -1) as subscriber:
        begun = time.monotonic_ns()
        publisher.publish(1)
        assert patient.subscribe() == (1, True)
        sample, info = subscriber.sample(), shm_pub_sub.inspect("topic")
        assert sample is not None
        assert info.age is not None
        longest = (time.monotonic_ns() - begun) / 1e9
        assert 0 <= sample.age <= longest
        assert 0 <= info.age <= longest


def older_than_the_machine(topic: str) -> None:
    """A value from before the boot is old for every subscriber."""
    info = shm_pub_sub.inspect(topic)
    with Subscriber(topic, -1) as subscriber, Subscriber(topic, -1, max_age=HOURS) as patient:
        sample = subscriber.sample()
        assert sample is not None
        assert sample.age == info.age == math.inf
        assert subscriber.recv(0) == sample.value == 7
        assert patient.subscribe() == (-1, False)


def all_that_asks_for_the_time() -> None:
    with Subscriber("topic", -1) as subscriber:
        with pytest.raises(WaitTimeoutError):
            subscriber.wait_for_publisher(SOON)
        with pytest.raises(WaitTimeoutError):
            subscriber.recv(SOON)
        with Publisher("topic", 0) as publisher:
            subscriber.wait_for_publisher(LONG)
            wait_in_every_way(publisher, subscriber)
            ask_for_ages(publisher)
    follow_a_topic()


def follow_a_topic() -> None:
    """One that appears, ends and appears again."""
    with shm_pub_sub.follow("followed") as follower:
        with pytest.raises(WaitTimeoutError):
            follower.recv(SOON)
        for value in range(3):
            with Publisher("followed", 0) as publisher, published_soon(publisher, value):
                assert follower.recv(LONG)[1].value == value
