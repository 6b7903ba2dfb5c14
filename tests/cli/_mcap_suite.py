"""The files of the MCAP format's conformance suite, recreated: six inputs in every combination of
the format's options. Checksums pin the files to those of the suite (foxglove/mcap,
tests/conformance). Other content can be written in the same forms."""

import struct
import zlib
from collections.abc import Callable, Iterator
from itertools import chain, combinations
from typing import Any, NamedTuple

MAGIC = b"\x89MCAP0\r\n"
HEADER, FOOTER, SCHEMA, CHANNEL, MESSAGE, CHUNK, MESSAGE_INDEX, CHUNK_INDEX = range(1, 9)
ATTACHMENT, ATTACHMENT_INDEX, STATISTICS, METADATA, METADATA_INDEX = range(9, 14)
SUMMARY_OFFSET, DATA_END = 14, 15
NEVER_PADDED = {MESSAGE, CHUNK, DATA_END, FOOTER}
PADDING = b"\x01\xff\xff"

FEATURES = ["ch", "mx", "st", "rsh", "rch", "ax", "mdx", "chx", "sum", "pad"]
"""Chunks, message index, statistics, repeated schemas, repeated channels, attachment index,
metadata index, chunk index, summary offsets, fields that a later version of the format adds."""


class Record(NamedTuple):
    opcode: int
    content: bytes
    id: int = 0
    log_time: int = 0


class Input(NamedTuple):
    name: str
    records: list[Record]


def text(value: str) -> bytes:
    return struct.pack("<I", len(value.encode())) + value.encode()


def pairs(values: dict[str, str]) -> bytes:
    content = b"".join(text(key) + text(value) for key, value in values.items())
    return struct.pack("<I", len(content)) + content


def schema(number: int, name: str, encoding: str, data: bytes) -> Record:
    head = struct.pack("<H", number) + text(name) + text(encoding)
    return Record(SCHEMA, head + struct.pack("<I", len(data)) + data, number)


def channel(
    number: int, schema_id: int, topic: str, encoding: str, metadata: dict[str, str]
) -> Record:
    head = struct.pack("<HH", number, schema_id)
    return Record(CHANNEL, head + text(topic) + text(encoding) + pairs(metadata), number)


def message(number: int, sequence: int, log_time: int, publish_time: int, data: bytes) -> Record:
    head = struct.pack("<HIQQ", number, sequence, log_time, publish_time)
    return Record(MESSAGE, head + data, number, log_time)


def attachment(log_time: int, created: int, name: str, kind: str, data: bytes) -> Record:
    content = struct.pack("<QQ", log_time, created) + text(name) + text(kind)
    content += struct.pack("<Q", len(data)) + data
    return Record(ATTACHMENT, content + struct.pack("<I", zlib.crc32(content)), 0, log_time)


def metadata(name: str, values: dict[str, str]) -> Record:
    return Record(METADATA, text(name) + pairs(values))


_SCHEMA, _DATA = schema(1, "Example", "c", bytes([4, 5, 6])), bytes([1, 2, 3])
_CHANNEL = channel(1, 1, "example", "a", {"foo": "bar"})
_TEN = [
    message(1, number, time, time, _DATA)
    for number, time in enumerate([0, 2, 1, 3, 3, 5, 4, 7, 8, 9])
]
INPUTS = [
    Input("NoData", []),
    Input("OneAttachment", [attachment(2, 1, "myFile", "application/octet-stream", _DATA)]),
    Input("OneMessage", [_SCHEMA, _CHANNEL, message(1, 10, 2, 1, _DATA)]),
    Input("OneMetadata", [metadata("myMetadata", {"foo": "bar"})]),
    Input(
        "OneSchemalessMessage", [channel(1, 0, "example", "text", {}), message(1, 10, 2, 1, _DATA)]
    ),
    Input("TenMessages", [_SCHEMA, _CHANNEL, *_TEN]),
]


def forms(records: list[Record]) -> Iterator[frozenset[str]]:
    """The combinations of features that make sense for these records."""
    there = {record.opcode for record in records}
    sizes = range(len(FEATURES) + 1)
    for chosen in map(
        frozenset, chain.from_iterable(combinations(FEATURES, size) for size in sizes)
    ):
        needs = {"ax": ATTACHMENT, "mdx": METADATA, "rsh": SCHEMA, "rch": CHANNEL}
        if any(needs[feature] not in there for feature in chosen & needs.keys()):
            continue
        if chosen & {"ch", "chx", "mx"} and not there & {SCHEMA, CHANNEL, MESSAGE}:
            continue
        if "sum" in chosen and not chosen & {"chx", "rsh", "rch", "mdx", "ax", "st"}:
            continue
        if chosen & {"chx", "mx"} and "ch" not in chosen:
            continue
        yield chosen


class File:
    """A file in the making."""

    def __init__(self, padded: bool) -> None:
        self.padded = padded
        self.data = bytearray(MAGIC)

    def add(self, opcode: int, content: bytes) -> int:
        """Add a record and return its length."""
        packed = packed_record(opcode, content, self.padded)
        self.data += packed
        return len(packed)


