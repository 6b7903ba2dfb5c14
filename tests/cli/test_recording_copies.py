"""shm-pub-sub recording cut and merge: what other readers find in the copies."""

import json
import os
import struct
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest

pytest.importorskip("mcap")
import zstandard
from mcap.reader import make_reader
from shm_pub_sub import RecordingError
from shm_pub_sub._cli import main
from shm_pub_sub._recording import copying
from shm_pub_sub._recording.mcap_writer import McapWriter
from shm_pub_sub._recording.reader import Recording

from . import _mcap_suite as suite
from .conftest import RunCli
from .test_mcap_conformance import START, numbers

HOSTILE = "a\x1b]0;b\n\N{RIGHT-TO-LEFT OVERRIDE}"
ALL_FEATURES = frozenset(suite.FEATURES)
FORMS = [frozenset[str](), frozenset({"ch"}), ALL_FEATURES, ALL_FEATURES - {"ch", "chx", "mx"}]


class Content(NamedTuple):
    """What the mcap package's own reader finds."""

    messages: list[tuple[Any, ...]]
    metadata: list[tuple[str, dict[str, str]]]
    attachments: list[tuple[Any, ...]]

    def of(self, *topics: str) -> list[tuple[Any, ...]]:
        return [message for message in self.messages if message[0] in topics]


def content(path: Path) -> Content:
    """Read a file, checking all checksums and its index."""
    with path.open("rb") as file:
        found = make_reader(file, validate_crcs=True)
        messages = [
            (
                *(channel.topic, channel.message_encoding, channel.metadata),
                schema and (schema.name, schema.encoding, schema.data),
                *(message.log_time, message.publish_time, message.sequence, message.data),
            )
            for schema, channel, message in found.iter_messages()
        ]
        metadata = [(each.name, each.metadata) for each in found.iter_metadata()]
        attachments = [
            (each.log_time, each.create_time, each.name, each.media_type, each.data)
            for each in found.iter_attachments()
        ]
        summary = found.get_summary()
    if summary and summary.statistics:
        assert summary.statistics.message_count == len(messages)
        assert summary.statistics.attachment_count == len(attachments)
    return Content(messages, metadata, attachments)


def write(path: Path, records: list[suite.Record], features: Any = ALL_FEATURES - {"pad"}) -> None:
    path.write_bytes(suite.build(records, features))


@pytest.fixture(autouse=True)
def _signals_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signal.signal", lambda *_: None)


def run(*arguments: object) -> int:
    return main(["recording", *map(str, arguments)])


@pytest.mark.parametrize("form", FORMS, ids=lambda form: "-".join(sorted(form)) or "plain")
@pytest.mark.parametrize("compression", ["", "zstd"])
def test_cut_copies_any_file_as_it_is(
    form: frozenset[str], compression: str, path: Path, tmp_path: Path
) -> None:
    compress: Callable[[bytes], bytes] = zstandard.ZstdCompressor().compress
    how = (compression, compress) if compression and "ch" in form else ("", bytes)
    path.write_bytes(suite.build(numbers(), form, how))
    assert run("cut", path, "-o", tmp_path / "copy.mcap") == 0
    found = content(tmp_path / "copy.mcap")
    write(path, numbers())
    expected = content(path)
    assert found.messages == expected.messages
    assert len(found.messages) == 12
    assert found.metadata == [("about", {"who": "me"})]
    assert found.attachments == [(START, START, "photo", "image/png", bytes(100))]


