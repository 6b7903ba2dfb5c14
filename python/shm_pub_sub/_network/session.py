"""What a receiver knows of this bridge's topics, and what its next round is to tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .._patterns import Selection
from .budget import Budget
from .messages import Description, Request, Round
from .outgoing import LARGE, Life, Outgoing

SPURIOUS_NS = 1_000_000
"""Until the next attempt if nothing was found where something seemed to be."""
UPDATE_BYTES = 16
"""Of a value in a round, besides its message."""


class Heard:
    """What a receiver knows of a topic."""

    __slots__ = ("acknowledged", "after", "is_wanted", "life", "sent")

    def __init__(self) -> None:
        self.life: Life | None = None
        """The publisher that was described, and whose end was not sent."""
        self.after = 0
        """The id of the last one whose end was sent."""
        self.sent = self.acknowledged = 0
        """The numbers of the last values that were sent, and that have certainly arrived."""
        self.is_wanted = True


class Session:
    """A receiver's session, one round after the other.

    Args:
        request: Its first one.
        topics: All that are there.
        known: The greatest id of a publisher so far.
        arrived: What the receiver's session before has got: numbers by publishers' ids.
    """

    def __init__(
        self,
        request: Request,
        topics: Iterable[Outgoing],
        known: int,
        arrived: dict[int, int],
    ) -> None:
        self.number, self.name, self.link = request.session, request.name, request.link
        self.round = -1
        """Of the last request."""
        self.query: Any = None
        """The request that waits for its answer."""
        self.asked_at = 0
        self.not_before = 0
        """The earliest time of the next round."""
        self.budget = Budget()
        self._chosen = Selection(request.patterns or (), exclude=request.excluded or ())
        self._version = self._chosen.version
        self._chooses_none = request.patterns == ()
        self._known, self._arrived = known, arrived
        self._heard: dict[Outgoing, Heard] = {}
        self._in_flight: list[Heard] = []
        self._waiting: dict[Outgoing, None] = {}
        self.is_complete = False
        """Whether the receiver has heard of all topics that were there when the session began."""
        self.pauses = self.used_up = False
        """Whether the last answer had several values, all that there were, and took all of its
        budget."""
        self.large: list[tuple[Outgoing, Life]] = []
        """The publishers of large values that it had."""
        self.ended: list[Outgoing] = []
        """The topics of the ends that it had."""
        for topic in topics:
            self.add(topic)
        self._first = {*self._heard}

    def add(self, topic: Outgoing) -> None:
        """Have a topic that has appeared, if the receiver wants it."""
        if not self._chooses_none and self._chosen.of([topic.name]):
            self._heard[topic] = Heard()
            self._waiting[topic] = None

    def choose_again(self, topics: Iterable[Outgoing]) -> None:
        """Look at all topics, if a name has given a word of the receiver's another meaning."""
        while self._chosen.version != self._version:
            self._version = self._chosen.version
            for topic in topics:
                heard = self._heard.get(topic)
                if heard is None:
                    self.add(topic)
                elif not self._chosen.of([topic.name]):
                    heard.is_wanted = False
                    self._waiting.setdefault(topic)

    def drop(self, topic: Outgoing) -> None:
        """Forget a topic of which nothing is left to tell."""
        self._heard.pop(topic, None)
        self._waiting.pop(topic, None)
        self._first.discard(topic)

    def wants(self, topic: Outgoing) -> bool:
        return topic in self._heard

    def stir(self, topic: Outgoing) -> None:
        """Note that there may be something to tell of a topic."""
        if topic in self._heard:
            self._waiting.setdefault(topic)

    def needs(self, topic: Outgoing, life: Life) -> bool:
        """Report whether the receiver is to hear more of a publisher that is over."""
        heard = self._heard.get(topic)
        if heard is None:
            return False
        at = heard.after if heard.life is None else heard.life.id
        return heard.life is life or (heard.is_wanted and life.id > max(at, self._known))

    def is_at(self, topic: Outgoing, life: Life) -> bool:
        """Report whether the receiver knows a publisher, and not its end."""
        heard = self._heard.get(topic)
        return heard is not None and heard.life is life

    def has_got(self, topic: Outgoing, number: int) -> bool:
        """Report whether the receiver does not wait for that value."""
        heard = self._heard.get(topic)
        return heard is None or heard.sent >= number

    def asked(self, request: Request, query: Any, now_ns: int) -> bool:
        """Take the next request; report False if it is not the next one."""
        if request.round != self.round + 1 or self.query is not None:
            return False
        self.round, self.query, self.asked_at = request.round, query, now_ns
        self.budget.asked(now_ns)
        for heard in self._in_flight:
            heard.acknowledged = heard.sent
        self._in_flight.clear()
        return True

    @property
    def has_news(self) -> bool:
        """Whether there is something to tell, as far as is known."""
        return bool(self._waiting) or not self.is_complete

    def arrived(self) -> dict[int, int]:
        """Return the numbers of the last values that have certainly arrived, by publishers."""
        found = {}
        for topic, heard in self._heard.items():
            for life in topic.lives:
                if life is heard.life:
                    found[life.id] = heard.acknowledged
                elif life.id in self._arrived:
                    found[life.id] = self._arrived[life.id]
        return found

    def answer(self, arrived_ns: int, now: Callable[[], int]) -> Round | None:
        """Return the answer to the request; None if there is nothing to tell."""
        writer = _Writer(self.budget.nbytes)
        for topic in [*self._waiting]:
            if writer.is_full:
                break
            has_more = self._fill(topic, self._heard[topic], writer)
            has_more |= topic.has_news and topic in self._heard  # it came meanwhile
            if not (has_more and writer.is_full):
                del self._waiting[topic]
            if has_more and not writer.is_full:
                self._waiting[topic] = None
        if writer.is_empty and (self.is_complete or self._first):
            self.not_before = now() + (SPURIOUS_NS if self._waiting else 0)
            return None
        self.is_complete = not self._first
        self._in_flight = writer.heard
        self.large, self.ended = writer.large, writer.ended
        self.pauses = (writer.topics > 1 or writer.has_several) and not writer.is_full
        self.used_up = writer.is_full
        return Round(
            self.number,
            self.round,
            arrived_ns,
            now(),
            self.is_complete,
            writer.ends,
            writer.descriptions,
            writer.updates,
        )

    def nothing(self, arrived_ns: int, now: Callable[[], int]) -> Round:
        """Return an answer that tells nothing."""
        self.pauses = self.used_up = False
        self.large, self.ended = [], []
        return Round(self.number, self.round, arrived_ns, now(), self.is_complete, [], [], [])

    def _fill(self, topic: Outgoing, heard: Heard, writer: _Writer) -> bool:
        """Put what is new of a topic into a round; report whether there is more."""
        topic.refresh()
        self._first.discard(topic)
        before = len(writer.updates)
        is_new = False
        while True:
            life = heard.life
            if not heard.is_wanted and not is_new:
                if life is not None:
                    writer.end(topic, life)
                del self._heard[topic]
                return False
            if life is None:
                life = topic.next_after(heard.after, self._known)
                if life is None or not heard.is_wanted:
                    return False
                heard.life, is_new = life, True
                heard.sent = heard.acknowledged = self._begin_of(life)
                writer.describe(life)
            has_more = self._send(topic, life, heard, writer)
            if has_more or not life.is_over:
                break
            if is_new or len(writer.updates) > before:
                return True  # the end takes effect before them in a round
            writer.end(topic, life)
            heard.life, heard.after = None, life.id
        return has_more

    def _begin_of(self, life: Life) -> int:
        """Return the number of the value before the first one that the receiver is to get."""
        if life.kept is None or life.id > self._known:
            return 0
        newest = max(0, life.kept.last - 1)
        return self._arrived.get(life.id, newest)

    def _send(self, topic: Outgoing, life: Life, heard: Heard, writer: _Writer) -> bool:
        """Put values of a publisher into a round; report whether there are more."""
        before, fits = heard.sent, True
        if life.kept is None:
            if life.number > heard.sent:
                message = topic.message(life)
                fits = message is None or writer.update(life, message)
                heard.sent = life.number if fits else before
                if fits and message is not None and len(message) > LARGE:
                    writer.large.append((topic, life))
        else:
            while (found := life.kept.after(heard.sent, writer.room)) is not None:
                if not (fits := writer.update(life, found[0])):
                    break
                writer.has_several |= found[1] - heard.sent > 1
                heard.sent = found[1]
                if writer.is_full:
                    break
        if heard.sent > before:
            writer.topics += 1
            writer.heard.append(heard)
        return not (fits and life.is_sent(heard.sent))


class _Writer:
    """A round in the making."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.ends: list[tuple[int, int]] = []
        self.descriptions: list[tuple[int, Description]] = []
        self.updates: list[tuple[int, bytes | memoryview]] = []
        self.heard: list[Heard] = []
        self.large: list[tuple[Outgoing, Life]] = []
        self.ended: list[Outgoing] = []
        self.topics = 0
        """Of the values."""
        self.has_several = False
        """Values of one topic."""

    @property
    def is_full(self) -> bool:
        return self.room <= 0

    @property
    def is_empty(self) -> bool:
        return not (self.ends or self.descriptions or self.updates)

    def end(self, topic: Outgoing, life: Life) -> None:
        self.ended.append(topic)
        self.ends.append((life.id, life.published))
        self.room -= UPDATE_BYTES

    def describe(self, life: Life) -> None:
        self.descriptions.append((life.id, life.description))
        self.room -= life.nbytes

    def update(self, life: Life, message: bytes) -> bool:
        """Put a value into the round; report False if it does not fit, and is not the first."""
        nbytes = len(message) + UPDATE_BYTES
        if nbytes > self.room and self.updates:
            self.room = 0
            return False
        self.updates.append((life.id, message))
        self.room -= nbytes
        return True
