"""watch.c and notifier.c under real threads, built plainly and with sanitizers."""

import os
from pathlib import Path

import pytest

from ._compile import FLAGS, HERE, PROTOCOL, compile_c, compiler, launcher, run_c

LONGER = int(os.environ.get("SHM_PUB_SUB_STRESS") or 1)
"""How many times as many rounds."""

ROUNDS = {"plain": 50_000, "address": 20_000, "thread": 3_000}


def build(sanitizer: str, folder: Path, *macros: str) -> Path:
    program = folder / "watch_stress"
    product = [str(path) for path in PROTOCOL.glob("*.c")]
    source = HERE / "watch_stress.c"
    flags = [*FLAGS[sanitizer], *product, "-Wl,--wrap=syscall"]
    compile_c(compiler(), flags, source, program, *macros)
    return program


@pytest.mark.parametrize("topics", [1, 3])
@pytest.mark.parametrize("sanitizer", FLAGS)
def test_no_wake_up_is_lost(sanitizer: str, topics: int, tmp_path: Path) -> None:
    before = launcher(sanitizer, tuple(compiler()))
    rounds = ROUNDS[sanitizer] * LONGER
    done = run_c(before, build(sanitizer, tmp_path), topics, rounds)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{topics * rounds} rounds\n"


def test_a_lost_wake_up_is_found(tmp_path: Path) -> None:
    done = run_c([], build("plain", tmp_path, "NO_WAKE", "LOST_AFTER=1"), 1, 10_000)
    assert (done.returncode, done.stderr) == (1, "watch_stress: a descriptor stays unreadable\n")


@pytest.mark.parametrize("sanitizer", ["plain", "address"])
def test_no_watch_is_skipped_while_others_leave(sanitizer: str, tmp_path: Path) -> None:
    before = launcher(sanitizer, tuple(compiler()))
    program = tmp_path / "watch_rounds"
    others = [str(path) for path in PROTOCOL.glob("*.c") if path.name != "notifier.c"]
    compile_c(compiler(), [*FLAGS[sanitizer], *others], HERE / "watch_rounds.c", program)
    done = run_c(before, program)
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout.split()[0]) > 10_000