@pytest.mark.parametrize(
    ("arguments", "topics", "times"),
    [
        (["a/*"], {"a/float", "a/int", "a/bool"}, range(4)),
        (["-o", "{}", "a/int", "text"], {"a/int", "text"}, range(4)),
        (["--exclude", "a/*"], {"text"}, range(4)),
        (["a/*", "--exclude", "a/int", "--exclude", "a/b*"], {"a/float"}, range(4)),
        (["--start", "0.000000001"], {"a/float", "a/int", "a/bool", "text"}, range(1, 4)),
        (["--end", "0.000000002"], {"a/float", "a/bool", "text"}, range(2)),
        (["--start", "2e-9", "--end", "3e-9", "a/int"], {"a/int"}, [2]),
    ],
    ids=lambda part: ",".join(sorted(part)) if isinstance(part, set) else str(part),
)
def test_cut_takes_topics_and_times(
    arguments: list[str], topics: set[str], times: Any, path: Path, tmp_path: Path
) -> None:
    write(path, numbers())
    copy = tmp_path / "copy.mcap"
    output = [] if "-o" in arguments else ["-o", copy]
    assert run("cut", path, *output, *(word.format(copy) for word in arguments)) == 0
    found = content(copy).messages
    assert found == [
        message
        for message in content(path).messages
        if message[0] in topics and message[4] - START in times
    ]
    assert {message[0] for message in found} == topics


def test_merge_orders_by_time_and_keeps_channels_apart(path: Path, tmp_path: Path) -> None:
    second = tmp_path / "second.mcap"
    write(path, numbers())
    other = [
        suite.channel(9, 0, "a/int", "json", {"publisher_pid": "7"}),
        suite.message(9, 5, START + 1, START + 1, b'{"value":1}'),
        suite.message(9, 6, START + 9, START + 9, b'{"value":2}'),
    ]
    write(second, other)
    merged = tmp_path / "merged.mcap"
    assert run("merge", path, second, "-o", merged) == 0
    found = content(merged)
    times = [message[4] for message in found.messages]
    assert times == sorted(times)
    everything = content(path).messages + content(second).messages
    assert sorted(found.messages, key=repr) == sorted(everything, key=repr)
    with merged.open("rb") as file:
        summary = make_reader(file).get_summary()
    assert len(summary.channels) == 5
    assert len(summary.schemas) == 3


@pytest.mark.parametrize("compress_large", [True, False])
def test_large_messages_stay_compressed(compress_large: bool, path: Path) -> None:
    with closing(McapWriter(path, "zstd", compress_large=compress_large)) as writer:
        channel = writer.add_channel("t", "e", 0, {})
        for n in range(2):
            writer.add_message(channel, n, START + n, START, [bytes(1 << 17)])
            writer.add_message(channel, n, START + n, START, [b"small"])
        writer.finish()
    copy = path.with_name("copy.mcap")
    assert run("cut", path, "-o", copy) == 0
    assert content(copy).messages == content(path).messages
    assert (copy.stat().st_size < 1 << 17) == compress_large


def test_equal_schemas_are_written_once(path: Path, tmp_path: Path) -> None:
    write(path, numbers())
    (tmp_path / "second.mcap").write_bytes(path.read_bytes())
    merged = tmp_path / "merged.mcap"
    assert run("merge", path, tmp_path / "second.mcap", "-o", merged) == 0
    with merged.open("rb") as file:
        summary = make_reader(file).get_summary()
    assert (len(summary.schemas), len(summary.channels)) == (3, 8)
    assert [name for name, _ in content(merged).metadata] == ["about", "about"]


def test_lost_values_add_up_and_left_out_topics_stay(path: Path, tmp_path: Path) -> None:
    ours = [
        suite.metadata("shm_pub_sub.lost", {"a/int": "3", "a/float": "0", "gone": "9"}),
        suite.metadata("shm_pub_sub.left_out", {"x": "why"}),
        suite.metadata("shm_pub_sub.recording", {"id": "ab", "part": "0"}),
    ]
    write(path, numbers() + ours)
    second = tmp_path / "second.mcap"
    write(second, [*numbers(), suite.metadata("shm_pub_sub.lost", {"a/int": "4"})])
    merged = tmp_path / "merged.mcap"
    assert run("merge", path, second, "-o", merged) == 0
    metadata = dict(content(merged).metadata)
    assert metadata["shm_pub_sub.lost"] == {"a/int": "7", "a/float": "0"}
    assert metadata["shm_pub_sub.left_out"] == {"x": "why"}
    assert "shm_pub_sub.recording" not in metadata
    assert run("cut", path, "a/float", "-o", merged, "--force") == 0
    assert dict(content(merged).metadata)["shm_pub_sub.lost"] == {"a/float": "0"}


