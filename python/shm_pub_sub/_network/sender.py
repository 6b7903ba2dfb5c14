"""The thread of a bridge that sends: it follows topics, and answers the receivers' requests."""

from __future__ import annotations

import io
import os
import queue
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from .._descriptors import Descriptors
from .._follow import Follower
from .._followed import GONE, OPENED, REFUSED, Event, Topic
from .._patterns import Selection
from .._topics import TopicInfo, inspect_typed
from .keys import value_key
from .log import logger
from .messages import Request, WireError, pack_round, unpack_request
from .outgoing import Outgoing
from .reader import Reader
from .replies import Replies
from .sending import Sending

if TYPE_CHECKING:
    from .options import Options

CHECK_NS = 100_000_000
"""Between looks whether a topic's publisher lives."""
PARTS = 10
"""In which many topics are looked at, so that none waits long meanwhile."""
SMALL_PART = 64
ONE = (1).to_bytes(8, "little")


class Clock(Protocol):
    """The bridge's clock."""

    def now_ns(self) -> int: ...
    def wire_ns(self, monotonic_ns: int) -> int: ...


class Query(Protocol):
    """A request, of another bridge or of any program."""

    payload: bytes
    key: str
    arrived_ns: int

    def matches(self, key: str) -> bool: ...
    def reply(self, payload: bytes, key: str | None = None) -> None: ...
    def finish(self) -> None: ...


