"""Topics of other bridges, published here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from .._errors import ShmError, TopicValueError
from .._patterns import Selection
from .._raw import raw_publisher
from .log import logger
from .messages import Codec, Description, WireError, codec_of, unpack_values

if TYPE_CHECKING:
    from .._publisher import Publisher
    from .clock import Clock, Offset
    from .options import Options

RETRY_NS = 1_000_000_000
"""Between attempts to make a publisher that was refused."""
KEPT = 64 << 20
"""Bytes of values that wait for such an attempt, of all topics."""

MOST_SAID = 4096
"""Topics whose last reason to be refused is known."""


class Newest(NamedTuple):
    """A value that waits for its publisher, with its time at the source."""

    raw: Any
    time_ns: int


class Incoming:
    """What is received of all bridges: counters, and the limits that they share.

    received + skipped + lost + refused is what the sources have published since their publishers
    were first heard of.
    """

    def __init__(self, options: Options, clock: Clock) -> None:
        self.options, self.clock = options, clock
        self.received = 0
        """Values published here."""
        self.skipped = 0
        """Values that did not come, of topics of which the newest one is sent."""
        self.lost = 0
        """Values that did not come, of topics of which every one is sent."""
        self.refused = 0
        """Values that came, and could not be published."""
        self.waiting: set[Remote] = set()
        """Publishers that were refused, and have a value."""
        self.open = 0
        """Topics that are published."""
        self.kept = 0
        """Bytes of values that wait."""
        self._said: dict[str, str] = {}

    def is_said_first(self, name: str, text: str) -> bool:
        """Report whether a topic was not refused for the same reason the time before."""
        if self._said.get(name) == text:
            return False
        if len(self._said) >= MOST_SAID:
            self._said.clear()
        self._said[name] = text
        return True

    def chooses(self, topic: str) -> bool:
        # For each topic by itself: one that a source names "*" does not make that word a name.
        chosen = Selection(self.options.receive, exclude=self.options.exclude)
        return bool(chosen.of([topic]))

    def retry(self, now_ns: int) -> None:
        """Try again to publish what was refused."""
        for remote in [*self.waiting]:
            if now_ns >= remote.retry_ns:
                remote.retry(now_ns)

    def due(self) -> int | None:
        """Return when to retry, by the bridge's clock; None if nothing waits."""
        return min([remote.retry_ns for remote in self.waiting], default=None)


