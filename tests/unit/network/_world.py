"""Both sides of bridges without Zenoh, threads, shared memory and time: a simulated world.

Its machines' clocks differ by an hour. A link delays messages, and loses some; then the receiver
hears that there was no answer, as Zenoh tells it.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from shm_pub_sub._network import incoming
from shm_pub_sub._network.incoming import Incoming
from shm_pub_sub._network.link import Link
from shm_pub_sub._network.messages import Description, codec_of, pack_round, unpack_request
from shm_pub_sub._network.options import Options
from shm_pub_sub._network.outgoing import Life, Outgoing
from shm_pub_sub._network.sending import Sending

MS = 1_000_000
HOUR = 3600 * 10**9
TYPES = {"int": int, "float": float, "bool": bool}
EACH = 10**6  # value n of publisher k is k * EACH + n


class Clock:
    """Of one machine: ahead of the world's, and its Unix time ahead of that."""

    def __init__(self, world: World, ahead_ns: int, unix_ns: int) -> None:
        self._world, self._ahead, self._unix = world, ahead_ns, unix_ns

    def now_ns(self) -> int:
        return self.wire_ns(self._world.now + self._ahead)

    def wire_ns(self, monotonic_ns: int) -> int:
        return monotonic_ns + self._unix

    def monotonic_ns(self, wire_ns: int) -> int:
        return wire_ns - self._unix

    def world_ns(self, monotonic_ns: int) -> int:
        return monotonic_ns - self._ahead


class World:
    """What happens, in the order of its times."""

    def __init__(self, dice: Random) -> None:
        self.now = 0
        self.dice = dice
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._count = itertools.count()

    def after(self, ns: int, do: Callable[[], None]) -> None:
        heapq.heappush(self._events, (self.now + ns, next(self._count), do))

    def run(self, until: int) -> None:
        while self._events and self._events[0][0] <= until:
            self.now, _, do = heapq.heappop(self._events)
            do()
        self.now = until


@dataclass
class Topic:
    """A topic at the sender: its publishers' values are taken as they come."""

    outgoing: Outgoing
    every: bool
    retain: bool
    life: Life | None = None
    k: int = 0
    n: int = 0
    newest: tuple[int, int] | None = None


@dataclass
class Published:
    """A publisher at the receiver, as the bridge uses it."""

    log: Log
    name: str
    k: int
    is_retained: bool
    numbers: list[int] = field(default_factory=list)
    closed: bool = False

    def _publish_raw(self, raw: Any, time_ns: int) -> None:
        assert not self.closed
        k, n = divmod(int(raw), EACH)
        assert k == self.k, "a value of another publisher"
        assert not self.numbers or n > self.numbers[-1], "backwards, or twice"
        self.numbers.append(n)
        self.log.published(self.name, k, n, time_ns)

    def close(self) -> None:
        assert not self.closed
        self.closed = True
        assert self.log.open.pop(self.name) is self


class Log:
    """What a receiver has published, checked."""

    def __init__(self, clock: Clock, world: World) -> None:
        self.open: dict[str, Published] = {}
        self.heard: set[int] = set()
        self.last: dict[str, int] = {}
        self._times: dict[str, int] = {}
        self.clock, self._world = clock, world
        self.times: list[tuple[int, int, int]] = []

    def publisher(self, name: str, descriptor: str, *_: Any, **options: Any) -> Published:
        assert name not in self.open, "two publishers"
        k = int(options["metadata"]["description"])
        assert k >= self.last.get(name, 0), "an earlier publisher comes back"
        self.last[name] = k
        self._times[name] = 0
        self.heard.add(k)
        assert options["bridged"] is True
        self.open[name] = Published(self, name, k, options["retain"])
        return self.open[name]

    def published(self, name: str, k: int, n: int, time_ns: int) -> None:
        world_ns = self.clock.world_ns(time_ns)
        assert world_ns <= self._world.now, "from the future"
        assert time_ns >= self._times.get(name, 0), "times go back"
        self._times[name] = time_ns
        self.times.append((k, n, world_ns))


