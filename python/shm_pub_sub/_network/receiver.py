"""The thread of a bridge that receives: it asks the others for rounds, and publishes what comes."""

from __future__ import annotations

import itertools
import queue
import secrets
import threading
from collections.abc import Callable
from functools import partial
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from .incoming import Incoming
from .link import Link
from .log import logger

if TYPE_CHECKING:
    from typing import Final

    from .clock import Clock
    from .options import Options

Key = tuple[str, str]  # name and incarnation of a bridge
Ask = Callable[[str, str, bytes, float, Callable[[bytes | None], None]], None]


AT_ONCE: Final = 64 << 10
"""Bytes of an answer that the thread of Zenoh that brings it may publish: waking another one would
take longer than that."""


class Receiver(threading.Thread):
    """Receives the topics that the options choose from each bridge that is there.

    Its thread asks. What comes is published by the thread that brings it, if this one is at rest.

    on_token() and stop() may be called by any thread, at any time. If the thread has ended by an
    exception, `error` is that.

    Args:
        options: Of the bridge.
        clock: Its clock.
        ask: Sends a request to a bridge of a name and an incarnation: payload, seconds, and what
            gets the answer, or None, once, in any thread.
    """

    def __init__(self, options: Options, clock: Clock, ask: Ask) -> None:
        super().__init__(name="shm_pub_sub receiver", daemon=True)
        self.error: Exception | None = None
        self._options, self._clock, self._ask = options, clock, ask
        self._incoming = Incoming(options, clock)
        self._queue: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._there: dict[str, list[str]] = {}  # incarnations, of which the last one counts
        self._links: dict[Key, Link] = {}
        self._later: list[tuple[int, int, Key, Link]] = []  # to ask, a heap by time
        self._numbers = itertools.count()
        self._stopping = False
        self._lock = threading.Lock()  # of all but the queue

    @property
    def received(self) -> int:
        """Values received and published here."""
        return self._incoming.received

    @property
    def skipped(self) -> int:
        """Values not received, of topics of which the newest one is sent."""
        return self._incoming.skipped

    @property
    def lost(self) -> int:
        """Values not received, of topics of which every one is sent."""
        return self._incoming.lost

    @property
    def refused(self) -> int:
        """Values received that could not be published here."""
        return self._incoming.refused

    @property
    def topics(self) -> int:
        """How many topics are published here."""
        return self._incoming.open

    @property
    def connected(self) -> int:
        """How many bridges answer."""
        return sum(link.is_connected for link in [*self._links.values()])

    @property
    def rtt(self) -> float | None:
        """Seconds of a round trip to the farthest bridge; None before the first."""
        found = [link.offset.rtt_ns for link in [*self._links.values()]]
        return max((ns / 1e9 for ns in found if ns is not None), default=None)

    def on_token(self, name: str, incarnation: str, is_there: bool) -> None:
        """Take note that another bridge is there, or is gone."""
        self._queue.put(partial(self._token, name, incarnation, is_there))

    def stop(self) -> None:
        """End the thread, soon."""
        self._stopping = True
        self._queue.put(None)

    def run(self) -> None:
        try:
            while not self._stopping:
                self._step()
        except Exception as error:
            self.error = error
            logger().warning("bridge %r: receiving has ended: %r", self._options.name, error)
        finally:
            with self._lock:
                for link in self._links.values():
                    link.close()
                self._links.clear()

    def _step(self) -> None:
        """Wait for something to do, and do it."""
        with self._lock:
            seconds = self._seconds()
        try:
            do = self._queue.get(timeout=seconds)
        except queue.Empty:
            do = None
        with self._lock:
            if do is not None:
                do()
            self._work()

    def _work(self) -> None:
        """Do what it is time for."""
        now = self._clock.now_ns()
        while self._later and self._later[0][0] <= now:
            _, _, key, link = heappop(self._later)
            if self._links.get(key) is link:
                self._request(key, link)
        due = self._incoming.due()
        if due is not None and now >= due:
            self._incoming.retry(now)

    def _seconds(self) -> float | None:
        """Return how long to wait at most."""
        dues = [each for each in (self._incoming.due(),) if each is not None]
        dues += [each[0] for each in self._later[:1]]
        return max(0.0, (min(dues) - self._clock.now_ns()) / 1e9) if dues else None

    def _request(self, key: Key, link: Link) -> None:
        payload = link.request(self._clock.now_ns())

        def on_reply(answer: bytes | None) -> None:
            received_ns = self._clock.now_ns()
            do = self._answer
            is_small = answer is not None and len(answer) <= AT_ONCE
            if is_small and self._lock.acquire(blocking=False):
                try:
                    self._apply(key, link, answer, received_ns)
                except Exception as error:
                    self._queue.put(partial(self._fail, error))
                    return
                finally:
                    self._lock.release()
                do = self._go_on
            self._queue.put(partial(do, key, link, answer, received_ns))

        self._ask(*key, payload, link.patience, on_reply)

    def _apply(self, key: Key, link: Link, answer: bytes | None, received_ns: int) -> None:
        if self._links.get(key) is link:  # else it is of a bridge that is gone
            link.answer(answer, received_ns)

    def _answer(self, key: Key, link: Link, answer: bytes | None, received_ns: int) -> None:
        self._apply(key, link, answer, received_ns)
        self._go_on(key, link, answer, received_ns)

    def _go_on(self, key: Key, link: Link, answer: bytes | None, received_ns: int) -> None:
        """Ask for the next round, now or later."""
        if self._links.get(key) is not link:
            return
        if link.due_ns <= received_ns:
            self._request(key, link)
        else:
            heappush(self._later, (link.due_ns, next(self._numbers), key, link))

    def _fail(self, error: Exception) -> None:
        raise error

    def _token(self, name: str, incarnation: str, is_there: bool) -> None:
        there = self._there.setdefault(name, [])
        if incarnation in there:
            there.remove(incarnation)
        if is_there:
            there.append(incarnation)
        chosen = there[-1] if there else None
        for key in [key for key in self._links if key[0] == name and key[1] != chosen]:
            self._links.pop(key).close()  # it is gone, or was started again
        if chosen is None:
            del self._there[name]
        elif (name, chosen) not in self._links:
            key = name, chosen
            self._links[key] = link = Link(name, self._incoming, _new_session)
            self._request(key, link)


def _new_session() -> int:
    return secrets.randbits(63)
