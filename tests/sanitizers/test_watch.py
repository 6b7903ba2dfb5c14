"""watch.c and notifier.c under real threads, built plainly and with sanitizers."""

from functools import partial
from pathlib import Path

import pytest

from ._compile import FLAGS, LONGER, stress

# Of all topics together.
ROUNDS = {"plain": 60_000, "address": 24_000, "thread": 6_000}


build = partial(
    stress, "watch_stress", product="*.c", flags=["-Wl,--wrap=syscall", "-Wl,--wrap=free"]
)


@pytest.mark.parametrize("kernel", ["new", "old"])
@pytest.mark.parametrize("topics", [1, 3])
@pytest.mark.parametrize("sanitizer", FLAGS)
def test_no_wake_up_is_lost(sanitizer: str, topics: int, kernel: str, tmp_path: Path) -> None:
    rounds = ROUNDS[sanitizer] * LONGER // topics
    done = build(sanitizer, tmp_path)(topics, rounds, kernel)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{topics * rounds} rounds\n"


def test_a_lost_wake_up_is_found(tmp_path: Path) -> None:
    done = build("plain", tmp_path, "NO_WAKE", "LOST_AFTER=1")(1, 10_000)
    assert (done.returncode, done.stderr) == (1, "watch_stress: a descriptor stays unreadable\n")


@pytest.mark.parametrize("sanitizer", ["plain", "address"])
def test_no_watch_is_skipped_while_others_leave(sanitizer: str, tmp_path: Path) -> None:
    done = stress("watch_rounds", sanitizer, tmp_path, product="[!n]*.c")()  # without notifier.c
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout.split()[0]) > 10_000
