"""A file claims what it wants: memory is what its bytes and its bounds allow."""

import os
import struct
import tracemalloc
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from cli import _mcap_suite as suite

pytest.importorskip("mcap")
import lz4.frame
import zstandard
from shm_pub_sub import RecordingError
from shm_pub_sub._recording.reader import Recording

BOMB = 1 << 26
"""Bytes of zeros, in a few KiB."""
LITTLE = 1 << 24


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.mcap"


def unsized(data: bytes) -> bytes:
    """Compress without the size in the frame's header."""
    compressor = zstandard.ZstdCompressor().compressobj()
    return compressor.compress(data) + compressor.flush()


def read(path: Path) -> bool:
    """Read all of the file, in little memory; return whether it is complete."""
    tracemalloc.start()
    try:
        with closing(Recording(path)) as recording:
            for _ in recording.raw_messages(recording.channels, 0, 2**64):
                pass
            return recording.complete
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < LITTLE


def file(*contents: bytes) -> bytes:
    return suite.MAGIC + b"".join(contents)


def chunk(size: int, compression: str, data: bytes, length: int | None = None) -> bytes:
    head = struct.pack("<QQQI", 1, 2, size, 0) + suite.text(compression)
    content = head + struct.pack("<Q", len(data) if length is None else length) + data
    return suite.packed_record(suite.CHUNK, content)


@pytest.mark.parametrize(
    ("compression", "compress"),
    [
        ("zstd", zstandard.ZstdCompressor().compress),
        ("zstd", unsized),
        ("lz4", lz4.frame.compress),
        ("lz4", lambda data: lz4.frame.compress(data, store_size=False)),
    ],
    ids=["zstd", "zstd_unsized", "lz4", "lz4_unsized"],
)
def test_compressed_data_grow_to_what_the_chunk_states_at_most(
    compression: str, compress: Callable[[bytes], bytes], path: Path
) -> None:
    for size in (0, 1000, 1 << 20):
        path.write_bytes(file(chunk(size, compression, compress(bytes(BOMB)))))
        with pytest.raises(RecordingError, match="found a damaged chunk at byte 17"):
            read(path)


@pytest.mark.parametrize("compression", ["zstd", "lz4"])
@pytest.mark.parametrize("size", [2**30 + 1, 2**40, 2**64 - 1])
def test_stated_size_has_a_bound(size: int, compression: str, path: Path) -> None:
    path.write_bytes(file(chunk(size, compression, b"x" * 100)))
    with pytest.raises(RecordingError, match=f"states {size} bytes; expected 1073741824 at most"):
        read(path)


@pytest.mark.parametrize("length", [0, 99, 101, 2**40, 2**64 - 1])
def test_length_of_the_data_is_checked(length: int, path: Path) -> None:
    path.write_bytes(file(chunk(100, "", bytes(100), length)))
    with pytest.raises(RecordingError, match="found a damaged chunk"):
        read(path)


@pytest.mark.parametrize("opcode", range(1, 20))
@pytest.mark.parametrize("length", [2**31, 2**62, 2**64 - 1])
def test_record_that_claims_more_than_the_file_has_ends_it(
    opcode: int, length: int, path: Path
) -> None:
    path.write_bytes(file(struct.pack("<BQ", opcode, length), bytes(64)))
    assert not read(path)


@pytest.mark.parametrize(
    ("opcode", "error"),
    [
        (suite.SCHEMA, "more than 268435456 bytes of schemas, channels and metadata"),
        (suite.CHANNEL, "more than 268435456 bytes of schemas, channels and metadata"),
        (suite.METADATA, "more than 268435456 bytes of schemas, channels and metadata"),
        (suite.CHUNK, "bytes at byte 17; expected 1073741824 at most"),
        (suite.MESSAGE, "bytes at byte 8; expected 1073741824 at most"),
    ],
)
def test_sparse_file_is_not_read_for_its_size(opcode: int, error: str, path: Path) -> None:
    """Terabytes that take no space on the disk: the record is as long as it says."""
    head = file(struct.pack("<BQ", opcode, 2**41))
    path.write_bytes(head + struct.pack("<HIQQ", 1, 1, 1, 1))
    os.truncate(path, len(head) + 2**41)
    with pytest.raises(RecordingError, match=error):
        read(path)


def test_attachment_is_not_read(path: Path) -> None:
    head = file(struct.pack("<BQ", suite.ATTACHMENT, 2**41))
    path.write_bytes(head)
    os.truncate(path, len(head) + 2**41)
    assert not read(path)