class Remote:
    """A publisher at another bridge, and the one here that stands for it.

    Args:
        incoming: What it is part of.
        source: The other bridge's name.
        description: What that says of the publisher.
        offset: Of its clock.
        number: Of the last value before those that are received; None for that before the first.
        before_ns: The time at the source of the topic's last value here.
    """

    def __init__(
        self,
        incoming: Incoming,
        source: str,
        description: Description,
        offset: Offset,
        number: int | None,
        before_ns: int = 0,
    ) -> None:
        self.description = description
        self.topic = description.topic
        self.name = incoming.options.local_name(source, description.topic)
        self.number = number
        self.time_ns = before_ns
        """Of its last value, at the source."""
        self.retry_ns = 0
        self.newest: Newest | None = None
        self._incoming, self._source, self._offset = incoming, source, offset
        self._publisher: Publisher | None = None
        self._local_ns = 0
        self._codec: Codec | None = None
        self._closed = False
        self._carries = description.retain and before_ns > 0
        self._begin(0)

    def take(self, message: bytes | memoryview, now_ns: int) -> None:
        """Publish the values of a message, but for those that came before.

        Raises WireError if it is another publisher's, or if this one has ended.
        """
        if self._closed:
            raise WireError(f"found a value of a publisher of {self.topic!r} that has ended")
        if self._codec is None:  # of a type that is unknown here
            self._incoming.refused += 1
            return
        try:
            values = unpack_values(self._codec, message)
        except WireError as error:
            self._refuse(1, error)
            return
        raws, number, times_ns, incarnation = values
        if incarnation != self.description.incarnation:
            raise WireError(
                f"found a value of publisher {incarnation}; expected "
                f"{self.description.incarnation}, of {self.topic!r}"
            )
        if self.number is None:
            self.number = max(0, number - len(raws))
        if number <= self.number:
            return
        new = min(number - self.number, len(raws))
        self._miss(number - self.number - new)
        self.number = number
        if new < len(raws):
            raws, times_ns = raws[-new:], times_ns[-new:]
        self._publish(raws, times_ns, now_ns)

    def end(self, published: int) -> None:
        """Count what did not come of so many values, and close the publisher."""
        if self.number is not None and published > self.number:
            self._miss(published - self.number)
            self.number = published
        self.close()

    def close(self) -> None:
        """End the topic here. Idempotent."""
        self._closed = True
        self._keep(None)
        publisher, self._publisher = self._publisher, None
        if publisher is not None:
            self._incoming.open -= 1
            publisher.close()

    def retry(self, now_ns: int) -> None:
        """Try to make the publisher, and publish the value that waits."""
        newest = self.newest
        if newest is not None and self._begin(now_ns):
            self._keep(None)
            self._incoming.refused -= self._put([newest.raw], [newest.time_ns], now_ns)

    def _miss(self, count: int) -> None:
        if self.description.every:
            self._incoming.lost += count
        else:
            self._incoming.skipped += count

    def _publish(self, raws: list[Any], times_ns: list[int], now_ns: int) -> None:
        if self._publisher is None and (now_ns < self.retry_ns or not self._begin(now_ns)):
            self._incoming.refused += len(raws)
            if self._codec is not None:
                self._keep(Newest(raws[-1], times_ns[-1]))
            return
        self._keep(None)
        self._put(raws, times_ns, now_ns)

    def _put(self, raws: list[Any], times_ns: Iterable[int], now_ns: int) -> int:
        """Publish values, and return how many; the others are refused."""
        publisher, done = self._publisher, 0
        assert publisher is not None
        clock, ahead = self._incoming.clock, self._offset.ns
        now = clock.monotonic_ns(now_ns)
        for raw, time_ns in zip(raws, times_ns, strict=True):
            if self._carries and self.number == 1 and time_ns == self.time_ns:
                done += 1  # the value that was retained, which this publisher has carried over, too
                continue
            self.time_ns = time_ns
            local = min(max(clock.monotonic_ns(time_ns - ahead), self._local_ns, 1), now)
            try:
                self._publish_one(publisher, raw, local)
            except ShmError as error:
                self._refuse(1, error)
            else:
                self._local_ns = local
                done += 1
        self._incoming.received += done
        return done

    def _publish_one(self, publisher: Publisher, raw: Any, local_ns: int) -> None:
        try:
            publisher._publish_raw(raw, local_ns)
        except TopicValueError:
            if self._local_ns:
                raise
            publisher._publish_raw(raw)  # the value that it has carried over is a later one

    def _begin(self, now_ns: int) -> bool:
        """Make the publisher; report whether there is one."""
        incoming, about = self._incoming, self.description
        options = incoming.options
        try:
            if not incoming.chooses(about.topic):
                raise ValueError("it is none of those to receive")
            self._codec = codec_of(about.descriptor)
            if incoming.open >= options.max_topics:
                raise ValueError(f"there are {incoming.open} received topics, the most allowed")
            self._publisher = raw_publisher(
                self.name,
                about.descriptor,
                about.buffer_num,
                metadata=about.metadata,
                retain=about.retain,
                views=about.views,
                loans=about.loans,
                mode=options.mode,
                bridged=True,
                directory=options.directory or None,
            )
        except (ShmError, ValueError, TypeError, OverflowError) as error:
            self.retry_ns = now_ns + RETRY_NS
            self._log(error)
            return False
        incoming.open += 1
        return True

    def _keep(self, newest: Newest | None) -> None:
        """Keep a value for the next attempt, instead of the one before."""
        incoming = self._incoming
        if self.newest is not None:
            incoming.kept -= _nbytes(self.newest.raw)
            incoming.waiting.discard(self)
            self.newest = None
        if newest is None:
            return
        if (nbytes := _nbytes(newest.raw)) + incoming.kept <= KEPT:
            incoming.kept += nbytes
            raw = bytes(newest.raw) if type(newest.raw) is memoryview else newest.raw
            self.newest = Newest(raw, newest.time_ns)
            incoming.waiting.add(self)

    def _refuse(self, count: int, error: Exception) -> None:
        self._incoming.refused += count
        self._log(error)

    def _log(self, error: Exception) -> None:
        text = str(error)
        if self._incoming.is_said_first(self.name, text):
            where = f"{self.topic!r} of bridge {self._source!r}"
            logger().warning("bridge %r refuses %s: %s", self._incoming.options.name, where, text)


def _nbytes(raw: Any) -> int:
    return len(raw) if isinstance(raw, (bytes, memoryview)) else 8
