"""A file whose metadata is not what this library writes: none of it, and one line in the log."""

import os
import struct
from pathlib import Path

import pytest
from shm_pub_sub import LayoutError, Publisher, Subscriber, _go, _metadata, inspect
from shm_pub_sub._arguments import path_to_go
from support.layout import HEADER, read_field, topic_file, write_at, write_field

ROOM = 1000
NESTED = 33

HOSTILE = {
    "no JSON": b"unit: m",
    "cut short": b'{"unit":"m',
    "more than one": b'{"unit":"m"}{}',
    "not UTF-8": b'{"unit":"\xff"}',
    "zeros": b"\0" * 20,
    "a list": b'["unit"]',
    "null": b"null",
    "NaN": b'{"attributes":{"a":NaN}}',
    "a lone surrogate": b'{"unit":"\\ud800"}',
    "a unit that is a number": b'{"unit":5}',
    "attributes that are a list": b'{"attributes":[1]}',
    "a field that is text": b'{"fields":{"x":"m"}}',
    "a field's unit that is null": b'{"fields":{"x":{"fields":{"y":{"unit":null}}}}}',
    "too deep": b'{"attributes":' + b'{"a":' * NESTED + b"1" + b"}" * NESTED + b"}",
    "a number of too many digits": b'{"attributes":{"a":' + b"9" * 5000 + b"}}",
    "far too deep": b'{"attributes":{"a":' + b"[" * 60000,
}


@pytest.fixture(autouse=True)
def _nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_metadata, "_said", set())


def claim(path: Path, metadata: bytes) -> None:
    """Write other metadata into the file of a topic, which must have room for it."""
    at = read_field(path, "desc_offset") + read_field(path, "desc_size")
    assert len(metadata) <= read_field(path, "meta_size")
    write_at(path, at, metadata)
    write_field(path, "meta_size", len(metadata))


@pytest.mark.parametrize("default", [0.0, ""], ids=["in slots", "in chunks"])
@pytest.mark.parametrize("metadata", HOSTILE.values(), ids=HOSTILE)
def test_hostile_metadata_is_ignored(
    shm_dir: Path, caplog: pytest.LogCaptureFixture, metadata: bytes, default: float | str
) -> None:
    with Publisher("topic", default, unit="m" * max(ROOM, len(metadata))) as pub:
        claim(topic_file(shm_dir), metadata)
        pub.publish(default)
        with Subscriber("topic", default) as sub:
            assert sub.metadata == sub.metadata == inspect("topic").metadata == {}
            assert sub.subscribe() == (default, True)
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 1, lines
    assert lines[0].startswith("topic 'topic': ignored its metadata: found "), lines
    assert "; expected " in lines[0]


def test_a_gigabyte_is_not_read(shm_dir: Path, caplog: pytest.LogCaptureFixture) -> None:
    path, size, asked = topic_file(shm_dir), 2**30, (path_to_go(str(shm_dir)), "topic", "")
    with Publisher("topic", 0.0, unit="m"):
        end = read_field(path, "desc_offset") + size
        os.truncate(path, end)
        write_field(path, "file_size", end)
        write_field(path, "meta_size", size)
        with Subscriber("topic", 0.0) as sub:
            assert sub.metadata == inspect("topic").metadata == {}
            assert len(sub._metadata()) == len(_go.call("Inspect", *asked)["metadata"]) == 65537
    (line,) = (record.getMessage() for record in caplog.records)
    assert line == (
        "topic 'topic': ignored its metadata: found more than 65536 bytes; expected 65536 at most"
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [("meta_size", 2**32 - 1), ("desc_offset", 2**64 - 8), ("desc_size", 2**64 - 1)],
)
def test_what_is_not_in_the_file_is_never_read(shm_dir: Path, field: str, value: int) -> None:
    path = topic_file(shm_dir)
    with Publisher("topic", "", unit="m"), Subscriber("topic", "") as sub:
        assert sub.metadata == {"unit": "m"}
        before = read_field(path, field)
        write_field(path, field, value)
        assert sub.metadata == {}, "of the file that it reads already"
        with pytest.raises(LayoutError):
            inspect("topic")
        write_field(path, field, before)
        assert sub.metadata == {"unit": "m"}


def test_unknown_parts_are_left_as_they_are(shm_dir: Path) -> None:
    with Publisher("topic", 0, unit="m" * ROOM), Subscriber("topic", 0) as sub:
        claim(topic_file(shm_dir), b'{"unit":"m","since":[2]}')
        assert sub.metadata == {"unit": "m", "since": [2]}


def test_the_header_says_where_it_is(shm_dir: Path) -> None:
    with Publisher("topic", "", unit="m"):
        file = topic_file(shm_dir).read_bytes()
    at, size = struct.unpack_from("<QQ", file, HEADER + 72)
    (length,) = struct.unpack_from("<I", file, HEADER + 124)
    assert file[at + size :][:length] == b'{"unit":"m"}'
