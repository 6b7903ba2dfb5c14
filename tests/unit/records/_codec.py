"""Topics of records whose codecs are built by hand, and whose refusals are plain."""

import json
import os
from collections.abc import Callable
from typing import Any

from shm_pub_sub import _hot
from shm_pub_sub._extension import load

SIZES = {"b1": 1, "i4": 4, "i8": 8, "u2": 2, "f4": 4, "f8": 8, "c16": 16, "u1": 1}
NO_LIMIT = 2**30


class Refused(Exception):
    """What C says of a value: the path, the value or its length, and whether it overflows."""


class Layout:
    """A record laid out as C does, with its codec and its descriptor."""

    def __init__(self, how: str, cls: type | None, fields: dict[str, Any], **more: Any) -> None:
        self.codec_fields: list[Any] = []
        self.json_fields: list[Any] = []
        self.align, end = 1, 0
        self.gaps: list[tuple[int, int]] = []
        enums, init = more.get("enums", {}), more.get("init", {})
        for name, (kind, dtype, shape, most, part) in fields.items():
            align, size = _extent(kind, dtype, shape, most, part)
            self.align = max(self.align, align)
            offset = -(-end // align) * align
            if offset > end:
                self.gaps.append((end, offset - end))
            end = offset + size
            codec = part.record if isinstance(part, Layout) else part
            field = (name, offset, kind, dtype, shape, most, codec)
            self.codec_fields.append((*field, enums.get(name), init.get(name, True)))
            self.json_fields.append([name, _json(kind, dtype, shape, most, part), offset])
        self.size = -(-end // self.align) * self.align
        if self.size > end:
            self.gaps.append((end, self.size - end))
        made: Any = _hot.Record
        self.record = made(
            how, cls, self.size, tuple(self.codec_fields), tuple(self.gaps), dtype=more.get("dtype")
        )

    @property
    def json(self) -> dict[str, Any]:
        return {"kind": "record", "size": self.size, "fields": self.json_fields}


def scalar(dtype: str) -> tuple[Any, ...]:
    return ("scalar", dtype, (), 0, None)


def text(most: int) -> tuple[Any, ...]:
    return ("text", "", (), most, None)


def raw(most: int) -> tuple[Any, ...]:
    return ("bytes", "", (), most, None)


def array(dtype: str, *shape: int, part: Any = None) -> tuple[Any, ...]:
    return ("array", dtype, shape, 0, part)


def rows(dtype: str, most: int, *shape: int) -> tuple[Any, ...]:
    return ("array", dtype, (None, *shape), most, None)


def several(dtype: str, most: int) -> tuple[Any, ...]:
    return ("list", dtype, (), most, None)


def records(part: Layout, most: int) -> tuple[Any, ...]:
    return ("list", "", (), most, part)


def nested(part: Layout) -> tuple[Any, ...]:
    return ("record", "", (), 0, part)


def _extent(kind: str, dtype: str, shape: Any, most: int, part: Any) -> tuple[int, int]:
    layout = isinstance(part, Layout)
    item = part.size if layout else SIZES[dtype or "u1"]
    align = part.align if layout else item // 2 if dtype == "c16" else item
    for axis in shape:
        item *= most if axis is None else axis
    if kind in ("text", "bytes") or None in shape or kind == "list":
        room = item if None in shape else item * most
        return max(8, align), 8 + -(-room // 8) * 8
    return align, item


def _json(kind: str, dtype: str, shape: Any, most: int, part: Any) -> Any:
    element = part.json if isinstance(part, Layout) else f"<{dtype}"
    if kind == "scalar":
        return element
    if kind == "record":
        return part.json
    found: dict[str, Any] = {"kind": kind}
    if kind in ("array", "list"):
        found["dtype"] = element
    if kind == "array":
        found["shape"] = list(shape)
    if most:
        found["max"] = most
    return found


class _Publisher(_hot.Publisher):
    def _refuse(self, value: Any, overflow: bool, position: int) -> None:
        raise Refused("", value, overflow, position)

    def _refuse_field(self, path: str, value: Any, overflow: bool, position: int) -> None:
        raise Refused(path, value, overflow, position)

    def _refuse_field_length(self, path: str, length: int, position: int) -> None:
        raise Refused(path, length, position)

    def _refuse_length(self, length: int, position: int) -> None:
        raise Refused("", length, position)

    def _unusable(self) -> None:
        raise ValueError("closed")

    def close(self) -> None:
        self._end()

    def __enter__(self) -> "_Publisher":
        return self

    def __exit__(self, *error: object) -> None:
        self._end()


class _Subscriber(_hot.Subscriber):
    codecs: Callable[[str], Any]
    topic: str
    wanted: str

    def _attach(self) -> bool:
        life, go = self._open_epoch, load()
        found = self._map(life, go.bind_Attach, _where(), self.topic, self.wanted, "")
        return found is not None and not found[0]

    def _record_of(self, descriptor: str) -> Any:
        return self.codecs(descriptor)

    def _corrupt(self) -> None:
        raise Refused("corrupt")

    def _no_text(self) -> None:
        raise Refused("no text")

    def _no_member(self, path: str, value: Any) -> None:
        raise Refused("no member", path, value)

    def __enter__(self) -> "_Subscriber":
        return self

    def __exit__(self, *error: object) -> None:
        self._close()


def _where() -> str:
    return os.environ["SHM_PUB_SUB_DIR"]


def _descriptor(layout: Layout, most: int) -> str:
    value = layout.json if not most else {"kind": "list", "dtype": layout.json, "max": most}
    return json.dumps(value, separators=(",", ":"))


def publisher(layout: Layout, topic: str = "topic", most: int = 0, views: int = 2) -> _Publisher:
    """A publisher of the records, or of lists of up to `most` of them."""
    go = load()
    pub = _Publisher()
    arguments = (
        _where(),
        topic,
        _descriptor(layout, most),
        3,
        0o600,
        False,
        False,
        "",
        views,
        1,
        "",
    )
    tag = 8 if most else 5
    pub._create(go, go.bind_NewPayloadPublisher, arguments, tag, int, None, True, layout.record)
    return pub


def subscriber(layout: Layout | None, topic: str = "topic", most: int = 0, **more: Any) -> Any:
    """A subscriber of them; None for one of any type, with codecs= to make a Record of JSON."""
    sub = _Subscriber()
    sub.topic = topic
    sub.wanted = "" if layout is None else _descriptor(layout, most)
    sub.codecs = more.get("codecs")
    path = load().bind_Path(_where(), topic).encode()
    record = None if layout is None else layout.record
    tag = 0 if layout is None else 8 if most else 5
    sub._open(
        path, tag, (None, False), 0, more.get("history", 1), more.get("copy", True), None, record
    )
    sub._alive()  # it looks for the topic
    return sub
