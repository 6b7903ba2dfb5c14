"""Files of any content under a topic's name, read by the C subscriber: a value that is there, or an
error. The Go fuzzers do the same to the Go side; a model in a few lines says what is right."""

import fcntl
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from shm_pub_sub import LayoutError, Publisher, Subscriber, TopicTypeError
from support.go import GoSubscriber
from support.layout import FIELDS, FIRST_SLOT, HEADER, topic_file
from support.values import DEFAULTS, bits

KINDS = {1: bool, 2: int, 3: float}
INTERESTING = st.one_of(
    st.integers(0, 2**64 - 1),
    st.sampled_from([0, 1, 2, 3, 4, 5, 7, 8, 16, 24, 31, 32, 33, 40, 248, 256, 257, 264, 4096]),
    st.builds(lambda power, more: 2**power + more & 2**64 - 1, st.integers(30, 63),
              st.integers(-1, 1)),
)  # fmt: skip
CHANGES = st.lists(st.tuples(st.sampled_from(sorted(FIELDS)), INTERESTING), max_size=2)
CHUNKS = ("chunks_offset", "chunk_stride", "chunks", "views", "loans")
SLOTS = st.sampled_from([2, 3, 4, 5, 100, 2**31 + 2, 2**32 + 5, 2**36 + 1])


@dataclass
class File:
    """A good file, or one that was good before it was changed."""

    tag: int
    slots: int
    head: int
    word: int
    changes: list[tuple[str, int]]
    cut: int

    def write(self, path: Path) -> None:
        size = -(-(FIRST_SLOT + self.slots * 32) // 4096) * 4096
        fields = {
            "magic": int.from_bytes(b"SHMPUBSB", "little"), "version": 3, "header_size": 256,
            "type_tag": self.tag, "flags": 1, "elem_size": 1 if self.tag == 1 else 8, "stride": 32,
            "slots": self.slots, "file_size": size, "pid": 4_000_000_000, "head": self.head,
        }  # fmt: skip
        fields |= dict(self.changes)
        with path.open("wb") as file:
            file.truncate(max(size + self.cut, 0))
            slot = FIRST_SLOT + self.head % self.slots * 32
            parts = {slot: struct.pack("<QQQ", 2 * self.head, 7, self.word)}
            for name, value in fields.items():
                at, form = FIELDS[name]
                parts[at] = (value & 2 ** (8 * struct.calcsize(form)) - 1).to_bytes(
                    struct.calcsize(form), "little"
                )
            # The changes last: the slots are among them.
            for at, part in parts.items():
                if at + len(part) <= size + self.cut:
                    file.seek(at)
                    file.write(part)


FILES = st.builds(
    File,
    st.sampled_from(sorted(KINDS)),
    SLOTS,
    st.integers(0, 10) | st.integers(0, 2**62 - 1),
    st.integers(0, 2**64 - 1),
    CHANGES,
    st.sampled_from([0, 0, 0, 0, -1, -4096, 1, 4096]),
)


def expected(path: Path, kind: type) -> Any:
    """What a subscriber of that type finds while the publisher lives: a pair, or the error."""
    with path.open("rb") as file:

        def get(form: str, at: int) -> int:
            file.seek(at)
            return int(struct.unpack(form, file.read(struct.calcsize(form)))[0])

        size = os.fstat(file.fileno()).st_size
        if size < FIRST_SLOT:
            return LayoutError
        field = {name: get(form, at) for name, (at, form) in FIELDS.items() if at < FIRST_SLOT}
        tag, stride, slots = field["type_tag"], field["stride"], field["slots"]
        first = HEADER + field["header_size"]
        sound = (
            field["magic"].to_bytes(8, "little") == b"SHMPUBSB"
            and field["version"] == 3
            and field["header_size"] >= 256
            and field["header_size"] % 8 == 0
            and tag in KINDS
            and field["elem_size"] == (1 if tag == 1 else 8)
            and field["flags"] & 4 == field["desc_size"] == 0
            and not any(field[name] for name in CHUNKS)
            and (
                field["meta_size"] == 0
                or first + slots * stride <= field["desc_offset"] <= size - field["meta_size"]
            )
            and 24 <= stride < 2**32
            and stride % 8 == 0
            and 2 <= slots <= 2**36 + 1
            and first + slots * stride <= size == field["file_size"]
        )
        if not sound:
            return LayoutError
        if field["retired"]:
            return DEFAULTS[kind], False
        if KINDS[tag] is not kind:
            return TopicTypeError
        head = field["head"]
        if head == 0:
            return DEFAULTS[kind], False
        slot = first + head % slots * stride
        if head >= 2**62 or get("<Q", slot) != 2 * head:
            return LayoutError
        word = get("<Q", slot + 16)
        if kind is bool:
            return word & 0xFF != 0, True
        return struct.unpack("<q" if kind is int else "<d", word.to_bytes(8, "little"))[0], True


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """With the lock of a live publisher: struct flock of byte 0."""
    with path.open("r+b") as file:
        lock = struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, 0, 1, 0)
        fcntl.fcntl(file, fcntl.F_OFD_SETLK, lock)
        yield


@given(FILES, st.sampled_from([bool, int, float]))
@example(File(2, 2**31 + 2, 5, 41, [], 0), int)
@example(File(2, 2**32 + 5, 5, 41, [], 0), int)
@example(File(2, 4, 5, 41, [("head", 2**62)], 0), int)
@example(File(2, 4, 5, 41, [("stride", 2**31), ("slots", 2**33)], 0), int)
@example(File(1, 4, 5, 2**64 - 2, [], 0), bool)
def test_any_file_is_a_value_or_an_error(shm_dir: Path, file: File, kind: type) -> None:
    path = topic_file(shm_dir)
    file.write(path)
    want = expected(path, kind)
    with locked(path):
        for make in (Subscriber, GoSubscriber):
            if isinstance(want, type):
                # gopy knows RuntimeError alone.
                error = want if make is Subscriber else RuntimeError
                with pytest.raises(error), make("topic", DEFAULTS[kind]) as subscriber:
                    subscriber.subscribe()
                continue
            with make("topic", DEFAULTS[kind]) as subscriber:
                value, ok = subscriber.subscribe()
                assert (bits(value), ok) == (bits(want[0]), want[1])
                if isinstance(subscriber, Subscriber) and ok:
                    assert subscriber.buffer_num == file_slots(path) - 1
    # Its publisher is dead: any other may take the topic.
    with Publisher("topic", 0.5) as publisher, Subscriber("topic", 0.5) as subscriber:
        publisher.publish(2.5)
        assert subscriber.subscribe() == (2.5, True)
    assert list(shm_dir.iterdir()) == []


def file_slots(path: Path) -> int:
    with path.open("rb") as file:
        file.seek(FIELDS["slots"][0])
        return int.from_bytes(file.read(8), "little")
