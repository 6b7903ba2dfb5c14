"""Keys of bridges in Zenoh. Each chunk is percent-encoded; an empty one is %00."""

from __future__ import annotations

from urllib.parse import quote, unquote

ROOT = "shmps/1"
"""1 is the version of the keys and messages."""
LIVE = f"{ROOT}/live/*/*"
EMPTY = "%00"


def live_key(name: str, incarnation: str) -> str:
    """Return the key of a bridge's liveliness token."""
    return f"{ROOT}/live/{_encoded(name)}/{incarnation}"


def round_key(name: str, incarnation: str) -> str:
    """Return the key at which a bridge answers rounds."""
    return f"{ROOT}/round/{_encoded(name)}/{incarnation}"


def value_key(name: str, topic: str) -> str:
    """Return the key of a topic's newest value."""
    return f"{ROOT}/v/{_encoded(name)}/{'/'.join(map(_encoded, topic.split('/')))}"


def VALUES(name: str) -> str:
    """Return the keys of all topics of a bridge."""
    return f"{ROOT}/v/{_encoded(name)}/**"


def parse_live(key: str) -> tuple[str, str]:
    """Return the name and incarnation of a token's key; raises ValueError."""
    *root, name, incarnation = key.split("/")
    if "/".join(root) != f"{ROOT}/live":
        raise ValueError(f"key {key!r}: found no bridge's token")
    return _decoded(name), incarnation


def topic_of(key: str) -> str:
    """Return the topic of a value's key; raises ValueError."""
    chunks = key.split("/")
    if len(chunks) < 5 or "/".join(chunks[:3]) != f"{ROOT}/v":
        raise ValueError(f"key {key!r}: found no topic's value")
    return "/".join(map(_decoded, chunks[4:]))


def _encoded(chunk: str) -> str:
    return quote(chunk, safe="-._~") or EMPTY


def _decoded(chunk: str) -> str:
    return "" if chunk == EMPTY else unquote(chunk, errors="strict")
