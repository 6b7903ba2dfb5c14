"""shm-pub-sub play of odd files: a right replay, or one line that says what was found."""

import json
import os
import struct
from pathlib import Path
from typing import Any

import pytest
import shm_pub_sub

pytest.importorskip("mcap")
from shm_pub_sub import RecordingError
from shm_pub_sub._recording import mcap_format
from support import json_values

from . import _mcap_suite as suite
from ._replay import replay, values
from .conftest import Cli, RunCli, check_failure

START = 1_700_000_000_000_000_000
DEEP = b"[" * 100_000 + b"]" * 100_000
CHUNKED = frozenset({"ch", "mx", "rch", "rsh"})


def records(
    *messages: bytes,
    kind: type = float,
    schema: bytes | None = None,
    metadata: dict[str, str] | None = None,
    topic: str = "a",
) -> list[suite.Record]:
    """A topic with these messages, 1 ms apart."""
    data = json_values.schema(kind) if schema is None else schema
    return [
        suite.schema(1, "S", "jsonschema", data),
        suite.channel(1, 1, topic, "json", metadata or {}),
        *(
            suite.message(1, n, START + n * 10**6, START, content)
            for n, content in enumerate(messages)
        ),
    ]


def raw(opcode: int, *pieces: bytes) -> suite.Record:
    return suite.Record(opcode, b"".join(pieces))


NAME_NOT_UTF8 = raw(suite.SCHEMA, struct.pack("<HI", 1, 1), b"\xff", suite.text("jsonschema"))
SHORT = raw(suite.SCHEMA, struct.pack("<HI", 1, 50), b"x")


@pytest.mark.parametrize("form", [CHUNKED, frozenset()], ids=["chunk", "loose"])
@pytest.mark.parametrize(
    ("content", "error"),
    [
        (records(b'{"nonfinite":"NaN 0xff"}'), "expected a number; 'nonfinite' is only for"),
        (records(b'{"nonfinite":"NaN 0x3ff0000000000000"}'), "'nonfinite' is only for numbers"),
        (records(b'{"nonfinite":"1_0"}'), "'nonfinite' is only for numbers"),
        (
            records(b'{"value":1' + b"0" * 400 + b"}"),
            "expected a number within the range of a float",
        ),
        (records(b'{"value":1e400}'), "expected a number within the range of a float"),
        (records(b'{"value":1' + b"0" * 5000 + b"}"), "found a message of 'a'"),
        (records(b'{"value":%d}' % 2**63, kind=int), "expected a 64-bit integer"),
        (records(b'{"value":' + DEEP + b"}"), "deeply nested"),
        (records(b"[1]"), "expected an object with a number as value"),
        (records(b'"text"'), "expected an object with a number as value"),
        (records(b"\xff\xfe"), "found a message of 'a', b'\\xff\\xfe'"),
        (records(b'{"value":1}', schema=DEEP), "found no topic"),
        (records(b'{"value":1}', schema=b"\xff"), "found no topic"),
        ([NAME_NOT_UTF8, *records(b'{"value":1}')[1:]], "damaged"),
        ([SHORT, *records(b'{"value":1}')[1:]], "damaged"),
        ([*records(), raw(suite.MESSAGE, b"short")], "damaged"),
        ([*records(), *records(b'{"value":1}', topic="b")], "found two channels 1"),
        ([*records(), *records(b'{"value":1}', kind=int)], "found two schemas 1"),
        (records(b'{"value":1}', topic="a\0b"), "a\\x00b"),
        (records(b'{"value":1}', topic=""), "expected"),
        (
            [*records(b'{"value":1}'), suite.metadata(mcap_format.LOST, {"a": "9" * 5000})],
            "without numb",
        ),
    ],
    ids=lambda value: value[:30].replace("\0", "") if isinstance(value, str) else "",
)
def test_odd_content_is_a_line_of_error(
    content: list[suite.Record], error: str, form: frozenset[str], path: Path
) -> None:
    path.write_bytes(suite.build(content, form))
    with pytest.raises(shm_pub_sub.ShmError) as raised:
        replay(path)
    assert error in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_line_is_all_that_the_user_sees(run_cli: RunCli, path: Path) -> None:
    path.write_bytes(suite.build(records(b'{"value":' + DEEP + b"}"), CHUNKED))
    failed = run_cli("play", path)
    assert (failed.returncode, failed.stdout) == (1, "")
    (line,) = failed.stderr.splitlines()
    assert line.startswith(f"shm-pub-sub: read '{path}': found a message of 'a', b'")


def test_null_is_left_out_and_ends_nothing(run_cli: RunCli, path: Path) -> None:
    messages = [b'{"value":1}', b'{"value":null}', b"{}", b'{"value":2}']
    path.write_bytes(suite.build(records(*messages), CHUNKED))
    played = run_cli("play", path, "--format", "json")
    assert played.returncode == 0, played.stderr
    assert "a: 2 messages without a value, skipped" in played.stderr
    found = json.loads(played.stdout)
    assert (found["values"], found["without_value"]) == (2, 2)


def test_schema_that_allows_null_is_that_of_a_number(path: Path) -> None:
    schema = b'{"properties":{"value":{"type":["number","null"]}}}'
    path.write_bytes(suite.build(records(b'{"value":1}', schema=schema), CHUNKED))
    assert values(path) == {"a": [(START, 1.0)]}


def chunk(content: bytes, start: int, end: int, compression: str = "") -> bytes:
    head = struct.pack("<QQQI", start, end, len(content), 0) + suite.text(compression)
    return suite.packed_record(suite.CHUNK, head + struct.pack("<Q", len(content)) + content)


