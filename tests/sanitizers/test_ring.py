"""ring.h and eventcount.h of the protocol under real threads, built plainly and with sanitizers."""

import shutil
from pathlib import Path

import pytest
from support.programs import Run
from support.soak import first_of

from ._compile import FLAGS, LONGER, stress

COMPILERS = [None, *filter(shutil.which, ["clang"])]

# Values of the rings and rounds of the waiters, for each of three numbers of slots.
VALUES = {"plain": 2_000_000, "address": 500_000, "thread": 100_000}
ROUNDS = {"plain": 10_000, "address": 3_000, "thread": 1_500}

# Where the ring lies. build.py test has one place for each sanitizer: that of topics, but for ASan,
# which guards the bounds of a heap's blocks.
PLACES = [
    pytest.param(
        sanitizer,
        memory,
        marks=[] if (memory == "heap") == (sanitizer == "address") else pytest.mark.soak,
    )
    for sanitizer in FLAGS
    for memory in ("heap", "mapped")
]


def built(other: str | None, program: str, sanitizer: str, folder: Path) -> Run:
    return stress(program, sanitizer, folder, command=[other] if other else None)


@pytest.mark.parametrize(("sanitizer", "memory"), PLACES)
@pytest.mark.parametrize("other", COMPILERS)
def test_the_ring_holds(other: str | None, sanitizer: str, memory: str, tmp_path: Path) -> None:
    run = built(other, "ring_stress", sanitizer, tmp_path)
    values = VALUES[sanitizer] * LONGER
    done = run(memory, values)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{6 * values} values\n"


@pytest.mark.parametrize(("sanitizer", "memory"), PLACES)
@pytest.mark.parametrize("other", COMPILERS)
def test_no_wake_up_is_lost(other: str | None, sanitizer: str, memory: str, tmp_path: Path) -> None:
    run = built(other, "wait_stress", sanitizer, tmp_path)
    rounds = ROUNDS[sanitizer] * LONGER
    done = run(memory, rounds)
    assert (done.returncode, done.stderr) == (0, "")
    sleeps = int(done.stdout.split()[2])
    assert sleeps > rounds, "else the waiters have hardly slept, and nothing was shown of them"


@pytest.mark.parametrize("sanitizer", ["plain", "address"])
@pytest.mark.parametrize("other", COMPILERS)
def test_readers_meet_a_writer_anywhere(other: str | None, sanitizer: str, tmp_path: Path) -> None:
    done = built(other, "ring_meeting", sanitizer, tmp_path)()
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout.split()[0]) > 2000


def test_a_writer_that_does_not_mark_its_slot_is_met_in_the_middle(tmp_path: Path) -> None:
    done = stress("ring_meeting", "plain", tmp_path, "NO_ODD_MARK")()
    assert done.returncode != 0
    assert "is torn" in done.stderr


# A harness that is broken on purpose: each kind of failure would be found.
BROKEN = {
    "short memory": (
        *("ring_stress", 1_000, "SHORT_MEMORY", "address"),
        "AddressSanitizer: heap-buffer-overflow",
    ),
    "plain store": (
        "ring_stress",
        5_000_000,
        "PLAIN_STORE",
        "thread",
        "ThreadSanitizer: data race",
    ),
    "nothing lost": ("ring_stress", 2_000_000, "NO_LOST", "plain", "and lost"),
    "no second look": ("wait_stress", 50_000, "NO_SECOND_LOOK", "plain", "a wake-up was lost"),
}


@pytest.mark.parametrize(("program", "amount", "macro", "sanitizer", "found"), first_of(BROKEN))
def test_a_broken_harness_is_found(
    program: str, amount: int, macro: str, sanitizer: str, found: str, tmp_path: Path
) -> None:
    done = stress(program, sanitizer, tmp_path, macro, "WAIT_SECONDS=1")("heap", amount)
    assert done.returncode != 0
    assert found in done.stderr
