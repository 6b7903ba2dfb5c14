"""stdin, stdout and stderr as a program finds them: closed, full, a pipe that nobody reads."""

from __future__ import annotations

import os
import signal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn


def prepare() -> None:
    """Make all three usable, whatever they are.

    A descriptor that is closed would be given to the next file that is opened, a topic's perhaps:
    it gets /dev/null. Writing to a closed stdout stays the error that it is. What the terminal's
    encoding lacks is printed as an escape.
    """
    for number, stream, flags in (
        (0, "stdin", os.O_RDONLY),
        (1, "stdout", os.O_RDONLY),  # so that a write fails: EBADF
        (2, "stderr", os.O_WRONLY),
    ):
        if getattr(sys, stream) is None and _is_closed(number):
            os.set_inheritable(os.open(os.devnull, flags), True)  # the lowest number that is free
            opened = open(number, "r" if number == 0 else "w", closefd=False)  # noqa: SIM115
            setattr(sys, stream, opened)
    if hasattr(sys.stdin, "reconfigure"):
        sys.stdin.reconfigure(errors="surrogateescape")  # what reads it says what it expected
    for output in (sys.stdout, sys.stderr):
        if hasattr(output, "reconfigure"):
            output.reconfigure(errors="backslashreplace")


def _is_closed(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return True
    return False


def drop_output() -> None:
    """Forget what stdout could not take: it would fail again, at exit, with a traceback."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        discard(1)


def discard(number: int) -> None:
    """Have a descriptor write to /dev/null from now on."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, number)
    os.close(null)


def at_the_end(handler: Callable[[int, object], object]) -> None:
    """Have SIGTERM and SIGHUP handled, but not where they are ignored, as nohup has it."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, handler)


def leave(number: int, _frame: object) -> NoReturn:
    """End with the exit code that shells have for a signal; what is open is closed before."""
    sys.exit(128 + number)