def test_same_topics_at_the_same_time_are_reported(run_cli: RunCli, path: Path) -> None:
    second, third = path.with_name("second.mcap"), path.with_name("third.mcap")
    write(path, numbers())
    write(second, numbers())
    write(third, [suite.channel(1, 0, "a/int", "json", {}), suite.message(1, 0, 9, 9, b"{}")])
    ended = run_cli("recording", "merge", path, second, third, "-o", path.with_name("m.mcap"))
    assert ended.returncode == 0
    assert "values of a/bool, a/float, a/int, text at the same time" in ended.stderr
    ended = run_cli("recording", "merge", path, third, "-o", path.with_name("n.mcap"))
    assert ended.returncode == 0
    assert "same time" not in ended.stderr


def test_wrong_files_are_refused_and_nothing_is_written(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(path, numbers())
    before, out = path.read_bytes(), path.with_name("out.mcap")
    out.write_bytes(b"precious")
    link = path.with_name("link.mcap")
    link.hardlink_to(path)
    folder = path.parent
    for arguments, words, code in (
        (("cut", path, "-o", out), "existing file", 2),
        (("cut", path, "-o", path, "--force"), "as input and output", 2),
        (("cut", path, "-o", link, "--force"), "as input and output", 2),
        (("merge", path, link, "-o", out, "--force"), "twice", 1),
        (("merge", path, path, "-o", out, "--force"), "twice", 1),
        (("cut", path, "-o", out, "--force", "b*"), "expected some of a/bool, a/float,", 1),
        (("cut", path, "-o", out, "--force", "--start", "9"), "found nothing from", 1),
        (("cut", path, "-o", out, "--force", "--start", "2e-9", "--end", "1e-9"), "nothing", 1),
        (("cut", folder / "no.mcap", "-o", out, "--force"), "No such file", 1),
        (("cut", path, "-o", folder / "no" / "out.mcap"), "No such file", 1),
        (("cut", path, "-o", folder, "--force"), "directory", 1),
        (("cut", path, "-o", "/dev/null", "--force"), "which is not a file", 2),
        (("csv", path, "-o", "/dev/null", "--force"), "which is not a file", 2),
        (("cut", path, "-o", out, "--start", "-1"), "expected seconds", 2),
        (("cut", out, "-o", folder / "new.mcap"), "no MCAP file", 1),
        (("merge", "-o", out), "FILE", 2),
        (("cut", path), "-o", 2),
        ((), "ACTION", 2),
    ):
        assert run(*arguments) == code
        printed = capsys.readouterr()
        assert printed.out == ""
        assert words in printed.err
    assert sorted(folder.iterdir()) == sorted([path, out, link])
    assert (path.read_bytes(), out.read_bytes()) == (before, b"precious")


def test_unknown_topics_fail_beside_known_ones(run_cli: RunCli, path: Path) -> None:
    write(path, numbers())
    out = path.with_name("out.mcap")
    ended = run_cli("recording", "cut", path, "-o", out, "a/int", HOSTILE, "x*")
    assert ended.returncode == 1
    assert r"no topic 'a\x1b]0;b\n\u202e'" in ended.stderr
    assert "'x*'" in ended.stderr
    assert {message[0] for message in content(out).messages} == {"a/int"}


def test_damage_leaves_the_output_as_it_was(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = path.with_name("out.mcap")
    out.write_bytes(b"precious")
    whole = suite.build(numbers(), ALL_FEATURES - {"pad"})
    photo = whole.index(b"image/png") + 30  # its checksum is wrong then
    value = whole.index(b'"value": 0.5')
    for place, words in ((photo, "damaged attachment"), (value, "damaged chunk")):
        data = bytearray(whole)
        data[place] ^= 1
        path.write_bytes(data)
        assert run("cut", path, "-o", out, "--force") == 1
        assert words in capsys.readouterr().err
    assert out.read_bytes() == b"precious"
    assert sorted(path.parent.iterdir()) == sorted([path, out])


def test_an_interrupted_copy_leaves_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    write(path, numbers())
    monkeypatch.setattr(copying, "_write_metadata", interrupted)
    assert run("cut", path, "-o", path.with_name("out.mcap")) == 130
    assert [*path.parent.iterdir()] == [path]


def test_a_truncated_recording_becomes_a_complete_one(path: Path, tmp_path: Path) -> None:
    whole = suite.build(numbers(), frozenset())
    path.write_bytes(whole[: whole.index(struct.pack("<BQ", suite.DATA_END, 4))])
    copy = tmp_path / "copy.mcap"
    assert run("cut", path, "-o", copy) == 0
    assert len(content(copy).messages) == 12


def test_parts_become_one_file(path: Path, tmp_path: Path) -> None:
    for part, time in enumerate((0, 2)):
        records = [
            suite.schema(1, "S", "s", b"s"),
            suite.channel(1, 1, "t", "e", {"publisher_pid": "1"}),
            *(suite.message(1, n, START + n, START + n, b"m") for n in (time, time + 1)),
        ]
        write(tmp_path / f"run_{part}.mcap", records)
    merged = tmp_path / "merged.mcap"
    assert run("merge", path, "-o", merged) == 0
    assert [message[6] for message in content(merged).messages] == [0, 1, 2, 3]
    with merged.open("rb") as file:
        assert len(make_reader(file).get_summary().channels) == 1


def test_more_channels_than_a_file_has(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "MOST", 3)
    write(path, numbers())
    with (
        closing(Recording(path)) as recording,
        closing(McapWriter(path.with_name("out.mcap"), "none")) as writer,
        pytest.raises(RecordingError, match="found 4 channels; expected at most 3 in a file"),
    ):
        copying.copy([copying.Source(recording, recording.channels, START, START + 9)], writer)


def test_figures_in_json(path: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write(path, numbers())
    copy = tmp_path / "copy.mcap"
    assert run("cut", path, "a/*", "-o", copy, "--format", "json") == 0
    assert json.loads(capfd.readouterr().out) == {
        "file": str(copy),
        "messages": 6,
        "topics": 3,
        "bytes": copy.stat().st_size,
    }


@pytest.mark.soak
def test_memory_stays_bounded(cli: Any, path: Path) -> None:
    """A file of 1 GB, whose messages are 4 MB, in a process of less than 100 MB."""
    blob = os.urandom(1 << 22)
    head = [suite.channel(1, 0, "t", "e", {})]
    data = bytearray(suite.build(head, frozenset()))
    data = data[: data.index(struct.pack("<BQ", suite.DATA_END, 4))]
    with path.open("wb") as file:
        file.write(data)
        for n in range(256):
            record = suite.message(1, n, START + n, START + n, blob)
            content = suite.packed_record(record.opcode, record.content)
            head_of_chunk = struct.pack("<QQQI", START + n, START + n, len(content), 0)
            chunk = head_of_chunk + suite.text("") + struct.pack("<Q", len(content)) + content
            file.write(suite.packed_record(suite.CHUNK, chunk))
    process = cli.start("recording", "cut", path, "-o", path.with_name("copy.mcap"))
    _, status, usage = os.wait4(process.pid, 0)
    path.with_name("copy.mcap").unlink()
    path.unlink()
    assert status == 0
    assert usage.ru_maxrss < 100_000
