"""A bridge's session with Eclipse Zenoh; nothing else imports it.

Callbacks come in Zenoh's threads. All that they call here only puts something into a queue.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from .._errors import NetworkError, TopicValueError
from .._extras import import_extra
from .endpoints import check, settings
from .keys import LIVE, RECEIVERS, SENDERS, VALUES, live_key, parse_live, round_key
from .log import logger
from .options import Options, is_name

zenoh = import_extra("zenoh")

CBOR = zenoh.Encoding.APPLICATION_CBOR
CLOSING = 1.0
"""Seconds that close() waits for Zenoh."""
RETRY = (0.2, 2.0)
"""Seconds between attempts of a client to connect: the first ones, and at most."""


class Clock(Protocol):
    """What tells the time of a bridge."""

    def now_ns(self) -> int: ...


class Query:
    """A request of another bridge or program, until finish()."""

    __slots__ = ("_query", "arrived_ns", "payload")

    def __init__(self, query: Any, arrived_ns: int) -> None:
        self._query = query
        self.arrived_ns = arrived_ns
        """By the bridge's clock."""
        self.payload = b"" if query.payload is None else query.payload.to_bytes()

    @property
    def key(self) -> str:
        return str(self._query.key_expr)

    def reply(self, payload: bytes, key: str | None = None) -> None:
        """Send a reply, for another key than the one asked for if that has wildcards.

        It blocks while the link takes no more, and does nothing once the link is gone.
        """
        try:
            self._query.reply(key or self._query.key_expr, payload, encoding=CBOR, express=True)
        except zenoh.ZError as error:
            logger().info("bridge: a reply was not sent: %s", plain(error))

    def matches(self, key: str) -> bool:
        """Report whether a key is one of those asked for."""
        return bool(self._query.key_expr.intersects(key))

    def finish(self) -> None:
        """End the query; without a reply the one that asked gets none."""
        self._query.drop()


