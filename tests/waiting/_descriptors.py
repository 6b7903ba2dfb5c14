"""Descriptors and wait words, for tests of fileno() and select(), here and in a Peer."""

import contextlib
import gc
import os
import select
import struct
from pathlib import Path
from typing import Any

import shm_pub_sub
from shm_pub_sub import Publisher, Subscriber
from support import remote
from support.layout import FIELDS
from support.old_kernel import WITHOUT_WAITV, restrict

HEAD = FIELDS["head"][0]


def readable(subscriber: "Subscriber[int]", seconds: float = 0) -> bool:
    poll = select.poll()
    poll.register(subscriber.fileno(), select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def watchers() -> int:
    """Return how many threads of this process watch topics."""
    count = 0
    for name in Path("/proc/self/task").glob("*/comm"):
        with contextlib.suppress(OSError):  # it has ended
            count += name.read_text() == "shm_pub_sub\n"
    return count


def descriptors() -> int:
    gc.collect()  # other tests' garbage does not count
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208


def epoch(domain: Path, topic: str = "topic") -> int:
    """Return how often the topic's publisher has woken subscribers."""
    word: int = struct.unpack("<I", (domain / f"shm_pub_sub.{topic}").read_bytes()[:4])[0]
    return word >> 1


def publish_without_a_wake(domain: Path, topic: str = "topic") -> None:
    """Act like a publisher that is killed between a value and its wake: only head moves."""
    with (domain / f"shm_pub_sub.{topic}").open("r+b") as file:
        file.seek(HEAD)
        (head,) = struct.unpack("<Q", file.read(8))
        file.seek(HEAD)
        file.write(struct.pack("<Q", head + 1))


def forbid_futex_waitv() -> bool:
    """Make the kernel look older than 5.16 to this process."""
    return restrict(WITHOUT_WAITV)


def become_nobody() -> None:
    shm_pub_sub.topics()  # loads the library: its files may be where only root can read
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)


class RunDelays:
    """How long the threads of processes had to wait for a processor, by the kernel's account."""

    def __init__(self, *pids: int) -> None:
        self._files = [
            path.open("rb", 0)
            for pid in pids
            for path in Path(f"/proc/{pid}/task").glob("*/schedstat")
        ]  # none if the kernel does not count

    def read(self) -> float:
        """Seconds, of all of them together."""
        return sum(int(os.pread(file.fileno(), 100, 0).split()[1]) for file in self._files) / 1e9

    def close(self) -> None:
        for file in self._files:
            file.close()


def echo(count: int) -> None:
    """Answer each value of "ping" by one of "pong"."""
    publisher = Publisher("pong", 0)
    subscriber = Subscriber("ping", 0, history=0)
    remote.publishers["pong"] = publisher
    publisher.publish(-1)
    for _ in range(count):
        publisher.publish(subscriber.recv(timeout=20))


def follow(topic: str, last: int) -> list[int]:
    """Take values when the descriptor is readable, up to the last."""
    subscriber = Subscriber(topic, 0, history=1000)
    taken: list[int] = []
    while last not in taken:
        assert readable(subscriber, 20)
        taken += subscriber.drain()
    return taken


def take_all(topics: list[str], count: int) -> dict[str, list[int]]:
    """In a Peer: takes count values of each topic by select()."""
    subscribers: dict[Any, str] = {Subscriber(topic, 0, history=1000): topic for topic in topics}
    taken: dict[str, list[int]] = {topic: [] for topic in topics}
    while any(len(values) < count for values in taken.values()):
        found = shm_pub_sub.select(subscribers, 20)
        assert found, taken
        for subscriber in found:
            value = subscriber.try_recv()
            assert value is not None, "nothing new, and nobody else takes"
            taken[subscribers[subscriber]].append(value)
    return taken


def take_next(topic: str) -> int | None:
    """Take the next value of the one subscriber that has one, which must be the topic's."""
    (found,) = shm_pub_sub.select(remote.subscribers.values(), 20)
    assert found.name == topic
    value: int | None = found.try_recv()
    return value
