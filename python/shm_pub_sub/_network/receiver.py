"""The thread of a bridge that receives, in its first form: the newest values of each source."""

from __future__ import annotations

import queue
import secrets
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .._errors import ShmError
from .._raw import raw_publisher
from .messages import Description, Request, WireError, pack_request, unpack_round
from .value_messages import unpack_values
from .values import codec_of

if TYPE_CHECKING:
    from .clock import Clock
    from .options import Options

Ask = Callable[[str, str, bytes, float, Callable[["bytes | None"], None]], None]
PAUSES = (0.05, 1.0)


class Link:
    """A session with one source."""

    def __init__(self, name: str, incarnation: str) -> None:
        self.name, self.incarnation = name, incarnation
        self.session, self.round, self.pause = 0, 0, PAUSES[0]
        self.due: float | None = 0.0
        self.sent_ns = 0
        self.topics: dict[int, list[Any]] = {}


class Receiver(threading.Thread):
    """Receives the topics that the options choose, in a thread."""

    def __init__(self, options: Options, clock: Clock, ask: Ask) -> None:
        super().__init__(name="shm_pub_sub receiver", daemon=True)
        self.error: Exception | None = None
        self.received = self.skipped = self.lost = self.refused = self.connected = 0
        self.rtt: float | None = None
        self._options, self._clock, self._ask = options, clock, ask
        self._queue: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._links: dict[tuple[str, str], Link] = {}

    def on_token(self, name: str, incarnation: str, is_there: bool) -> None:
        """Take note that another bridge is there, or is gone."""
        self._queue.put((self._token, name, incarnation, is_there))

    def stop(self) -> None:
        """End the thread, soon."""
        self._queue.put(None)

    def run(self) -> None:
        try:
            while True:
                due = [link.due for link in self._links.values() if link.due is not None]
                try:
                    wait = max(0.0, min(due) - time.monotonic()) if due else None
                    if (found := self._queue.get(timeout=wait)) is None:
                        return
                    found[0](*found[1:])
                except queue.Empty:
                    pass
                for link in [*self._links.values()]:
                    if link.due is not None and link.due <= time.monotonic():
                        self._begin(link)
        except Exception as error:
            self.error = error
        finally:
            for key in [*self._links]:
                self._token(*key, False)

    def _token(self, name: str, incarnation: str, is_there: bool) -> None:
        if is_there:
            self._links[name, incarnation] = Link(name, incarnation)
            return
        link = self._links.pop((name, incarnation), None)
        for topic in link.topics.values() if link else ():
            topic[0].close()

    def _begin(self, link: Link) -> None:
        for topic in link.topics.values():
            topic[0].close()
        link.topics.clear()
        link.session, link.round = secrets.randbits(64), 0
        self._next(link)

    def _next(self, link: Link) -> None:
        options = self._options
        words = (options.receive, options.exclude) if link.round == 0 else (None, None)
        link.sent_ns, link.due = self._clock.now_ns(), None
        request = Request(link.session, link.round, link.sent_ns, options.name, *words)
        self._ask(
            link.name,
            link.incarnation,
            pack_request(request),
            options.lease + options.hold,
            lambda reply: self._queue.put((self._reply, link, request, reply)),
        )

    def _reply(self, link: Link, request: Request, reply: bytes | None) -> None:
        if self._links.get((link.name, link.incarnation)) is not link:
            return
        try:
            if reply is None:
                raise WireError("no reply")
            answer = unpack_round(reply)
            if (answer.session, answer.round) != (link.session, link.round):
                raise WireError("another round")
            held = answer.replied_ns - answer.arrived_ns
            rtt = (self._clock.now_ns() - request.sent_ns - held) / 1e9
            self.rtt = min(rtt, self.rtt or rtt)
            for number, published in answer.ends:
                self._end(link, number, published)
            for number, description in answer.descriptions:
                self._open(link, number, description)
            for number, message in answer.updates:
                self._publish(link, number, bytes(message))
        except WireError:
            link.due = time.monotonic() + link.pause
            link.pause = min(2 * link.pause, PAUSES[1])
            return
        link.pause = PAUSES[0]
        link.round += 1
        self._next(link)

    def _open(self, link: Link, number: int, about: Description) -> None:
        name = self._options.local_name(link.name, about.topic)
        try:
            publisher = raw_publisher(
                name,
                about.descriptor,
                about.buffer_num,
                metadata=about.metadata,
                retain=about.retain,
                views=about.views,
                loans=about.loans,
                mode=self._options.mode,
                directory=self._options.directory,
                bridged=True,
            )
        except (ShmError, ValueError):
            self.refused += 1
            return
        link.topics[number] = [publisher, codec_of(about.descriptor), 0, about.every]

    def _publish(self, link: Link, number: int, message: bytes) -> None:
        if (topic := link.topics.get(number)) is None:
            self.refused += 1
            return
        publisher, codec, last, every = topic
        values = unpack_values(codec, message)
        for raw in values.raws:
            publisher._publish_raw(raw)
        self._count(every, values.number - last - len(values.raws))
        self.received += len(values.raws)
        topic[2] = values.number

    def _end(self, link: Link, number: int, published: int) -> None:
        if (topic := link.topics.pop(number, None)) is not None:
            self._count(topic[3], published - topic[2])
            topic[0].close()

    def _count(self, every: bool, missing: int) -> None:
        if every:
            self.lost += missing
        else:
            self.skipped += missing
