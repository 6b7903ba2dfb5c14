"""Programs that end, and topics that are taken over, within a loan or a copy."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shm_pub_sub import Publisher
from support.programs import Check, Start

from ._file import newest, published

LARGE = 9 * 2**20  # more than SOURCE_GIL_LIMIT


@pytest.mark.parametrize(
    "end",
    [
        "sys.exit()",
        "one.__exit__(None, None, None); raise SystemExit",
        "os._exit(0)",
        "threading.Thread(target=forever, daemon=True).start(); pub.publish(value)",
        "threading.Thread(target=forever, daemon=True).start(); pub.close(); a.sum()",
        "part = a[1:]; pub.close(); del pub, one; gc.collect(); part[0] = 1",
        "frames = block(); next(frames)",
        "sys.modules[__name__].__dict__.clear()",
    ],
)
def test_a_program_ends_in_the_middle(check_python: Check, shm_dir: Path, end: str) -> None:
    check_python(
        f"""
import atexit, contextlib, gc, os, sys, threading
import numpy as np
from shm_pub_sub import Publisher, ShmError

value = np.ones({LARGE}, np.uint8)
pub = Publisher("topic", value, 1, views=0, loans=2)
one = pub.loan()
a = one.__enter__()
a[:1000] = 1

def forever():
    with contextlib.suppress(ShmError):
        while True:
            pub.publish(value)

def block():
    with Publisher("other", value[:1000]).loan() as b:
        yield b

{end}
"""
    )
    for left in shm_dir.iterdir():  # os._exit() removes nothing
        assert "os._exit" in end
        left.unlink()


def test_a_killed_publisher_s_loan_is_not_published(start_python: Start, shm_dir: Path) -> None:
    program = start_python(
        """
import numpy as np, sys
from shm_pub_sub import Publisher
pub = Publisher("topic", np.zeros(1000), retain=True)
pub.publish(np.ones(1000))
with pub.loan() as a:
    a[:] = 2
    print("lent", flush=True)
    sys.stdin.read()
"""
    )
    assert program.line() == "lent"
    program.kill()
    program.wait()
    assert newest(shm_dir) == (1, np.ones(1000).tobytes())
    with Publisher("topic", np.zeros(1000)) as pub:  # takes over, with the retained value
        assert newest(shm_dir) == (1, np.ones(1000).tobytes())
        with pub.loan() as a:
            a[:] = 3
        assert newest(shm_dir) == (2, np.full(1000, 3.0).tobytes())


@pytest.mark.parametrize(
    ("before", "after", "options", "carried"),
    [
        (np.ones(1000), np.zeros(1000), {}, True),
        (np.ones((3, 400)), np.zeros((0, 400)), {"max_size": 9}, False),
        (np.ones(1000), np.zeros(1001), {}, False),
        (np.ones(1000), np.zeros(1000, np.float32), {}, False),
        (np.ones(3), np.zeros(3), {}, True),
        ("a text", "", {}, True),
        ("a text", "", {"max_size": 3}, False),
        ("a text", b"", {}, False),
        ([1.5], [0.0], {"max_size": 9}, True),
        (7, 0.0, {}, False),
        (np.uint8(7), np.uint8(0), {}, True),
        (np.uint8(7), 0, {}, False),
    ],
)
def test_a_retained_value_that_is_not_carried_over_is_logged(
    shm_dir: Path,
    caplog: pytest.LogCaptureFixture,
    before: Any,
    after: Any,
    options: dict[str, Any],
    carried: bool,
) -> None:
    caplog.set_level(logging.INFO, "shm_pub_sub")
    with Publisher("topic", before, retain=True) as pub:
        pub.publish(before)
        value = newest(shm_dir).value
    with Publisher("topic", after, **options):
        assert published(shm_dir) == carried
        if carried:
            assert newest(shm_dir).value == value
    lines = [record.getMessage() for record in caplog.records if "retained" in record.getMessage()]
    assert len(lines) == (not carried)
    if lines:
        assert "not carried over" in lines[0]
