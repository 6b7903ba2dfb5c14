"""hot/ring.h and hot/eventcount.h under real threads, built plainly and with sanitizers."""

import os
import shutil
from pathlib import Path

import pytest

from ._compile import FLAGS, HERE, compile_c, compiler, launcher, run_c

SOURCE = HERE / "ring_stress.c"

LONGER = int(os.environ.get("SHM_PUB_SUB_STRESS") or 1)
"""How many times as many values."""

COMPILERS = [None, *filter(shutil.which, ["clang"])]

# Values in the storm and rounds of the waiters, for each of three numbers of slots.
AMOUNT = {"plain": (2_000_000, 10_000), "address": (500_000, 3_000), "thread": (100_000, 1_500)}


@pytest.mark.parametrize("memory", ["heap", "mapped"])
@pytest.mark.parametrize("sanitizer", FLAGS)
@pytest.mark.parametrize("other", COMPILERS)
def test_ring_and_eventcount_hold(
    other: str | None, sanitizer: str, memory: str, tmp_path: Path
) -> None:
    command = [other] if other else compiler()
    before = launcher(sanitizer, tuple(command))
    program = tmp_path / "ring_stress"
    compile_c(command, FLAGS[sanitizer], SOURCE, program)
    amount = [number * LONGER for number in AMOUNT[sanitizer]]
    done = run_c(before, program, memory, *amount, timeout=100 * LONGER)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{3 * amount[0]} values, ")
    sleeps = int(done.stdout.split()[2])
    assert sleeps > amount[1], "else the waiters have hardly slept, and nothing was shown of them"


# Breaking the harness on purpose: each kind of failure is one that would be found.
@pytest.mark.parametrize(
    ("macro", "sanitizer", "found"),
    [
        ("PLAIN_STORE", "thread", "ThreadSanitizer: data race"),
        ("SHORT_MEMORY", "address", "AddressSanitizer: heap-buffer-overflow"),
        ("NO_ODD_MARK", "plain", "is torn"),
        ("NO_SECOND_LOOK", "plain", "a wake-up was lost"),
    ],
)
def test_a_broken_ring_is_found(macro: str, sanitizer: str, found: str, tmp_path: Path) -> None:
    command = compiler()
    before = launcher(sanitizer, tuple(command))
    program = tmp_path / "ring_stress"
    compile_c(command, FLAGS[sanitizer], SOURCE, program, macro, "WAIT_SECONDS=1")
    done = run_c(before, program, "heap", 5_000_000, 50_000)
    assert done.returncode != 0
    assert found in done.stderr
