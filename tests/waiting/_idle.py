"""What a process does while it waits, for a Peer."""

import asyncio
import contextlib
import select
from pathlib import Path
from typing import Any

import shm_pub_sub
from shm_pub_sub import Subscriber
from support import remote


def switches() -> int:
    """Return how often the threads of this process went to sleep, so far."""
    count = 0
    for status in Path("/proc/self/task").glob("*/status"):
        with contextlib.suppress(OSError):  # it has ended
            lines = dict(line.split(":\t", 1) for line in status.read_text().splitlines())
            count += int(lines["voluntary_ctxt_switches"])
    return count


def wait(kind: str, subscribers: list[Any], seconds: float) -> None:
    """Wait for a value of any that does not come."""
    with contextlib.suppress(TimeoutError):
        if kind == "select":
            assert shm_pub_sub.select(subscribers, seconds) == []
        elif kind == "align":
            shm_pub_sub.align(subscribers, tolerance=1).recv(seconds)
        elif kind == "follow":
            with shm_pub_sub.follow(*(s.name for s in subscribers)) as follow:
                follow.recv(seconds)
        elif kind == "fileno":
            poll = select.poll()
            for subscriber in subscribers:
                poll.register(subscriber, select.POLLIN)
            assert poll.poll(seconds * 1000) == []
        else:

            async def receive() -> None:
                await asyncio.gather(*(s.arecv(seconds) for s in subscribers))

            asyncio.run(receive())


def sleeps(kind: str, topics: list[str], seconds: float) -> int:
    """Return how often the threads go to sleep while no value comes."""
    subscribers = [Subscriber(topic, 0) for topic in topics]
    wait(kind, subscribers, 0.05)  # the first time starts threads
    before = switches()
    wait(kind, subscribers, seconds)
    return switches() - before


def take_by_descriptor(topics: list[str]) -> dict[str, int]:
    """Return the next value of each topic, taken when its descriptor is readable."""
    taken: dict[str, int] = {}
    poll = select.poll()
    by_fd: dict[int, Any] = {}
    for topic in topics:
        subscriber = remote.subscribers[topic]
        by_fd[subscriber.fileno()] = subscriber
        poll.register(subscriber, select.POLLIN)
    while len(taken) < len(topics):
        ready = poll.poll(20_000)
        assert ready, taken
        for fd, _ in ready:
            value = by_fd[fd].try_recv()
            if value is not None:
                taken[by_fd[fd].name] = value
    return taken
