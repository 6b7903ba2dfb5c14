"""What one bridge knows of another one whose topics it receives: a session of rounds.

Each request asks for the next round. What a lost message does:

- the request, or the answer: Zenoh ends the get() without a reply; the link begins a new session,
  in which the sender describes everything again. Publishers here stay until all is described; what
  is not described by then has ended. A value that came before has a number that is not larger. By
  the link's number, the same in all of its sessions, the sender knows which values are here.
- an answer that comes after all: it is of another session, or round, and dropped.
- the token: all that came from the bridge ends, be it alive or not. While it is there the link goes
  on asking, with a pause that doubles: a token may come before what answers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .clock import Offset
from .incoming import Incoming, Remote
from .log import logger
from .messages import Description, Request, Round, WireError, pack_request, unpack_round

if TYPE_CHECKING:
    from typing import Final

MS: Final = 1_000_000
PAUSES: Final = 50 * MS, 1000 * MS
"""ns before a new session: at first, and at most."""
LEAST_ROUND: Final = 10 * MS
"""ns that a round without contents takes at least."""
MOST_TOPICS: Final = 1 << 16
"""Of one bridge, also those that are refused here."""
PATIENCE: Final = 10.0, 600.0
"""Seconds that an answer may take: at first, and at most; a slow link may need them."""


class Link:
    """The rounds asked of one bridge.

    Args:
        source: Its name.
        incoming: Where its topics go.
        new_session: Draws a session's number.
    """

    def __init__(self, source: str, incoming: Incoming, new_session: Callable[[], int]) -> None:
        self.source = source
        self.offset = Offset()
        self.due_ns = 0
        """When to ask next, by the bridge's clock."""
        self.patience = PATIENCE[0]
        self.is_connected = False
        """Whether the last round came."""
        self._incoming, self._new_session = incoming, new_session
        self._number = new_session()
        self._pause = 0
        self._sent_ns = 0
        self._remotes: dict[str, Remote] = {}
        self._times: dict[str, int] = {}  # of ended retained topics
        self._begin()

    def _begin(self) -> None:
        self._session, self._round, self._complete = self._new_session(), 0, False
        self._known: dict[int, Remote] = {}
        self._described: set[str] = set()

    def request(self, now_ns: int) -> bytes:
        """Return the request for the next round."""
        self._sent_ns = now_ns
        options = self._incoming.options
        request = Request(self._session, self._round, now_ns, options.name, None, None)
        if self._round == 0:
            patterns, excluded = options.receive, options.exclude
            request = request._replace(patterns=patterns, excluded=excluded, link=self._number)
        return pack_request(request)

    def answer(self, payload: bytes | None, now_ns: int) -> None:
        """Take the answer; None if there was none."""
        if payload is None:
            if now_ns - self._sent_ns >= self.patience * 0.9e9:
                self.patience = min(2 * self.patience, PATIENCE[1])
            self._fail(now_ns)
            return
        try:
            found = unpack_round(payload)
            if (found.session, found.round) != (self._session, self._round):
                raise WireError(
                    f"found round {found.round} of session {found.session}; "
                    f"expected round {self._round} of {self._session}"
                )
            self._apply(found, now_ns)
        except WireError as error:
            if self._pause == 0:
                logger().warning("bridge %r: %s; asking again", self.source, error)
            self._fail(now_ns)
            return
        self.is_connected, self._pause = True, 0
        self._round += 1
        self.due_ns = now_ns
        if not (found.ends or found.descriptions or found.updates):
            self.due_ns = max(now_ns, self._sent_ns + LEAST_ROUND)

    def close(self) -> None:
        """End all topics: the bridge is gone."""
        for remote in self._remotes.values():
            remote.close()
        self._remotes.clear()
        self._known.clear()

    def _fail(self, now_ns: int) -> None:
        first, most = PAUSES
        self._pause = min(max(first, 2 * self._pause), most)
        self.due_ns = now_ns + self._pause
        self.is_connected = False
        self._begin()

    def _apply(self, found: Round, now_ns: int) -> None:
        self.offset.add(self._sent_ns, found.arrived_ns, found.replied_ns, now_ns)
        for number, published in found.ends:
            remote = self._known.pop(number, None)
            if remote is None:
                raise WireError(f"found the end of publisher {number}; expected one described")
            self._end(remote, published)
        for number, description in found.descriptions:
            if number in self._known:
                raise WireError(f"found publisher {number} twice; expected another number")
            if len(self._known) >= MOST_TOPICS:
                raise WireError(
                    f"found more than {MOST_TOPICS} topics; expected fewer of one bridge"
                )
            self._known[number] = self._described_as(description)
        for number, message in found.updates:
            remote = self._known.get(number)
            if remote is None:
                raise WireError(f"found a value of publisher {number}; expected one described")
            remote.take(message, now_ns)
        if found.complete and not self._complete:
            self._complete = True
            for topic in self._remotes.keys() - self._described:
                self._end(self._remotes[topic], 0)

    def _described_as(self, description: Description) -> Remote:
        """Return the publisher that is described, which may be known from an earlier session."""
        topic = description.topic
        before_ns = self._times.pop(topic, 0)
        remote = self._remotes.get(topic)
        if remote is not None:
            if remote.description == description:
                self._described.add(topic)
                return remote
            before_ns = remote.time_ns
            self._end(remote, 0)
        # Of a publisher that is new all values count, of one that was there those from now on.
        number = 0 if self._complete else None
        remote = Remote(self._incoming, self.source, description, self.offset, number, before_ns)
        self._remotes[topic] = remote
        self._described.add(topic)
        return remote

    def _end(self, remote: Remote, published: int) -> None:
        if self._remotes.get(remote.topic) is remote:
            del self._remotes[remote.topic]
            self._described.discard(remote.topic)
        if remote.description.retain and len(self._times) < self._incoming.options.max_topics:
            self._times[remote.topic] = remote.time_ns
        remote.end(published)
