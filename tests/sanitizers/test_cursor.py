"""cursor.c and topic_file.c under real threads, built plainly and with sanitizers."""

import os
from pathlib import Path

import pytest
from support.soak import first_of

from ._compile import FLAGS, HERE, PROTOCOL, compile_c, compiler, launcher, run_c

LONGER = int(os.environ.get("SHM_PUB_SUB_STRESS") or 1)
"""How many times as many files."""


def build(sanitizer: str, folder: Path, *macros: str) -> Path:
    program = folder / "cursor_stress"
    flags = [*FLAGS[sanitizer], *map(str, PROTOCOL.glob("*.c"))]
    compile_c(compiler(), flags, HERE / "cursor_stress.c", program, *macros)
    return program


@pytest.mark.parametrize("sanitizer", FLAGS)
def test_every_value_is_received_or_lost(sanitizer: str, tmp_path: Path) -> None:
    before = launcher(sanitizer, tuple(compiler()))
    done = run_c(before, build(sanitizer, tmp_path), 100 * LONGER, 200)
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout.split()[0]) > 0


# Breaking the harness on purpose: each kind of failure is one that would be found.
BROKEN = {
    "no lock": ("NO_LOCK", "thread", "ThreadSanitizer: data race"),
    "no end of wait": ("NO_END_OF_WAIT", "address", "LeakSanitizer: detected memory leaks"),
}


@pytest.mark.parametrize(("macro", "sanitizer", "found"), first_of(BROKEN))
def test_a_broken_harness_is_found(macro: str, sanitizer: str, found: str, tmp_path: Path) -> None:
    before = launcher(sanitizer, tuple(compiler()))
    done = run_c(before, build(sanitizer, tmp_path, macro), 50, 200)
    assert done.returncode != 0
    assert found in done.stderr
