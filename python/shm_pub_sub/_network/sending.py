"""What a bridge sends: topics, receivers' sessions, requests that wait. No threads, no Zenoh."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from typing import Any

from .messages import Description, Request, Round
from .outgoing import Life, Outgoing
from .session import Session

SILENCE = 3
"""Leases without a request after which a session is forgotten."""
MOST_LIVES = 8
"""Publishers of a topic that are over, and that receivers are still to hear of."""
PAUSE_NS = 2_000_000
"""After a round with several values, at least."""
WORK = 10
"""Times what a round costs here."""
LONGEST_PAUSE_NS = 10_000_000
NEVER = 1 << 63
MOST_SESSIONS = 1000
"""Further receivers are refused."""


class Sending:
    """The sending side of a bridge.

    Args:
        now: The time, on the clock of all times here, in ns.
        first_incarnation: Of the first publisher; each later one has the next number.
        lease: Seconds after which a receiver without a sign of life is gone.
        rate: Rounds a second and receiver, at most; None for as many as the link takes.
    """

    def __init__(
        self,
        now: Callable[[], int],
        first_incarnation: int,
        lease: float = 2.0,
        rate: float | None = None,
    ) -> None:
        self.topics: dict[str, Outgoing] = {}
        self.sessions: dict[str, Session] = {}
        """By the receiver's name."""
        self.there: Container[str] = ()
        """Names of the bridges that are there, however long an answer takes to reach them."""
        self.sent = 0
        """Values, to all receivers. Messages of several are counted once."""
        self.pause_ns = PAUSE_NS
        """After a round with several values, so that more of them share the next one."""
        self._now = now
        self._incarnation = first_incarnation
        self._lives = 0
        self._hold_ns = int(min(1.0, lease / 2) * 1e9)
        self._silence_ns = int(SILENCE * lease * 1e9)
        self._interval_ns = int(1e9 / rate) if rate else 0

    def add(self, topic: Outgoing) -> None:
        """Have a topic, which is new here."""
        self.topics[topic.name] = topic
        for session in self.sessions.values():
            session.add(topic)
        self._choose_again()

    def remove(self, topic: Outgoing) -> None:
        """Forget a topic, once receivers have heard of the ends of its publishers."""
        topic.is_gone = True
        topic.withdraw()
        self.stir(topic)
        self._prune(topic)

    def begin(self, topic: Outgoing, description: Description, codec: Any) -> Life:
        """Note that a topic has a publisher, after the end of the one before.

        The description's incarnation is chosen here.
        """
        self._lives += 1
        description = description._replace(incarnation=self._incarnation)
        self._incarnation += 1
        life = Life(self._lives, description, codec)
        topic.begin(life)
        self.stir(topic)
        return life

    def end(self, topic: Outgoing, life: Life, stays: bool = False) -> None:
        """Note that the last value of a publisher was taken, and whether it is retained."""
        life.end(stays)
        self.stir(topic)
        self._prune(topic)

    def stir(self, topic: Outgoing) -> None:
        """Note that there may be something new of a topic."""
        for session in self.sessions.values():
            session.stir(topic)

    def wants(self, topic: Outgoing) -> bool:
        """Report whether any receiver wants a topic."""
        return any(session.wants(topic) for session in self.sessions.values())

    def request(self, request: Request, query: Any) -> list[Any]:
        """Take a receiver's request; return queries that get no answer.

        answers() returns that query with its answer, some time.
        """
        now, refused = self._now(), []
        session = self.sessions.get(request.name)
        if session is None or session.number != request.session:
            if request.round != 0 or (session is None and len(self.sessions) >= MOST_SESSIONS):
                return [query]
            arrived: dict[int, int] = {}
            if session is not None:
                if request.link is not None and session.link == request.link:
                    arrived = session.arrived()
                refused = self._end(session)
            session = Session(request, self.topics.values(), self._lives, arrived)
            self.sessions[request.name] = session
            self._choose_again()
        if not session.asked(request, query, now):
            refused.append(query)
        return refused

    def forget(self, name: str) -> list[Any]:
        """Forget a receiver that is gone; return its queries, which get no answer."""
        session = self.sessions.get(name)
        return [] if session is None else self._end(session)

    def forget_silent(self) -> None:
        """Forget receivers that are not there, and have not asked for a long time."""
        oldest = self._now() - self._silence_ns
        for session in [*self.sessions.values()]:
            is_silent = session.query is None and session.asked_at < oldest
            if is_silent and session.name not in self.there:
                self._end(session)

    def due(self) -> int:
        """Return when to call answers(); 1 << 63 if only a request or a value changes that."""
        return min(map(self._due, self.sessions.values()), default=NEVER)

    @property
    def is_hungry(self) -> bool:
        """Whether a receiver's next request can be answered at once."""
        return any(session.query is None and session.has_news for session in self.sessions.values())

    def answers(self) -> Iterator[tuple[Any, Round, Session]]:
        """Yield queries with their answers, as far as it is time for them.

        Report each with replied(), at once.
        """
        for session in [*self.sessions.values()]:
            now = self._now()
            query = session.query
            if self._due(session) > now:
                continue
            answer = None
            if session.has_news and session.not_before <= now:
                answer = session.answer(query.arrived_ns, self._now)
            if answer is None:
                if now < session.asked_at + self._hold_ns:
                    continue
                answer = session.nothing(query.arrived_ns, self._now)
            session.query = None
            self.sent += len(answer.updates)
            yield query, answer, session
            self._let_go(session, answer)

    def replied(self, session: Session, nbytes: int) -> None:
        """Note that an answer of so many bytes has left."""
        now = self._now()
        session.budget.replied(nbytes, session.used_up, now)
        pause = self.pause_ns if session.pauses else 0
        if session.is_complete and self._interval_ns > pause:
            pause = self._interval_ns
        session.not_before = now + pause

    def worked(self, ns: int) -> None:
        """Note how long a round took: if more topics share one, there are fewer."""
        pause = min(LONGEST_PAUSE_NS, max(PAUSE_NS, ns * WORK))
        self.pause_ns += (pause - self.pause_ns) // 8

    def _due(self, session: Session) -> int:
        if session.query is None:
            return NEVER
        due = session.asked_at + self._hold_ns
        return min(due, session.not_before) if session.has_news else due

    def _end(self, session: Session) -> list[Any]:
        self.sessions.pop(session.name, None)
        for topic in [*self.topics.values()]:
            self._prune(topic)
        query, session.query = session.query, None
        return [] if query is None else [query]

    def _let_go(self, session: Session, answer: Round) -> None:
        """Forget what nobody is to hear of any more."""
        for topic, life in session.large:
            number = life.number
            if not any(not other.has_got(topic, number) for other in self.sessions.values()):
                life.message = None
        if answer.ends:
            for topic in session.ended:
                self._prune(topic)

    def _prune(self, topic: Outgoing) -> None:
        """Forget publishers, and the topic, if no receiver is to hear of them any more."""
        sessions = self.sessions.values()
        over = [life for life in topic.lives if life.is_over and not life.stays]
        for place, life in enumerate(over):
            is_known = any(session.is_at(topic, life) for session in sessions)
            is_too_old = len(over) - place > MOST_LIVES
            if not is_known and (
                is_too_old or not any(session.needs(topic, life) for session in sessions)
            ):
                topic.lives.remove(life)
        if topic.is_gone and not topic.lives and self.topics.get(topic.name) is topic:
            del self.topics[topic.name]
            for session in sessions:
                session.drop(topic)

    def _choose_again(self) -> None:
        for session in self.sessions.values():
            session.choose_again(self.topics.values())
