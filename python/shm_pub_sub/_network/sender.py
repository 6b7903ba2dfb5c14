"""The thread of a bridge that sends: it follows topics, and answers the receivers' requests."""

from __future__ import annotations

import io
import os
import queue
import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from .keys import value_key
from .log import logger
from .messages import Request, WireError, pack_round, unpack_request
from .options import is_name
from .replies import Replies
from .sending import Sending
from .sources import Clock, Sources

if TYPE_CHECKING:
    from .options import Options

ONE = (1).to_bytes(8, "little")


class Query(Protocol):
    """A request, of another bridge or of any program."""

    payload: bytes
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
        self._sending = Sending(clock.now_ns, clock.now_ns(), options.lease, options.rate)
        self._sources = Sources(options, clock, self._sending, name)
        self._tokens: dict[str, set[str]] = {}
        self._sending.there = self._tokens
        self._stopping = False
        self._queue: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._is_hungry = True
        self._replies = Replies()
        self._wake = io.FileIO(os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC), "wb")

    @property
    def sent(self) -> int:
        """How many values were sent, to all receivers; a batch counts as one."""
        return self._sending.sent

    @property
    def topics(self) -> int:
        """How many topics have a publisher whose values are sent."""
        return sum(not reader.is_over for reader in [*self._sources.readers.values()])

    @property
    def damaged(self) -> int:
        """How many values were not sent, as they were damaged."""
        return self._sources.damaged

    @property
    def receivers(self) -> list[str]:
        """The names of the bridges that ask for topics."""
        return sorted([*self._sending.sessions])

    def on_request(self, query: Query) -> None:
        """Take another bridge's request for a round."""
        try:
            request = unpack_request(query.payload)
            if request.round == 0 and not is_name(request.name):
                raise WireError(f"found the name {request.name[:100]!r}; expected a bridge's")
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
            self._sources.close()
        self._wake_up()

    def run(self) -> None:
        try:
            self._sources.look()
            while not self._stopping:
                self._step()
        except Exception as error:
            self.error = error
            logger().warning("bridge %r: sending has ended: %r", self._name, error)
        finally:
            self._stopping = True
            self._wake.close()
            self._sources.close()
            for name in [*self._sending.sessions]:
                self._refuse(self._sending.forget(name))
            self._replies.close()

    def _wake_up(self) -> None:
        with suppress(ValueError):  # it has ended
            self._wake.write(ONE)

    def _step(self) -> None:
        """Wait for something to do, and do it."""
        sending, sources = self._sending, self._sources
        sources.wait(sending.due() if self._queue.empty() else 0, self._wake.fileno())
        began = self._clock.now_ns()
        while not self._queue.empty():
            do, *arguments = self._queue.get()
            do(*arguments)
        sources.work()
        self._replies.keep(sending.sessions)
        pauses = False
        for query, answer, session in sending.answers():
            payload = pack_round(answer)
            sending.replied(session, len(payload))
            pauses |= session.pauses
            self._replies.send(session.name, query, payload)
        sources.catch_up()
        if pauses:
            sending.worked(self._clock.now_ns() - began)
        self._is_hungry = sending.is_hungry

    def _request(self, request: Request, query: Query) -> None:
        self._refuse(self._sending.request(request, query))
        if request.round == 0:
            self._sources.begin()

    def _refuse(self, queries: Iterable[Query]) -> None:
        for query in queries:
            query.finish()

    def _value(self, query: Query) -> None:
        found = []
        for name, outgoing in [*self._sending.topics.items()]:
            key = value_key(self._name, name)
            if query.matches(key) and (message := outgoing.newest()) is not None:
                found.append((message, key))
        self._replies.send_values(query, found)

    def _token(self, name: str, incarnation: str, is_there: bool) -> None:
        there = self._tokens.setdefault(name, set())
        if is_there:
            there.add(incarnation)
            return
        there.discard(incarnation)
        if not there:
            del self._tokens[name]
            self._refuse(self._sending.forget(name))