class Sender(threading.Thread):
    """Sends the topics that the options choose.

    on_request(), on_value(), on_token() and stop() may be called by any thread, at any time. If
    the thread has ended by an exception, `error` is that.
    """

    def __init__(self, options: Options, clock: Clock, name: str) -> None:
        super().__init__(name="shm_pub_sub sender", daemon=True)
        self.error: Exception | None = None
        self._options, self._clock, self._name = options, clock, name
        self._directory = options.directory or None
        self._every = Selection(options.every) if options.every else None
        self._sending = Sending(clock.now_ns, clock.now_ns(), options.lease, options.rate)
        self._readers: dict[str, Reader] = {}
        self._behind: set[Outgoing] = set()  # of every value, with values to take
        self._damaged = 0  # of topics that are gone
        self._is_full = False
        self._next_check, self._unchecked = 0, list[Reader]()
        self._tokens: dict[str, set[str]] = {}
        self._stopping = False
        self._queue: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._is_hungry = True
        self._replies = Replies()
        self._follower = Follower(
            Selection(options.send, exclude=options.exclude),
            directory=self._directory,
            trust=options.trust,
            most=Descriptors().most,
            raw=True,
            once=True,
        )
        self._wake = io.FileIO(os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC), "wb")
        self._poll: Any = None  # that has it

    @property
    def sent(self) -> int:
        """How many values were sent, to all receivers; a batch counts as one."""
        return self._sending.sent

    @property
    def topics(self) -> int:
        """How many topics have a publisher whose values are sent."""
        return sum(not reader.is_over for reader in [*self._readers.values()])

    @property
    def damaged(self) -> int:
        """How many values were not sent, as they were damaged."""
        return self._damaged + sum(reader.damaged for reader in [*self._readers.values()])

    @property
    def receivers(self) -> list[str]:
        """The names of the bridges that ask for topics."""
        return sorted([*self._sending.sessions])

    def on_request(self, query: Query) -> None:
        """Take another bridge's request for a round."""
        try:
            request = unpack_request(query.payload)
        except WireError as error:
            logger().info("bridge %r: a request was not understood: %s", self._name, error)
            query.finish()
            return
        self._queue.put((self._request, request, query))
        # The thread says that it is hungry before it looks at the queue for the last time.
        if self._is_hungry or request.round == 0:
            self._wake_up()

    def on_value(self, query: Query) -> None:
        """Take any program's request for the newest values."""
        self._queue.put((self._value, query))
        self._wake_up()

    def on_token(self, name: str, incarnation: str, is_there: bool) -> None:
        """Take note that another bridge is there, or is gone."""
        self._queue.put((self._token, name, incarnation, is_there))

    def stop(self) -> None:
        """End the thread, soon."""
        self._stopping = True
        if self.ident is None:
            self._wake.close()
            self._follower.close()
        self._wake_up()

    def run(self) -> None:
        try:
            self._look()
            while not self._stopping:
                self._step()
        except Exception as error:
            self.error = error
            logger().warning("bridge %r: sending has ended: %r", self._name, error)
        finally:
            self._stopping = True
            self._wake.close()
            self._follower.close()
            for name in [*self._sending.sessions]:
                self._refuse(self._sending.forget(name))
            self._replies.close()

    def _wake_up(self) -> None:
        with suppress(ValueError):  # it has ended
            self._wake.write(ONE)

    def _step(self) -> None:
        """Wait for something to do, and do it."""
        follower = self._follower
        fds = follower.poll.wait(self._seconds())
        if fds:
            if (wake := self._wake.fileno()) in fds:
                fds.remove(wake)
            self._note(follower.ready(fds))
        while not self._queue.empty():
            do, *arguments = self._queue.get()
            do(*arguments)
        if follower.look_is_due():
            self._look()
        if self._clock.now_ns() >= self._next_check:
            self._check()
        self._answer()
        self._catch_up()
        self._is_hungry = self._sending.is_hungry

    def _seconds(self) -> float:
        """Return how long to wait at most."""
        if not self._queue.empty() or self._behind:
            return 0.0
        now = time.monotonic()
        until = min(self._sending.due(), self._next_check)
        return max(0.0, min((until - self._clock.now_ns()) / 1e9, self._follower.due() - now))

    # Topics:

    def _note(self, topics: Iterable[Topic]) -> None:
        """Note that topics have values to take."""
        for topic in topics:
            reader = self._readers.get(topic.name)
            if reader is not None and reader.topic is topic:
                outgoing = reader.outgoing
                outgoing.has_news = True
                self._sending.stir(outgoing)
                if reader.every:
                    self._behind.add(outgoing)

    def _catch_up(self) -> None:
        """Take values of which each is sent, before they are overwritten."""
        for outgoing in [*self._behind]:
            if self._sending.wants(outgoing):
                outgoing.refresh()
            if not (outgoing.has_news and self._sending.wants(outgoing)):
                self._behind.discard(outgoing)

    def _look(self) -> None:
        """Look for topics."""
        for event in self._follower.look():
            self._on_event(event)
        if self._follower.poll is not self._poll:
            self._poll = self._follower.poll
            self._poll.add(self._wake.fileno(), True)
        beyond = self._follower.beyond
        if beyond and not self._is_full:
            logger().warning(
                "bridge %r: %d topics, %r first, are not sent for now: this process has too few "
                "descriptors; raise the limit (ulimit -n)",
                self._name,
                len(beyond),
                beyond[0],
            )
        self._is_full = bool(beyond)

    def _on_event(self, event: Event) -> None:
        topic, reader = event.topic, self._readers.get(event.topic.name)
        if event.what == OPENED:
            if reader is not None:
                reader.close()
            self._open(topic)
        elif event.what == REFUSED:
            self._log_refused(topic.name, topic.error)
        elif event.what == GONE and reader is not None:
            self._check_one(reader)

    def _open(self, topic: Topic) -> None:
        name = topic.name
        outgoing = self._sending.topics.get(name)
        every = self._every is not None and bool(self._every.of([name]))
        is_new = outgoing is None
        if outgoing is None:
            outgoing = Outgoing(name)
        try:
            reader = Reader(
                topic, outgoing, self._sending, every, self._clock.wire_ns, self._inspect
            )
        except ValueError as error:
            self._log_refused(name, error)
            topic.close()
            return
        if is_new:
            self._sending.add(outgoing)
        self._readers[name] = reader
        self._check_one(reader)

    def _inspect(self, name: str) -> tuple[TopicInfo, str]:
        return inspect_typed(name, trust=self._options.trust, directory=self._directory)

    def _log_refused(self, name: str, error: object) -> None:
        logger().warning("bridge %r does not send %r: %s", self._name, name, error)

    def _check(self) -> None:
        """Look at some topics, whether their publishers live."""
        now = self._clock.now_ns()
        if not self._unchecked:
            self._unchecked = [*self._readers.values()]
            self._sending.forget_silent()
        parts = min(PARTS, len(self._readers) // SMALL_PART + 1)
        for _ in range(len(self._readers) // parts + 1):
            if not self._unchecked:
                break
            reader = self._unchecked.pop()
            if self._readers.get(reader.topic.name) is reader:
                self._check_one(reader)
        self._next_check = now + CHECK_NS // parts

    def _check_one(self, reader: Reader) -> None:
        reader.check()
        topic = reader.topic
        if reader.is_bridged:
            topic.close()  # until its name is another file's
            self._leave(reader)
        elif reader.is_over and not topic.is_there:
            if topic.by_pattern:
                self._follower.forget(topic)
            self._leave(reader)

    def _leave(self, reader: Reader) -> None:
        reader.close()
        self._damaged += reader.damaged
        del self._readers[reader.topic.name]
        self._behind.discard(reader.outgoing)
        self._sending.remove(reader.outgoing)

    # Receivers:

    def _request(self, request: Request, query: Query) -> None:
        self._refuse(self._sending.request(request, query))
        if request.round == 0:
            every = [reader.outgoing for reader in self._readers.values() if reader.every]
            self._behind.update(outgoing for outgoing in every if outgoing.has_news)

    def _refuse(self, queries: Iterable[Query]) -> None:
        for query in queries:
            query.finish()

    def _answer(self) -> None:
        for query, answer, session in self._sending.answers():
            payload = pack_round(answer)
            self._sending.replied(session, len(payload))
            self._replies.send(session.name, query, payload)

    def _value(self, query: Query) -> None:
        try:
            for name, outgoing in self._sending.topics.items():
                key = value_key(self._name, name)
                if query.matches(key) and (message := outgoing.newest()) is not None:
                    query.reply(message, key)
        finally:
            query.finish()

    def _token(self, name: str, incarnation: str, is_there: bool) -> None:
        there = self._tokens.setdefault(name, set())
        if is_there:
            there.add(incarnation)
            return
        there.discard(incarnation)
        if not there:
            del self._tokens[name]
            self._refuse(self._sending.forget(name))
