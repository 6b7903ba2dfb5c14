"""Any arguments of the private C functions: an error, never a crash, a hang or a broken promise.

Every callable of _hot and all that its types and the shim's classes have is called in a process of
its own, on objects that are open, closed, set up again, half set up and never set up, with all
kinds of arguments: among them objects whose conversions, comparisons and finalizers call into the
library again, and subclasses with something else in the place of the shim's methods. gopy's module
takes its handles for granted, so another object stands for it.
"""

import os
import random
from pathlib import Path

import pytest
from support.programs import Run

CALLS = 40 * int(os.environ.get("SHM_PUB_SUB_EXAMPLES") or 100)
SEED = int(os.environ.get("SHM_PUB_SUB_SEED") or random.randrange(2**32))

PROGRAM = (Path(__file__).parent / "_private.py").read_text()


@pytest.mark.shm_leaves_files(
    reason="objects in cycles, and those of a process that ends in the middle"
)
@pytest.mark.parametrize("round_", range(4))
def test_no_call_crashes(round_: int, run_python: Run, tmp_path: Path) -> None:
    seed, log = SEED + round_, tmp_path / "calls"
    print(f"SHM_PUB_SUB_SEED={SEED}, round {round_}: seed {seed}")
    ended = run_python(PROGRAM, seed, CALLS, log, timeout=150)
    last = "\n".join(log.read_text(errors="replace").splitlines()[-5:])
    assert ended.returncode == 0, f"{last}\n{ended.stderr[-3000:]}"
    assert ended.stdout.splitlines()[-1] == "done", last


@pytest.mark.parametrize(
    "call",
    [
        "_hot.own_methods(type('Plain', (), {}))",
        "_hot.own_methods(type('Deeper', (shm_pub_sub.Publisher,), {}))",
        "_hot.own_methods(int)",
        "_hot.own_methods(object)",
        "_hot.own_methods(5)",
        "_hot.select(())",
        "_hot.select((), None)",
        "_hot.select((), 0.5)",
        "_hot.select((1,), .5)",
        "_hot.select((sub, pub), 0)",
        "sub._open(b'path', 77, (0, False), 0, 0)",
        "pub._end() or pub._create(None, None, (), 0)",
        "sub._map(sub._open_epoch, lambda: '4096 1 2 3 4 5 6 7 8 9')",
        "sub._map(sub._open_epoch, lambda: ' '.join(['0'] * 10))",
        "sub._map(1 << 70, print)",
        "sub._map()",
        "sub._take(sub._open_epoch, 0, 0)",
    ],
)
def test_wrong_arguments_are_an_error(call: str, run_python: Run) -> None:
    ended = run_python(
        "import shm_pub_sub\nfrom shm_pub_sub import _hot\n"
        "pub, sub = shm_pub_sub.Publisher('topic', 0), shm_pub_sub.Subscriber('topic', 0)\n"
        f"try:\n    {call}\nexcept (TypeError, ValueError, OverflowError, SystemError) as error:\n"
        "    print(type(error).__name__, error)\n"
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "expected" in ended.stdout or "Error" in ended.stdout
    assert "without setting an exception" not in ended.stdout
