"""A topic's file with any part wrong: never a crash, a hang, or a wrong value with ok."""

import fcntl
import random
import struct
from pathlib import Path
from typing import Any

import pytest
import shm_pub_sub
from shm_pub_sub import ExistsError, LayoutError, Publisher, Subscriber, remove
from support.layout import (
    FIELDS,
    FIRST_SLOT,
    HEADER,
    read_field,
    topic_file,
    write_at,
    write_field,
)
from support.programs import Check

from ._probe import Prober, assert_nothing_is_read, assert_taken_over

PUBLISHED = [float(number) + 1 / 3 for number in range(5)]


@pytest.fixture
def path(shm_dir: Path) -> Path:
    """The file of a retained topic without a publisher: only the file says what is in it."""
    with Publisher("topic", 0.0, retain=True) as pub:
        for value in PUBLISHED:
            pub.publish(value)
    assert Subscriber("topic", 0.0).subscribe() == (PUBLISHED[-1], True)
    return topic_file(shm_dir)


BOUNDARIES = sorted(
    {0, 1, 4095, 4096, HEADER, FIRST_SLOT, FIRST_SLOT + 32, FIRST_SLOT + 128, HEADER + 4095}
    | {FIRST_SLOT - 1, HEADER - 1}
    | {offset for offset, _ in FIELDS.values()}
    | {offset + 4 for offset, _ in FIELDS.values()}
)


@pytest.mark.parametrize("size", BOUNDARIES)
def test_truncated_file_is_refused(path: Path, probe: Prober, size: int) -> None:
    with path.open("r+b") as file:
        file.truncate(size)
    outcomes = probe(path)
    assert_nothing_is_read(outcomes)
    assert outcomes["late"].name == "LayoutError"
    assert_taken_over(outcomes)


@pytest.mark.parametrize("more", [1, 4096, 2**40])
def test_file_that_is_too_long_is_refused(path: Path, probe: Prober, more: int) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size + more)
    outcomes = probe(path)
    assert_nothing_is_read(outcomes)
    assert_taken_over(outcomes)


WRONG = {
    "magic": [0, 1, 2**64 - 1, 0x53484D5055425342],
    "version": [0, 1, 2, 4, 256, 2**32 - 1],
    "header_size": [0, 8, 248, 255, 257, 260, 2**31, 2**32 - 8, 2**32 - 1],
    "type_tag": [0, 1, 4, 5, 9, 256, 2**32 - 1],
    "elem_size": [0, 1, 4, 7, 9, 16, 2**32, 2**63, 2**64 - 8, 2**64 - 1],
    "stride": [0, 1, 8, 16, 20, 31, 33, 2**12, 2**32, 2**61, 2**63, 2**64 - 32, 2**64 - 1],
    "slots": [0, 1, 1000, 2**31 + 1, 2**31 + 2, 2**59, 2**59 + 4, 2**60, 2**63, 2**64 - 1],
    "flags": [4],
    "desc_size": [1, 2**16, 2**63, 2**64 - 1],
    "meta_size": [1, 2**32 - 1],
    "chunks_offset": [1, 69632],
    "chunk_stride": [64],
    "chunks": [1],
    "views": [1],
    "loans": [1],
    "file_size": [0, 1, 4096, 69631, 69633, 2**32, 2**63, 2**64 - 1],
}


@pytest.mark.parametrize(("field", "value"), [(f, v) for f, vs in WRONG.items() for v in vs])
def test_absurd_header_is_refused(path: Path, probe: Prober, field: str, value: int) -> None:
    write_field(path, field, value)
    outcomes = probe(path)
    assert_nothing_is_read(outcomes)
    assert outcomes["late"].name == "LayoutError", outcomes["late"]
    assert "expected" in outcomes["late"].value
    assert_taken_over(outcomes)


def test_other_version_says_which_and_which_is_expected(path: Path) -> None:
    write_field(path, "version", 4)
    with pytest.raises(RuntimeError, match="found layout version 4; expected version 3"):
        Subscriber("topic", 0.0)
    path.unlink()


@pytest.mark.parametrize("size", [8192, 2**20])
def test_file_of_layout_version_1_is_said_to_be_one(shm_dir: Path, size: int) -> None:
    """Its header was at 4096."""
    path = topic_file(shm_dir)
    path.write_bytes((bytes(4096) + b"SHMPUBSB" + struct.pack("<I", 1)).ljust(size, b"\0"))
    for read in (lambda: Subscriber("topic", 0.0), lambda: shm_pub_sub.inspect("topic")):
        with pytest.raises(LayoutError, match="found layout version 1; expected version 3"):
            read()
    with path.open("r+b") as file:
        fcntl.fcntl(file, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 1, 0))  # F_OFD_SETLK
        with pytest.raises(ExistsError, match=r"its file \(it has layout version 1\) locked by"):
            Publisher("topic", 0.0)
    with Publisher("topic", 0.0) as pub, Subscriber("topic", 1.0) as sub:
        assert sub.subscribe() == (1.0, False), "nothing is carried over"
        pub.publish(2.0)
        assert sub.subscribe() == (2.0, True)


