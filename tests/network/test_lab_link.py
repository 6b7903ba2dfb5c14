"""A link that is down for a while, shorter and longer than the lease."""

import itertools
import socket
import threading
import time

import pytest

pytest.importorskip("zenoh", reason="eclipse-zenoh is not installed")

from support.lab import Lab
from support.waiting import repeating, until

from ._machines import Machine, connect, machines, site_of

__all__ = ["machines"]  # a fixture

site = site_of(2)

LATE = 3.0
"""Seconds by which something may be late on a busy machine."""
OFFSET_NS = 100_000_000
"""By which clocks' offset may be wrong on a busy machine."""


@pytest.mark.parametrize("user", [False, True])
def test_machines_are_joined_cut_and_joined_again(user: bool) -> None:
    lab = Lab(2, user)
    try:
        other = lab.peer(1)
        other.call(_listen)
        here = lab.peer(0)
        assert here.call(_reach, lab.address(1), LATE)
        lab.cut(1)
        assert not here.call(_reach, lab.address(1), 0.2)
        lab.join(1)
        assert here.call(_reach, lab.address(1), LATE)
    finally:
        lab.end()


_listening: list[socket.socket] = []


def _listen() -> None:
    _listening.append(socket.create_server(("0.0.0.0", 1234)))


def _reach(address: str, timeout: float) -> bool:
    try:
        socket.create_connection((address, 1234), timeout).close()
    except TimeoutError:
        return False
    return True


def test_nothing_listens_without_listen(machines: list[Machine]) -> None:
    robot, laptop = machines
    connect(robot, laptop)
    tables = [f"cat /proc/net/{table}" for table in ("tcp", "tcp6", "udp", "udp6", "raw", "packet")]
    for machine, expected in (robot, ["0100000A:1D17"]), (laptop, []):
        found = machine.lab.run(machine.number, *tables)
        words = [line.split() for line in found.splitlines()]
        # tcp: those that listen have state 0A; udp: all that are bound.
        listening = [word[1] for word in words if word[3:4] in (["0A"], ["07"])]
        assert listening == expected, found


@pytest.mark.parametrize(
    ("lease", "down", "late"),
    [
        (1.0, 0.3, LATE),
        (1.0, 1.3, LATE),
        pytest.param(2.0, 1.0, 0.2, marks=pytest.mark.soak),
        pytest.param(2.0, 5.0, 0.2, marks=pytest.mark.soak),
        pytest.param(2.0, 30.0, 0.2, marks=pytest.mark.soak),
    ],
)
def test_a_link_that_is_down(
    machines: list[Machine], lease: float, down: float, late: float
) -> None:
    """What happens meanwhile to publishers is seen at its end, and values never go back."""
    robot, laptop = machines
    connect(robot, laptop, lease=lease, every="every")
    lock = threading.Lock()  # of the publishers
    publishers = {
        topic: robot.publisher(topic, 0, 1000)
        for topic in ("stays", "every", "dies", "restarts", "changes", "quiet")
    }
    numbers = itertools.count(1)
    published: list[int] = []

    def publish() -> None:
        number = next(numbers)
        with lock:
            for topic, publisher in publishers.items():
                publisher.publish(float(number) if topic == "changed" else number)
            published.extend([number] * len(publishers))
        time.sleep(0.005)

    publishers.pop("quiet").publish(1)
    subscribers = {topic: laptop.subscriber(topic, 0) for topic in (*publishers, "quiet")}
    watch = laptop.watch()
    with repeating(publish) as failed:
        for topic, subscriber in subscribers.items():
            until(lambda s=subscriber: s.subscribe()[1], topic)  # type: ignore[misc]
        robot.lab.cut(1)
        cut = time.monotonic()
        if down > lease:
            until(lambda: not subscribers["stays"].subscribe()[1])
            assert lease * 0.7 < time.monotonic() - cut < lease + late
            until(lambda: not any(each.subscribe()[1] for each in subscribers.values()))
        with lock:
            publishers.pop("dies").close()
            publishers.pop("restarts").close()
            publishers["restarts"] = robot.publisher("restarts", 0)
            publishers.pop("changes").close()
            publishers["changed"] = robot.publisher("changes", 0.0)
            publishers["begins"] = robot.publisher("begins", 0)
        failed.wait(cut + down - time.monotonic())
        if down < lease:
            assert all(each.subscribe()[1] for each in subscribers.values())
        number = next(numbers)
        robot.lab.join(1)
        for topic in "stays", "every", "restarts", "changes", "begins":
            until(lambda t=topic: (watch.last(t) or 0) > number, topic)  # type: ignore[misc]
        assert type(watch.last("changes")) is float
        until(lambda: not subscribers["dies"].subscribe()[1])
        assert subscribers["quiet"].subscribe() == (1, True)
    for publisher in publishers.values():
        publisher.close()
    until(lambda: not any(subscribers[topic].subscribe()[1] for topic in ("stays", "every")))
    for topic, samples in watch.samples.items():
        values = watch.values(topic)
        assert values == sorted(values), topic
        times = [sample.time_ns for sample in samples]
        # A new session measures the clocks' offset again, and a value may come again with it.
        steps = [later - earlier for earlier, later in itertools.pairwise(times)]
        assert min(steps, default=0) > -OFFSET_NS, topic
    if down < lease:
        until(lambda: _heard(laptop) == len(published) + 1, "all ends")
        assert laptop.counts()["lost"] == 0
        assert watch.values("every") == sorted({*published})


def _heard(laptop: Machine) -> int:
    """Return how many values a bridge has received, and knows that it has not."""
    return sum(laptop.counts()[name] for name in ("received", "skipped", "lost", "refused"))
