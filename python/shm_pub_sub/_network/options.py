"""What a bridge does: its options, checked. The command line and TOML files have the same names."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from .._arguments import as_seconds, check_directory, check_mode, kind_of, not_utf8, short_repr
from .._errors import TopicTypeError, TopicValueError
from .._trust import check_trust
from .keys import MOST_WORD, MOST_WORDS

LEASE = 2.0
"""Seconds of silence after which another bridge counts as gone."""
MAX_TOPICS = 1000
"""Topics received at most, unless another number is given."""
MAX_NAME = 200
"""Bytes of a bridge's name, percent-encoded as topics' files have it: 43 are left for the rest."""
HOLD = 1.0
"""Seconds after which a sender answers at the latest; half of the lease if that is less."""

PATTERNS = ("send", "receive", "every", "exclude")
ENDPOINTS = ("listen", "connect")


@dataclass(frozen=True)
class Options:
    """A bridge's options; raises TopicTypeError and TopicValueError.

    Sequences become tuples, the directory an absolute path. Patterns are of the names that topics
    have at their source.
    """

    name: str = field(default_factory=socket.gethostname)
    """By which other bridges know it: another one on each machine."""
    listen: tuple[str, ...] = ()
    """Zenoh's endpoints, as `tls/0.0.0.0:7447`; nothing listens by default."""
    connect: tuple[str, ...] = ()
    """Endpoints of other bridges and routers."""
    discover: bool = False
    """Find bridges on the local network by multicast."""
    send: tuple[str, ...] = ()
    """Patterns of topics that other bridges may read; none by default."""
    receive: tuple[str, ...] = ()
    """Patterns of topics to read from other bridges; none by default."""
    every: tuple[str, ...] = ()
    """Patterns of topics of which each value is sent, not just the newest."""
    exclude: tuple[str, ...] = ()
    """Patterns of topics that are neither sent nor received."""
    rate: float | None = None
    """Rounds a second to each receiver at most, in Hz."""
    prefix: str = ""
    """Comes before received topics' names; `{source}` is the name of the bridge that sends."""
    mode: int = 0o600
    """Permissions of received topics."""
    lease: float = LEASE
    max_topics: int = MAX_TOPICS
    """Topics received at most."""
    directory: str = ""
    """Of the topics; "" for this process's."""
    trust: Any = None
    """Whose topics are sent, as for Subscriber."""
    insecure: bool = False
    """Allow unencrypted and unauthenticated traffic with other machines."""
    router: bool = False
    """Forward between bridges; neither send nor receive topics."""
    zenoh: Mapping[str, Any] = field(default_factory=dict)
    """More of Zenoh's configuration, nested."""

    def __post_init__(self) -> None:
        for name in (*PATTERNS, *ENDPOINTS):
            self._set(name, _texts(name, getattr(self, name)))
        for name in ("discover", "insecure", "router"):
            if type(found := getattr(self, name)) is not bool:
                raise TopicTypeError(f"{name}: found {kind_of(found)}; expected True or False")
        self._set("name", _chunk("name", self.name))
        self._set("rate", _number("rate", self.rate, 1e-9, 1e9) if self.rate is not None else None)
        self._set("prefix", _prefix(self.prefix))
        self._set("mode", check_mode("received", self.mode))
        self._set("lease", _number("lease", self.lease, 0.1, 3600.0))
        self._set("max_topics", _whole("max_topics", self.max_topics))
        self._set("directory", check_directory(self.directory or None))
        self._set("trust", check_trust(self.trust))
        if not isinstance(self.zenoh, Mapping):
            raise TopicTypeError(f"zenoh: found {kind_of(self.zenoh)}; expected a dict")
        if self.router and (self.send or self.receive):
            raise TopicValueError("router: found topics; expected none: it only forwards")
        if not self.send and not self.receive and not self.router:
            raise TopicValueError(
                "bridge: found neither topics to send nor topics to receive; expected some: add "
                "--send or --receive (send=, receive=) with patterns of names, such as 'robot/*', "
                "or '*' for all"
            )
        if not self.listen and not self.connect and not self.discover:
            where = self.zenoh.get("listen") or self.zenoh.get("connect")
            if not where:
                raise TopicValueError(
                    "bridge: found no way to other machines; expected --listen or --connect "
                    "(listen=, connect=) with an endpoint, such as tls/0.0.0.0:7447 here and "
                    "tls/HOST:7447 there"
                )

    @property
    def hold(self) -> float:
        """Seconds after which a sender answers at the latest."""
        return min(HOLD, self.lease / 2)

    def local_name(self, source: str, topic: str) -> str:
        """Return the name that a topic of another bridge gets here."""
        return self.prefix.replace("{source}", source) + topic

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)


def is_name(text: str) -> bool:
    """Report whether a bridge may have that name, which becomes part of topics' names."""
    return text.isprintable() and "/" not in text and 1 <= len(quote(text, "")) <= MAX_NAME


def _texts(option: str, given: Any) -> tuple[str, ...]:
    """Return one or several texts as a tuple."""
    if isinstance(given, str):
        given = (given,)
    expected = "endpoints" if option in ENDPOINTS else "names or patterns"
    if isinstance(given, (bytes, Mapping)) or not hasattr(type(given), "__iter__"):
        raise TopicTypeError(
            f"{option}: found {kind_of(given)} {short_repr(given)}; expected {expected}"
        )
    texts = (*given,)
    for each in texts:
        if not isinstance(each, str):
            raise TopicTypeError(f"{option}: found {short_repr(each)}; expected {expected}")
        if not each:
            raise TopicValueError(f"{option}: found an empty text; expected {expected}")
        if option in PATTERNS:
            _check_word(option, each)
    if option in PATTERNS and len(texts) > MOST_WORDS:
        raise TopicValueError(
            f"{option}: found {len(texts)} names or patterns; expected {MOST_WORDS} at most: "
            "patterns for several topics, or several bridges"
        )
    return texts


def _check_word(option: str, word: str) -> None:
    if not_utf8(word) is not None:
        raise TopicValueError(f"{option}: found {short_repr(word)}; expected text in UTF-8")
    if (size := len(word.encode())) > MOST_WORD:
        raise TopicValueError(
            f"{option}: found {short_repr(word)}, {size} bytes; expected {MOST_WORD} at most"
        )


def _chunk(option: str, text: Any) -> str:
    if not isinstance(text, str):
        raise TopicTypeError(f"{option}: found {kind_of(text)}; expected a str")
    if not is_name(text):
        raise TopicValueError(
            f"{option}: found {short_repr(text)}; expected printable characters without /, "
            f"1 to {MAX_NAME} bytes once percent-encoded"
        )
    return text


def _prefix(text: Any) -> str:
    if not isinstance(text, str):
        raise TopicTypeError(f"prefix: found {kind_of(text)}; expected a str")
    if not text.isprintable():
        raise TopicValueError(f"prefix: found {short_repr(text)}; expected printable characters")
    return text


def _number(option: str, given: Any, least: float, most: float) -> float:
    try:
        number = as_seconds(given)
    except TypeError:
        raise TopicTypeError(f"{option}: found {kind_of(given)}; expected a number") from None
    if not least <= number <= most:
        raise TopicValueError(
            f"{option}: found {short_repr(given)}; expected a number from {least:g} to {most:g}"
        )
    return number


def _whole(option: str, given: Any) -> int:
    if type(given) is not int:
        raise TopicTypeError(f"{option}: found {kind_of(given)}; expected an int")
    if not 1 <= given <= 10**6:
        raise TopicValueError(f"{option}: found {given}; expected 1 to {10**6}")
    return given