class Engine:
    """A session, its token and queryables.

    Args:
        options: Of the bridge.
        clock: By which requests arrive.
        on_token: Gets the name and incarnation of another bridge, whether it is there now, and its
            role. It hears of bridges that receive if this one sends, and of those that send if it
            receives; and of others of its name.

    Raises:
        TopicValueError: Zenoh or this library refuses the configuration.
        NetworkError: An endpoint cannot be listened on.
    """

    def __init__(
        self, options: Options, clock: Clock, on_token: Callable[[str, str, bool, str], None]
    ) -> None:
        self.name = options.name
        self.incarnation = secrets.token_hex(8)
        self._clock, self._on_token = clock, on_token
        self._role = "s" * bool(options.send) + "r" * bool(options.receive)
        self._config = config_of(options)
        self._pid = os.getpid()
        self._lock = threading.Lock()  # of what follows, until the session is open
        self._session: Any = None
        self._closed = False
        self._declared: list[Any] = []
        self._waiting: list[Callable[[Any], object]] = []
        if self._config.get_json("mode") == '"client"':
            threading.Thread(target=self._connect, name="shm_pub_sub bridge", daemon=True).start()
        else:
            self._use(self._open())
        self._when_open(self._watch)

    def _open(self) -> Any:
        try:
            return zenoh.open(self._config)
        except zenoh.ZError as error:
            raise NetworkError(f"bridge {self.name!r}: {plain(error)}") from None

    def _connect(self) -> None:
        """Open a client's session, which fails while there is no connection."""
        pause, longest = RETRY
        logged = ""
        while not self._closed:
            try:
                session = self._open()
            except NetworkError as error:
                if str(error) != logged:
                    logged = str(error)
                    logger().warning("%s; trying again", logged)
                time.sleep(pause)
                pause = min(2 * pause, longest)
            else:
                self._use(session)
                return

    def _use(self, session: Any) -> None:
        with self._lock:
            if not self._closed:
                self._session = session
                for declare in self._waiting:
                    declare(session)
                self._waiting.clear()
                return
        session.close()

    def _when_open(self, declare: Callable[[Any], object]) -> None:
        with self._lock:
            if self._session is None:
                self._waiting.append(declare)
            elif not self._closed:
                declare(self._session)

    def _watch(self, session: Any) -> None:
        deleted = zenoh.SampleKind.DELETE

        def on_sample(sample: Any) -> None:
            try:
                role, name, incarnation = parse_live(str(sample.key_expr))
            except ValueError:
                return  # it is no bridge of this library
            if incarnation != self.incarnation and is_name(name):
                self._on_token(name, incarnation, sample.kind != deleted, role)

        liveliness = session.liveliness()
        others = {"s": [RECEIVERS], "r": [SENDERS]}.get(self._role)
        watched = [LIVE] if others is None else [*others, live_key("*", self.name, "*")]
        for key in watched:
            handler = self._handler(on_sample)
            self._declared.append(liveliness.declare_subscriber(key, handler, history=True))

    def answer(
        self, on_request: Callable[[Query], None], on_value: Callable[[Query], None]
    ) -> None:
        """Declare the queryables of a sender: for other bridges' rounds, and for any program."""
        for key, function in (
            (round_key(self.name, self.incarnation), on_request),
            (VALUES(self.name), on_value),
        ):
            self._when_open(partial(self._answer, key, function))

    def _answer(self, key: str, function: Callable[[Query], None], session: Any) -> None:
        clock = self._clock

        def on_query(query: Any) -> None:
            function(Query(query, clock.now_ns()))

        handler = self._handler(on_query)
        self._declared.append(session.declare_queryable(key, handler, complete=True))

    def announce(self) -> None:
        """Declare the token by which other bridges find this one."""
        key = live_key(self._role, self.name, self.incarnation)
        self._when_open(
            lambda session: self._declared.append(session.liveliness().declare_token(key))
        )

    def ask(
        self,
        name: str,
        incarnation: str,
        payload: bytes,
        timeout: float,
        on_reply: Callable[[bytes | None], None],
    ) -> None:
        """Ask a bridge for a round. on_reply gets the answer, or None, exactly once."""
        answered = False

        def on_each(reply: Any) -> None:
            nonlocal answered
            if not answered and reply.ok is not None:
                answered = True
                on_reply(reply.ok.payload.to_bytes())

        def on_end() -> None:
            nonlocal answered
            if not answered:
                answered = True
                on_reply(None)

        session = self._session
        try:
            if session is None:
                raise zenoh.ZError("no session")
            session.get(
                round_key(name, incarnation),
                zenoh.handlers.Callback(on_each, on_end, indirect=False),
                payload=payload,
                timeout=timeout,
                congestion_control=zenoh.CongestionControl.BLOCK,
                consolidation=zenoh.ConsolidationMode.NONE,
                express=True,
            )
        except zenoh.ZError:
            on_end()

    def _handler(self, function: Callable[[Any], None]) -> Any:
        """Return a callback that Zenoh's own thread calls; another thread would take 100 us."""
        return zenoh.handlers.Callback(function, indirect=False)

    def close(self) -> None:
        """Close the session; other bridges are notified. Idempotent."""
        if os.getpid() != self._pid:
            return
        with self._lock:
            self._closed = True
            session, self._session = self._session, None
        if session is not None:
            # Zenoh waits for callbacks, and for links that take no more.
            closing = threading.Thread(target=_close, args=[session], daemon=True)
            closing.start()
            closing.join(CLOSING)
            self._declared.clear()


def _close(session: Any) -> None:
    with contextlib.suppress(zenoh.ZError):  # it says that it took too long
        session.close()


def config_of(options: Options) -> Any:
    """Return Zenoh's configuration, checked."""
    import json

    try:
        config = zenoh.Config.from_json5(json.dumps(settings(options)))
    except zenoh.ZError as error:
        raise TopicValueError(f"bridge: found options that Zenoh refuses: {plain(error)}") from None
    check(json.loads(str(config)), options)
    return config


def plain(error: BaseException) -> str:
    """Return a text of Zenoh's without the places in its source."""
    return re.sub(r"\.? at /\S+\.rs:\d+\.?", "", str(error)).strip()
