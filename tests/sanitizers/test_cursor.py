"""cursor.c and topic_file.c under real threads, built plainly and with sanitizers."""

from functools import partial
from pathlib import Path

import pytest
from support.soak import first_of

from ._compile import FLAGS, LONGER, stress

build = partial(stress, "cursor_stress", product="*.c")


@pytest.mark.parametrize("sanitizer", FLAGS)
def test_every_value_is_received_or_lost(sanitizer: str, tmp_path: Path) -> None:
    done = build(sanitizer, tmp_path)(100 * LONGER, 200)
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout.split()[0]) > 0


# Breaking the harness on purpose: each kind of failure is one that would be found.
BROKEN = {
    "no lock": ("NO_LOCK", "thread", "ThreadSanitizer: data race"),
    "no end of wait": ("NO_END_OF_WAIT", "address", "LeakSanitizer: detected memory leaks"),
}


@pytest.mark.parametrize(("macro", "sanitizer", "found"), first_of(BROKEN))
def test_a_broken_harness_is_found(macro: str, sanitizer: str, found: str, tmp_path: Path) -> None:
    done = build(sanitizer, tmp_path, macro)(50, 200)
    assert done.returncode != 0
    assert found in done.stderr
