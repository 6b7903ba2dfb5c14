"""Machines, of a lab or not, each with a process for its bridge and a directory for its topics.

The test itself publishes and subscribes on all of them.
"""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from shm_pub_sub import Publisher, Sample, Subscriber, follow, remove, topics
from support.lab import Lab
from support.peer import Peer
from support.waiting import until

from . import _bridges

PORT = 7447


class Site:
    """A lab and its processes, for all tests of a module, as each takes a quarter of a second."""

    def __init__(self, machines: int) -> None:
        self.lab = Lab(machines)
        self.peers = [self.lab.peer(number) for number in range(machines)]


class Machine:
    """One machine. close() closes what was made by its methods.

    Args:
        number: By which its bridge is named.
        directory: Of its topics.
        peer: The process that its bridge is part of, or a child of.
        endpoint: Where its bridge listens, if it does.
        lab: What it is part of, if it is.
    """

    def __init__(
        self, number: int, directory: Path, peer: Peer, endpoint: str, lab: Lab | None = None
    ) -> None:
        directory.mkdir()
        self.number, self.directory, self.peer, self.endpoint = number, directory, peer, endpoint
        self._lab = lab
        self._made = ExitStack()

    @property
    def lab(self) -> Lab:
        assert self._lab is not None
        return self._lab

    def options(self, **options: Any) -> dict[str, Any]:
        own = {"name": f"m{self.number}", "directory": str(self.directory), "insecure": True}
        return own | options

    def bridge(self, **options: Any) -> None:
        """Open its bridge."""
        self.peer.call(_bridges.open_bridge, self.options(**options))

    def fork_bridge(self, **options: Any) -> None:
        """Open its bridge in a process that can be killed."""
        self.peer.call(_bridges.fork_bridge, self.options(**options))

    def counts(self) -> dict[str, int]:
        counts: dict[str, int] = self.peer.call(_bridges.counts)
        return counts

    def publisher(self, topic: str, default: Any, *args: Any, **options: Any) -> "Publisher[Any]":
        made = Publisher(topic, default, *args, directory=self.directory, **options)
        return self._made.enter_context(made)

    def subscriber(self, topic: str, default: Any, **options: Any) -> "Subscriber[Any]":
        made = Subscriber(topic, default, directory=self.directory, **options)
        return self._made.enter_context(made)

    def watch(self, *patterns: str) -> "Watch":
        """Note all values of topics from now on."""
        return self._made.enter_context(Watch(self.directory, *patterns))

    def close(self) -> None:
        if self._lab is not None:
            self._lab.join(self.number)
            self._lab.unlimit(self.number)
        self._made.close()
        self.peer.call(_bridges.end)
        for topic in topics(directory=self.directory):
            if topic.retain and not topic.alive:
                remove(topic.name, directory=self.directory)
        if not any(self.directory.iterdir()):  # the fixture shm_dir reports what is left
            self.directory.rmdir()


class Watch:
    """Takes the values of a machine's topics, in a thread."""

    def __init__(self, directory: Path, *patterns: str) -> None:
        self.samples: dict[str, list[Sample[Any]]] = {}
        self.came: dict[str, list[int]] = {}
        """When, CLOCK_MONOTONIC ns."""
        self._follow = follow(*patterns, directory=directory)
        self._thread = threading.Thread(target=self._take, daemon=True)

    def _take(self) -> None:
        for topic, sample in self._follow:
            if topic.startswith("bridge/"):
                continue  # the bridge's own
            self.came.setdefault(topic, []).append(time.monotonic_ns())
            self.samples.setdefault(topic, []).append(sample)

    def values(self, topic: str) -> list[Any]:
        return [sample.value for sample in [*self.samples.get(topic, ())]]

    def last(self, topic: str) -> Any:
        """The last value, or None."""
        samples = self.samples.get(topic)
        return samples[-1].value if samples else None

    def ages(self, topics: list[str], first: int = 0, last: int = sys.maxsize) -> list[float]:
        """Return how old values came between two times, in s; they are when they were published."""
        return [
            came / 1e9 - sample.value
            for topic in topics
            for came, sample in zip([*self.came[topic]], self.samples[topic], strict=False)
            if first < came < last
        ]

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._follow.close()
        self._thread.join(10)
        assert not self._thread.is_alive()


def site_of(machines: int) -> Any:
    """Return the fixture of a module whose tests need so many machines: site = site_of(2)."""

    @pytest.fixture(scope="module")
    def site() -> Iterator[Site]:
        made = Site(machines)
        yield made
        made.lab.end()

    return site


@pytest.fixture
def machines(site: Site, shm_dir: Path) -> Iterator[list[Machine]]:
    """The machines of a module's site."""
    lab = site.lab
    made = [
        Machine(n, shm_dir / f"m{n}", peer, f"tcp/{lab.address(n)}:{PORT}", lab)
        for n, peer in enumerate(site.peers)
    ]
    yield made
    for machine in made:
        machine.close()


def connect(robot: Machine, *laptops: Machine, **options: Any) -> None:
    """Bridge all topics of one machine to others, and wait until they know each other."""
    robot.bridge(listen=robot.endpoint, send="*", **options)
    for laptop in laptops:
        laptop.bridge(connect=robot.endpoint, receive="*", **options)
    for machine in (robot, *laptops):
        others = laptops if machine is robot else (robot,)
        names = {f"m{other.number}" for other in others}
        until(lambda m=machine, n=names: n <= {*m.peer.call(_bridges.peers)})  # type: ignore[misc]
