"""McapWriter: what is in the file, as the mcap package reads it, whatever happens to the file."""

import errno
import os
import resource
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

mcap_reader = pytest.importorskip("mcap.reader")
from shm_pub_sub._recording import mcap_output  # noqa: E402
from shm_pub_sub._recording.mcap_writer import CHUNK_BYTES, LARGE, McapWriter  # noqa: E402

IMAGE = memoryview(bytes(range(256)) * 1024)
COMPRESSIONS = ["none", "zstd", "lz4"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.mcap"


def channels(writer: McapWriter, count: int = 2) -> list[int]:
    schema = writer.add_schema("S", "ros2msg", b"byte[] data")
    return [writer.add_channel(f"t{n}", "cdr", schema, {"n": str(n)}) for n in range(count)]


def fill(writer: McapWriter) -> list[tuple[int, int, int, int, bytes]]:
    """Add small and large messages of two channels in turns; return what a reader is to find."""
    a, b = channels(writer)
    added = []
    for n in range(200):
        large = n % 10 == 3
        parts = [b"<%d>" % n, IMAGE[n:] if large else b"", b"end"]
        channel = a if n % 3 else b
        writer.add_message(channel, n, 1000 + n, 900 + n, parts)
        added.append((channel, n, 1000 + n, 900 + n, b"".join(parts)))
        if n == 120:
            writer.flush()
    return added


def messages(path: Path) -> list[tuple[int, int, int, int, bytes]]:
    with path.open("rb") as file:
        return [
            (m.channel_id, m.sequence, m.log_time, m.publish_time, m.data)
            for _, _, m in mcap_reader.make_reader(file, validate_crcs=True).iter_messages()
        ]


def streamed(path: Path) -> list[tuple[int, int, int, int, bytes]]:
    """Read from the start to the end, without the summary; the messages by time."""
    with path.open("rb") as file:
        found = []
        reader = mcap_reader.NonSeekingReader(file, validate_crcs=True)
        try:
            for _, _, m in reader.iter_messages(log_time_order=False):
                found.append((m.channel_id, m.sequence, m.log_time, m.publish_time, m.data))
        except Exception as error:  # it has different ones for the end that is missing
            print(repr(error))
    return sorted(found, key=lambda message: message[2])


@pytest.mark.parametrize("compress_large", [False, True])
@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_small_and_large_messages_are_found_by_time(
    path: Path, compression: str, compress_large: bool
) -> None:
    writer = McapWriter(path, compression, compress_large=compress_large)
    added = fill(writer)
    writer.finish()
    assert messages(path) == streamed(path) == added
    assert writer.nbytes == path.stat().st_size
    with path.open("rb") as file:
        summary = mcap_reader.make_reader(file).get_summary()
    statistics = summary.statistics
    assert statistics.message_count == 200
    assert statistics.channel_message_counts == {1: 133, 2: 67} == writer.counts
    assert (statistics.message_start_time, statistics.message_end_time) == (1000, 1199)
    assert statistics.chunk_count == len(summary.chunk_indexes) == 22
    large = [index for index in summary.chunk_indexes if index.uncompressed_size > LARGE]
    assert {index.compression for index in large} == {
        compression if compress_large and compression != "none" else ""
    }
    assert all(index.message_start_time == index.message_end_time for index in large)


def test_each_channel_is_defined_before_its_messages_wherever_the_file_ends(path: Path) -> None:
    writer = McapWriter(path, "none")
    a, b = channels(writer)
    writer.add_message(a, 1, 1, 1, [b"small"])
    writer.add_message(b, 1, 2, 2, [IMAGE])  # is in the file first, with the same schema
    assert [m[0] for m in streamed(path)] == [b]
    writer.flush()
    writer.add_message(b, 2, 3, 3, [b"small"])
    writer.add_message(a, 2, 4, 4, [IMAGE])
    writer.flush()
    assert [m[:2] for m in streamed(path)] == [(a, 1), (b, 1), (b, 2), (a, 2)]
    writer.close()


def test_a_large_message_is_in_the_file_at_once_and_is_not_copied(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Any] = []
    writev = os.writev
    monkeypatch.setattr(mcap_output.os, "writev", lambda fd, b: written.extend(b) or writev(fd, b))
    writer = McapWriter(path, "zstd")
    (a,) = channels(writer, 1)
    writer.add_message(a, 1, 1, 1, [b"head", IMAGE, b"tail"])
    assert any(part is IMAGE for part in written)
    assert [m[-1] for m in streamed(path)] == [b"head" + bytes(IMAGE) + b"tail"]
    writer.close()


def test_a_message_of_more_parts_than_the_kernel_takes(path: Path) -> None:
    writer = McapWriter(path, "none")
    (a,) = channels(writer, 1)
    parts = [n.to_bytes(2, "little") * 20 for n in range(3000)]
    writer.add_message(a, 1, 1, 1, parts)
    writer.finish()
    assert messages(path) == [(a, 1, 1, 1, b"".join(parts))]


def test_short_writes_go_on(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    turn = iter(range(1, 10**9))

    def short(fd: int, parts: list[Any]) -> int:
        return os.write(fd, b"".join(parts)[: next(turn) * 7919 % 60_000 + 1])

    monkeypatch.setattr(mcap_output.os, "writev", short)
    writer = McapWriter(path, "none")
    added = fill(writer)
    writer.finish()
    assert messages(path) == added


def full(fd: int, parts: list[Any]) -> int:
    """Write a little, as a file system does that is nearly full."""
    if sum(map(len, parts)) < 1000:
        return os.write(fd, b"".join(parts))
    if os.write(fd, b"".join(parts)[:100]):
        raise OSError(errno.ENOSPC, "No space left on device")
    return 0


@pytest.mark.parametrize("large", [True, False])
def test_after_a_full_disk_the_file_has_all_but_the_chunk_that_failed(
    path: Path, monkeypatch: pytest.MonkeyPatch, large: bool
) -> None:
    writer = McapWriter(path, "none")
    a, b = channels(writer)
    writer.add_message(a, 1, 1, 1, [b"kept"])
    writer.flush()
    before = path.stat().st_size
    with monkeypatch.context() as patched:
        patched.setattr(mcap_output.os, "writev", full)
        if not large:
            for n in range(CHUNK_BYTES // LARGE):
                writer.add_message(b, n, 2, 2, [IMAGE[: LARGE - 100]])
        with pytest.raises(OSError, match="No space left") as raised:
            writer.add_message(b, 99, 2, 2, [IMAGE if large else IMAGE[: LARGE - 100]])
        assert raised.value.filename == str(path)
        assert path.stat().st_size == before
    assert [m[-1] for m in streamed(path)] == [b"kept"]
    writer.add_message(b, 2, 3, 3, [b"later"])  # there is room again
    writer.finish()
    assert [m[-1] for m in messages(path)] == [b"kept", b"later"] == [m[-1] for m in streamed(path)]


@pytest.fixture
def small_files() -> Iterator[int]:
    """Have files end at 2 MB, by a signal and by an error."""
    limit = 2_000_000
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    assert signal.getsignal(signal.SIGXFSZ) == signal.SIG_IGN
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    yield limit
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_file_at_its_limit_ends_with_whole_records(path: Path, small_files: int) -> None:
    writer = McapWriter(path, "none")
    (a,) = channels(writer, 1)
    kept = small_files // len(IMAGE)
    for n in range(kept):
        writer.add_message(a, n, n, n, [IMAGE])
    with pytest.raises(OSError, match="File too large"):
        writer.add_message(a, kept, kept, kept, [IMAGE])
    writer.finish()
    assert [m[1] for m in messages(path)] == [*range(kept)]


def test_memory_for_a_long_recording_is_its_index(path: Path) -> None:
    writer = McapWriter(path, "none")
    (a,) = channels(writer, 1)
    image = IMAGE[:LARGE]
    for n in range(500):
        writer.add_message(a, n, n, n, [image])
    held = len(writer._chunk_indexes) + len(writer._metadata_indexes)
    assert len(writer._chunk_indexes) < writer.summary_nbytes < 500 * LARGE / 500
    assert held < 500 * LARGE / 600
    assert len(writer._open_chunk) < CHUNK_BYTES
    writer.close()
