"""Reports whether a process sleeps on a futex; reads the wait word on which it announces itself."""

import struct
from pathlib import Path

from support.waiting import until

from ._ptrace import Call, Traced

FUTEX = 202
"""x86_64's number of the system call."""


def wait_word(path: Path) -> int:
    with path.open("rb") as file:
        word: int = struct.unpack("<I", file.read(4))[0]
    return word


def blocked(pid: int) -> bool:
    """Report whether the main thread is in a futex call."""
    return Path(f"/proc/{pid}/syscall").read_text().startswith(f"{FUTEX} ")


def until_blocked(path: Path, *pids: int) -> None:
    """Waits until all of them have announced themselves and sleep."""

    def asleep() -> bool:
        return wait_word(path) & 1 == 1 and all(map(blocked, pids))

    until(asleep, "all of them to wait")


def run_to_futex(traced: Traced) -> None:
    """Runs until it is about to make such a call, for one of the interpreter's locks perhaps."""
    call = None
    while call != Call(FUTEX, True):
        call = traced.step_to_call()
        assert call is not None, "it came to its end without"