def file(*chunks: bytes) -> bytes:
    head = suite.packed_record(suite.HEADER, suite.text("") * 2)
    ends = suite.packed_record(suite.DATA_END, bytes(4)) + suite.packed_record(
        suite.FOOTER, bytes(20)
    )
    return b"".join((suite.MAGIC, head, *chunks, ends, suite.MAGIC))


def packed(*some: suite.Record) -> bytes:
    return b"".join(suite.packed_record(record.opcode, record.content) for record in some)


def index(*times: int) -> bytes:
    entries = b"".join(struct.pack("<QQ", time, 0) for time in times)
    return suite.packed_record(suite.MESSAGE_INDEX, struct.pack("<HI", 1, len(entries)) + entries)


ABOUT = packed(*records())
ONE = packed(*records(b'{"value":1}'))


def test_empty_chunks_are_passed_over(path: Path) -> None:
    path.write_bytes(file(chunk(b"", 0, 0), chunk(ABOUT, 0, 0), chunk(ONE, START, START)))
    assert values(path) == {"a": [(START, 1.0)]}
    assert "0 ns, from 2023-11-1" in replay(path)


@pytest.mark.parametrize(
    ("start", "end"), [(0, 0), (START + 5, START + 1), (START - 9, START - 5), (START + 1, 2**63)]
)
@pytest.mark.parametrize("indexed", [True, False])
def test_times_of_a_lying_header_do_not_count(
    start: int, end: int, indexed: bool, path: Path
) -> None:
    path.write_bytes(file(chunk(ONE, start, end), index(START) if indexed else b""))
    if indexed and 0 < start <= end:  # the contents are not looked into before their time
        with pytest.raises(RecordingError, match=f"found a message of time {START} in the chunk"):
            replay(path)
    else:
        assert values(path) == {"a": [(START, 1.0)]}


def test_unknown_compression_is_named(path: Path) -> None:
    path.write_bytes(file(chunk(ONE, START, START, "brotli")))
    with pytest.raises(RecordingError, match="compressed as 'brotli'; expected zstd, lz4 or none"):
        replay(path)


def test_messages_outside_chunks_have_the_checksum_of_the_file(path: Path) -> None:
    whole = suite.build(records(b'{"value":1}'), frozenset())
    path.write_bytes(whole.replace(b'{"value":1}', b'{"value":7}'))
    with pytest.raises(RecordingError, match="found a wrong checksum"):
        replay(path)


def test_messages_of_an_unknown_channel_are_said(path: Path) -> None:
    content = [*records(b'{"value":1}'), suite.message(7, 1, START, START, b"{}")]
    path.write_bytes(suite.build(content, CHUNKED))
    assert "channel 7 is skipped: found messages, but no record of their channel" in replay(path)


def test_gap_of_years_is_said_and_passed_over(cli: Cli, run_cli: RunCli, path: Path) -> None:
    content = [*records(b'{"value":1}'), suite.message(1, 9, 0, 0, b'{"value":2}')]
    path.write_bytes(suite.build(content, CHUNKED))
    waiting = cli.start("play", path)
    assert "no value for 472222 h 13 min; --skip-gaps shortens it" in waiting.line(waiting.stderr)
    waiting.kill()
    waiting.wait()
    played = run_cli("play", path, "--skip-gaps")
    assert played.returncode == 0, played.stderr
    assert "no value for 472222 h 13 min; skipped" in played.stderr
    assert "published 2 values of 1 topic" in played.stderr


def test_pipe_is_refused_at_once_and_named(run_cli: RunCli, tmp_path: Path) -> None:
    os.mkfifo(path := tmp_path / "pipe")
    failed = run_cli("play", path)
    assert failed.returncode == 1
    expected = "expected a regular file, not a pipe or device"
    assert failed.stderr == f"shm-pub-sub: read '{path}': {expected}\n"


def test_rate_is_a_factor(run_cli: RunCli, tmp_path: Path) -> None:
    check_failure(
        run_cli("play", tmp_path / "x", "--speed", 0),
        "found '0'; expected a factor, more than 0",
        2,
    )


def test_named_topic_that_is_left_out_is_a_failure(run_cli: RunCli, path: Path) -> None:
    content = [*records(b'{"value":1}'), suite.channel(2, 0, "log", "json", {})]
    path.write_bytes(suite.build(content, CHUNKED))
    for topics, code in (((), 0), (("*",), 0), (("a", "log"), 1)):
        played = run_cli("play", path, *topics)
        assert played.returncode == code
        assert "log is skipped: found messages in 'json' without a schema" in played.stderr
        assert "published 1 value of 1 topic" in played.stderr


@pytest.mark.parametrize("form", ["text", "json"])
def test_names_from_a_file_move_no_cursor(run_cli: RunCli, tmp_path: Path, form: str) -> None:
    path, odd = tmp_path / "evil\x1b[2J.mcap", "a\x1b]0;owned\x07\x9b2J\u202e\nb"
    content: list[Any] = [
        *records(b'{"value":1}', topic=odd),
        suite.channel(2, 3, odd + "2", "json", {}),
        suite.schema(3, odd, odd, b""),
        suite.metadata(mcap_format.LEFT_OUT, {odd: odd}),
    ]
    path.write_bytes(suite.build(content, CHUNKED))
    info: tuple[object, ...] = ("recording", "info", path)
    for arguments in (info, ("play", path), ("play", path, "nothing")):
        shown = run_cli(*arguments, "--format", form)
        text = shown.stdout + shown.stderr
        assert all(c.isprintable() or c == "\n" for c in text), text
        assert "Traceback" not in text
    assert len(run_cli(*info).stdout.splitlines()) == 4
