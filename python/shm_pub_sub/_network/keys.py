"""Keys of bridges in Zenoh. Each chunk is percent-encoded; an empty one is %00."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_to_bytes

if TYPE_CHECKING:
    from typing import Final

ROOT: Final = "shmps/1"
"""1 is the version of the keys and messages."""
LIVE: Final = f"{ROOT}/live/*/*/*"
"""The tokens of all bridges."""
SENDERS: Final = f"{ROOT}/live/s$*/*/*"
"""Those of bridges that send, whether they receive or not."""
RECEIVERS: Final = f"{ROOT}/live/$*r/*/*"
"""Those of bridges that receive, whether they send or not."""
ROLES: Final = "s", "r", "sr"
"""Of bridges that send, receive, and do both."""

MOST_WORDS: Final = 1000
"""Patterns of topics, and names, that a bridge asks for, and as many that it leaves out."""
MOST_WORD: Final = 255
"""Bytes of each in UTF-8; topics' names have fewer."""

_EMPTY: Final = "%00"  # Zenoh has no empty chunks, and no name has a NUL
_INCARNATION: Final = re.compile("[0-9a-f]{16}")


def live_key(role: str, name: str, incarnation: str) -> str:
    """Return the key of a bridge's liveliness token; * for any of a kind."""
    return f"{ROOT}/live/{role}/{_encoded(name)}/{incarnation}"


def round_key(name: str, incarnation: str) -> str:
    """Return the key at which a bridge answers rounds."""
    return f"{ROOT}/round/{_encoded(name)}/{incarnation}"


def value_key(name: str, topic: str) -> str:
    """Return the key of a topic's newest value."""
    return f"{ROOT}/v/{_encoded(name)}/{'/'.join(map(_encoded, topic.split('/')))}"


def VALUES(name: str) -> str:
    """Return the keys of all topics of a bridge."""
    return f"{ROOT}/v/{_encoded(name)}/**"


def parse_live(key: str) -> tuple[str, str, str]:
    """Return the role, name and incarnation of a token's key; raises ValueError."""
    root, role, name, incarnation = key.rsplit("/", 3) if key.count("/") >= 3 else ("",) * 4
    if root != f"{ROOT}/live" or role not in ROLES or not _INCARNATION.fullmatch(incarnation):
        raise ValueError(
            f"found the key {key[:300]!r}; expected {ROOT}/live/ROLE/NAME/16 hex digits"
        )
    return role, _decoded(name), incarnation


def topic_of(key: str) -> str:
    """Return the topic of a value's key; raises ValueError."""
    *root, name, topic = key.split("/", 4) if key.count("/") >= 4 else ("", "", "")
    if "/".join(root) != f"{ROOT}/v":
        raise ValueError(f"found the key {key[:300]!r}; expected {ROOT}/v/NAME/TOPIC")
    _decoded(name)
    return "/".join(map(_decoded, topic.split("/")))


def _encoded(chunk: str) -> str:
    if "\0" in chunk:
        raise ValueError(f"found a NUL in {chunk[:300]!r}; expected a name without one")
    return quote(chunk, safe="-._~") or _EMPTY


def _decoded(chunk: str) -> str:
    """Return a chunk's text, of the one form that it is written in."""
    try:
        text = "" if chunk == _EMPTY else unquote_to_bytes(chunk).decode()
        if _encoded(text) == chunk:
            return text
    except ValueError:
        pass
    raise ValueError(
        f"found {chunk[:300]!r} in a key; expected UTF-8, percent-encoded but for A-Z a-z 0-9 -._~"
    )