class Receiving:
    """A receiver and its link to the sender."""

    def __init__(self, world: World, sender: SendingSide, name: str, delay: int, loss: float):
        self._world, self._sender, self.delay, self.loss = world, sender, delay, loss
        self.clock = Clock(world, 5 * HOUR + world.dice.randrange(HOUR), 10**18)
        self.log = Log(self.clock, world)
        options = Options(name=name, connect=("tcp/127.0.0.1:1",), receive=("*",))
        self.incoming = Incoming(options, self.clock)  # type: ignore[arg-type]
        self._sessions = itertools.count(world.dice.randrange(2**60))
        self.restart()

    def restart(self) -> None:
        """Begin with a new link, as when the sender's token comes again."""
        if hasattr(self, "link"):
            incoming.raw_publisher = self.log.publisher  # type: ignore[assignment]
            self.link.close()
        self.link = Link("robot", self.incoming, lambda: next(self._sessions))
        self._ask(self.link)

    def _ask(self, link: Link) -> None:
        if link is not self.link:
            return
        payload = link.request(self.clock.now_ns())
        if self._is_lost():
            self._world.after(20 * MS, lambda: self.answered(link, None))
        else:
            ask = Asked(self, link, payload)
            self._world.after(self._delay(), lambda: self._sender.asked(ask))

    def answered(self, link: Link, payload: bytes | None) -> None:
        if link is not self.link:
            return
        now = self.clock.now_ns()
        incoming.raw_publisher = self.log.publisher  # type: ignore[assignment]
        link.answer(payload, now)
        self._world.after(max(0, link.due_ns - now), lambda: self._ask(link))

    def send(self, link: Link, payload: bytes) -> None:
        lost = self._is_lost()
        self._world.after(self._delay(), lambda: self.answered(link, None if lost else payload))

    def _is_lost(self) -> bool:
        return self._world.dice.random() < self.loss

    def _delay(self) -> int:
        return self._world.dice.randrange(self.delay) + 1


class Asked:
    """A request on its way."""

    def __init__(self, receiving: Receiving, link: Link, payload: bytes) -> None:
        self.receiving, self.link, self.payload = receiving, link, payload
        self.arrived_ns = 0


class SendingSide:
    """The sender, with topics that only it knows."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.clock = Clock(world, HOUR, 2 * 10**18)
        self.sending = Sending(self.clock.now_ns, 1000)
        self.topics: dict[str, Topic] = {}
        self.published: dict[int, int] = {}
        self.times: dict[tuple[int, int], int] = {}
        self._k = 0
        self._timer = 0

    def asked(self, query: Asked) -> None:
        query.arrived_ns = self.clock.now_ns()
        for refused in self.sending.request(unpack_request(query.payload), query):
            refused.receiving.answered(refused.link, None)
        self.pump()

    def pump(self) -> None:
        """Answer what can be answered, and come again when that may be more."""
        for query, answer, session in self.sending.answers():
            payload = pack_round(answer)
            self.sending.replied(session, len(payload))
            query.receiving.send(query.link, payload)
        due = self.sending.due()
        if due < 1 << 63:
            self._timer += 1
            self._world.after(max(MS // 10, due - self.clock.now_ns()), self._at(self._timer))

    def _at(self, timer: int) -> Callable[[], None]:
        return lambda: self.pump() if timer == self._timer else None

    def begin(self, name: str, kind: str, every: bool, retain: bool) -> None:
        """A publisher of a topic, which has none, begins."""
        topic = self.topics.get(name)
        if topic is None:
            outgoing = self.sending.topics.get(name)
            topic = self.topics[name] = Topic(outgoing or Outgoing(name), every, retain)
            topic.outgoing.read = lambda: self._read(topic)
            topic.outgoing.is_gone = False
            if outgoing is None:
                self.sending.add(topic.outgoing)
        self._k += 1
        topic.k, topic.n, topic.newest, topic.retain = self._k, 0, None, retain
        self.published[self._k] = 0
        about = {"description": str(self._k)}
        topic.life = self.sending.begin(
            topic.outgoing,
            Description(name, 0, kind, topic.every, retain, 3, 0, 0, about),
            codec_of(kind),
        )
        self.pump()

    def publish(self, name: str) -> None:
        topic = self.topics[name]
        assert topic.life is not None
        topic.n += 1
        now = self.clock.now_ns()
        self.published[topic.k] = topic.n
        self.times[topic.k, topic.n] = self._world.now
        if topic.every:
            topic.life.take(topic.k * EACH + topic.n, topic.n, now)
        else:
            topic.newest = topic.n, now
            topic.outgoing.has_news = True
        self.sending.stir(topic.outgoing)
        self.pump()

    def _read(self, topic: Topic) -> None:
        if topic.newest is not None and topic.life is not None:
            n, time_ns = topic.newest
            topic.life.take(topic.k * EACH + n, n, time_ns)

    def end(self, name: str) -> None:
        """The publisher ends; the topic stays only if its value is retained."""
        topic = self.topics[name]
        assert topic.life is not None
        self._read(topic)
        self.sending.end(topic.outgoing, topic.life, stays=topic.retain and topic.n > 0)
        topic.life = None
        if not topic.retain:
            self.sending.remove(topic.outgoing)
            del self.topics[name]
        self.pump()

    def remove(self, name: str) -> None:
        """The retained value of a topic without a publisher is removed."""
        self.sending.remove(self.topics.pop(name).outgoing)
        self.pump()