def assert_nothing_made_up_is_read(outcomes: dict[str, Any]) -> None:
    for what in ("early", "early again", "late", "late again"):
        outcome = outcomes[what]
        if outcome.kind == "value" and not outcome.missing:
            value, ok = outcome.value
            assert value in PUBLISHED, (what, outcome)
            assert ok is True


MAX = 2**64 - 1
STATE = {
    "head": [0, 1, 4, 6, 8, 2**31, 2**32 + 5, 2**62, 2**63 - 1, MAX - 4, MAX - 1, MAX],
    "retired": [1, 2, 2**31, 2**32 - 1],
    "slot_0_sequence": [0, 1, 7, 9, 10, MAX],
    "slot_1_sequence": [0, 1, 9, 11, 12, MAX],
    "slots": [2, 3, 5, 8],
    "stride": [24, 40, 64, 128],
    "header_size": [264, 288, 320, 512],
    "flags": [0, 2, 2**31, 2**32 - 1],
    "type_tag": [2],
    "pid": [0, 1, 2**32 - 1],
    "created": [-1, -(2**63), 2**63 - 1],
    "desc_offset": [1, 2**63, MAX],
    "carried_time": [1, -1, -(2**63), 2**63 - 1],
}


@pytest.mark.parametrize(("field", "value"), [(f, v) for f, vs in STATE.items() for v in vs])
def test_contradiction_makes_no_value_up(path: Path, probe: Prober, field: str, value: int) -> None:
    assert read_field(path, field) != value
    write_field(path, field, value)
    outcomes = probe(path)
    assert_nothing_made_up_is_read(outcomes)
    assert_taken_over(outcomes)


def test_head_whose_double_overflows_finds_no_unused_slot(shm_dir: Path, probe: Prober) -> None:
    # 2 * 2**63 is 0, as is the sequence of slot 2**63 % 9 = 8, which 5 values do not reach.
    with Publisher("topic", 0.0, 8, retain=True) as pub:
        for value in PUBLISHED:
            pub.publish(value)
    write_field(topic_file(shm_dir), "head", 2**63)
    assert_nothing_made_up_is_read(probe(topic_file(shm_dir)))


def test_topic_of_an_absurd_size_that_is_real_is_no_crash(path: Path, probe: Prober) -> None:
    slots = 2**31 + 1
    size = FIRST_SLOT + 32 * slots
    with path.open("r+b") as file:
        file.truncate(size)  # sparse
    write_field(path, "slots", slots)
    write_field(path, "file_size", size)
    assert_taken_over(probe(path))


FUZZ = """
import os, random, sys
from pathlib import Path
from shm_pub_sub import *
seed, first, published = int(sys.argv[1]), int(sys.argv[2]), eval(sys.argv[3])
path = Path(os.environ["SHM_PUB_SUB_DIR"], "shm_pub_sub.topic")
good = path.read_bytes()
rng = random.Random(seed)
known = Subscriber("topic", -1.0)
for case in range(1500):
    bad = bytearray(good)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        # The header, the state and the slots' sequences, but no payload: a value has no checksum.
        sequence = first + 32 * rng.randrange(4) + rng.randrange(8)
        at = rng.choice([rng.randrange(first - 256, first - 112), sequence])
        flipped = bad[at] ^ 1 << rng.randrange(8)
        bad[at] = rng.choice([0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256), flipped])
    fresh = path.with_name("fresh")
    fresh.write_bytes(bad[: rng.randrange(len(bad))] if rng.random() < 0.05 else bad)
    fresh.replace(path)
    differ = [i for i in range(min(len(bad), len(good))) if bad[i] != good[i]]
    print(case, differ, [bad[i] for i in differ], flush=True)
    for read in (lambda: Subscriber("topic", -1.0).subscribe(), known.subscribe):
        try:
            value, ok = read()
        except ShmError:
            continue
        assert (value, ok) == (-1.0, False) or ok and value in published, (value, ok)
path.unlink()
"""


def test_random_damage_never_makes_values_up(path: Path, check_python: Check) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    check_python(FUZZ, seed, FIRST_SLOT, PUBLISHED, timeout=60)


def test_values_that_are_too_large_for_a_slot_are_refused(shm_dir: Path) -> None:
    with Publisher("topic", b"", max_size=4096, retain=True) as pub:
        pub.publish(b"x")
    path, descriptor = topic_file(shm_dir), b'{"kind":"array","dtype":"<u1","shape":[257]}'
    at = read_field(path, "chunks_offset")
    fields = {"type_tag": 4, "flags": 1, "elem_size": 257, "stride": 288, "head": 0}
    fields |= dict.fromkeys(("chunks_offset", "chunk_stride", "chunks", "views", "loans"), 0)
    for name, value in (fields | {"desc_offset": at, "desc_size": len(descriptor)}).items():
        write_field(path, name, value)
    write_at(path, at, descriptor)
    for read in (lambda: Subscriber("topic"), lambda: shm_pub_sub.inspect("topic")):
        with pytest.raises(LayoutError, match="found values of 257 bytes in their slots"):
            read()
    remove("topic")