def packed_record(opcode: int, content: bytes, padded: bool = False) -> bytes:
    if padded and opcode not in NEVER_PADDED:
        content += PADDING
    return struct.pack("<BQ", opcode, len(content)) + content


def build(
    records: list[Record],
    features: frozenset[str],
    compress: tuple[str, Callable[[bytes], bytes]] = ("", bytes),
) -> bytes:
    """The file that has these records in this form."""
    file = File("pad" in features)
    file.add(HEADER, text("") + text(""))
    indexes: dict[int, list[bytes]] = {}
    chunk = bytearray()
    messages: dict[int, list[tuple[int, int]]] = {}
    for record in records:
        place = len(file.data)
        if record.opcode in (SCHEMA, CHANNEL, MESSAGE) and "ch" in features:
            if record.opcode == MESSAGE:
                messages.setdefault(record.id, []).append((record.log_time, len(chunk)))
            chunk += packed_record(record.opcode, record.content)
            continue
        length = file.add(record.opcode, record.content)
        if record.opcode == METADATA and "mdx" in features:
            (size,) = struct.unpack_from("<I", record.content)
            indexes.setdefault(METADATA_INDEX, []).append(
                struct.pack("<QQ", place, length) + record.content[: 4 + size]
            )
        if record.opcode == ATTACHMENT and "ax" in features:
            log_time, created, size = struct.unpack_from("<QQI", record.content)
            at = 20 + size
            (kind,) = struct.unpack_from("<I", record.content, at)
            strings, at = record.content[16 : at + 4 + kind], at + 4 + kind
            (size,) = struct.unpack_from("<Q", record.content, at)
            indexes.setdefault(ATTACHMENT_INDEX, []).append(
                struct.pack("<QQQQQ", place, length, log_time, created, size) + strings
            )
    times = [record.log_time for record in records if record.opcode == MESSAGE]
    span = struct.pack("<QQ", min(times, default=0), max(times, default=0))
    if "ch" in features:
        name, content = compress[0], compress[1](bytes(chunk))
        place = len(file.data)
        sizes = struct.pack("<QI", len(chunk), zlib.crc32(chunk)) + text(name)
        length = file.add(CHUNK, span + sizes + struct.pack("<Q", len(content)) + content)
        index_place, offsets = len(file.data), b""
        for number, entries in messages.items() if "mx" in features else ():
            offsets += struct.pack("<HQ", number, len(file.data))
            flat = [field for entry in entries for field in entry]
            file.add(
                MESSAGE_INDEX,
                struct.pack("<HI", number, 8 * len(flat)) + struct.pack(f"<{len(flat)}Q", *flat),
            )
        if "chx" in features:
            indexes[CHUNK_INDEX] = [
                span
                + struct.pack("<QQI", place, length, len(offsets))
                + offsets
                + struct.pack("<Q", len(file.data) - index_place)
                + text(name)
                + struct.pack("<QQ", len(content), len(chunk))
            ]
    file.add(DATA_END, struct.pack("<I", zlib.crc32(file.data)))
    _summary(file, records, features, indexes, span)
    return bytes(file.data)


def _summary(
    file: File,
    records: list[Record],
    features: frozenset[str],
    indexes: dict[int, list[bytes]],
    span: bytes,
) -> None:
    def repeated(opcode: int) -> list[bytes]:
        return [record.content for record in records if record.opcode == opcode]

    groups: list[tuple[int, list[bytes]]] = []
    if "rsh" in features:
        groups.append((SCHEMA, repeated(SCHEMA)))
    if "rch" in features:
        groups.append((CHANNEL, repeated(CHANNEL)))
    if "st" in features:
        groups.append((STATISTICS, [_statistics(records, features, span)]))
    groups += [(o, indexes.get(o, [])) for o in (METADATA_INDEX, ATTACHMENT_INDEX, CHUNK_INDEX)]
    start, offsets = len(file.data), []
    for opcode, contents in groups:
        place = len(file.data)
        for content in contents:
            file.add(opcode, content)
        if contents:
            offsets.append(struct.pack("<BQQ", opcode, place, len(file.data) - place))
    any_summary = len(file.data) > start
    offset_start = len(file.data) if "sum" in features else 0
    for content in offsets if "sum" in features else ():
        file.add(SUMMARY_OFFSET, content)
    footer = struct.pack("<BQQQ", FOOTER, 20, start if any_summary else 0, offset_start)
    file.data += footer + struct.pack("<I", zlib.crc32(file.data[start:] + footer)) + MAGIC


def _statistics(records: list[Record], features: frozenset[str], span: bytes) -> bytes:
    def count(opcode: int) -> int:
        return sum(record.opcode == opcode for record in records)

    counts: dict[int, int] = {}
    for record in records:
        if record.opcode == MESSAGE:
            counts[record.id] = counts.get(record.id, 0) + 1
    numbers: tuple[Any, ...] = (count(MESSAGE), count(SCHEMA), count(CHANNEL))
    numbers += (count(ATTACHMENT), count(METADATA), int("ch" in features))
    content = struct.pack("<QHIIII", *numbers) + span + struct.pack("<I", 10 * len(counts))
    return content + b"".join(struct.pack("<HQ", *item) for item in counts.items())
