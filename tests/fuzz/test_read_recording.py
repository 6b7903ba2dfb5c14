"""Damaged recordings of every type, in programs and on the command line: values, or one error."""

import random
import struct
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mcap")
import shm_pub_sub
from cli import _mcap_suite as suite
from shm_pub_sub import RecordingError, read_recording
from shm_pub_sub._cli import main
from support.counts import dice
from support.recordings import write
from unit.recordings.test_read_recording import VALUES, VARYING

SIZE_OF_CHUNK_HEAD = 9 + 24
"""Bytes of a chunk's record before its checksum."""


def unchecked(data: bytes) -> bytearray:
    """Return a file without its chunks' checksums, so that damage reaches the values."""
    found, place = bytearray(data), len(suite.MAGIC)
    while place < len(found) - len(suite.MAGIC):
        opcode, length = struct.unpack_from("<BQ", found, place)
        if opcode == suite.CHUNK:
            checksum = place + SIZE_OF_CHUNK_HEAD
            found[checksum : checksum + 4] = bytes(4)
        place += 9 + length
    return found


def damage(rng: random.Random, data: bytearray) -> None:
    place = rng.randrange(len(data))
    way = rng.randrange(6)
    if way < 2:
        data[place] = rng.choice([0, 255, data[place] ^ 1, rng.randrange(256)])
    elif way == 2:
        data[place : place + 8] = rng.choice([b"\xff" * 8, bytes(8), rng.randbytes(8)])
    elif way == 3:
        del data[place : place + rng.randint(1, 20)]
    elif way == 4:
        del data[place:]
    else:
        data[place:place] = data[place : place + rng.randrange(50)]


def check(path: Path) -> None:
    try:
        topics = read_recording(path)
    except RecordingError:
        return
    assert repr(topics)
    assert topics._repr_html_()
    for recorded in topics.values():
        try:
            assert len(recorded.values) == len(recorded.time_ns) == len([*recorded])
        except RecordingError:
            continue


@pytest.mark.parametrize("files", [6, pytest.param(1000, marks=pytest.mark.soak)])
@pytest.mark.timeout(900)
def test_damage_is_one_error(
    files: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    monkeypatch.setattr("signal.signal", lambda *_: None)
    with capfd.disabled():  # the seed is not among what is read below
        rng = dice()
    source, path = tmp_path / "source.mcap", tmp_path / "run.mcap"
    write(source, VALUES, about={topic: {"max_size": 50} for topic in VARYING})
    whole = source.read_bytes()
    for number in range(files):
        data = rng.choice([bytearray, unchecked])(whole)
        for _ in range(rng.choice([1, 1, 2, 5])):
            damage(rng, data)
        path.write_bytes(data)
        check(path)
        output = ["-o", str(tmp_path / "o"), "--force"]
        for action, more in (("info", []), ("csv", output), ("cut", output)):
            code = main(["recording", action, str(path), *more])
            printed = capfd.readouterr()
            assert code in (0, 1), (number, action)
            assert "Traceback" not in printed.err
            assert {each.name for each in tmp_path.iterdir()} <= {"o", "run.mcap", "source.mcap"}
    assert shm_pub_sub.topics() == []
