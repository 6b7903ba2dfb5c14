"""stdin, stdout and stderr that are closed, full or a pipe without a reader; and signals."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import NoReturn


def prepare() -> None:
    """Make all three usable.

    A closed descriptor becomes /dev/null; otherwise the next file opened, perhaps a topic, would
    get its number. Writing to a closed stdout still fails. Characters that the terminal's encoding
    lacks are printed as escapes.
    """
    for number, stream, flags in (
        (0, "stdin", os.O_RDONLY),
        (1, "stdout", os.O_RDONLY),  # a write fails with EBADF
        (2, "stderr", os.O_WRONLY),
    ):
        if getattr(sys, stream) is None and _is_closed(number):
            os.set_inheritable(os.open(os.devnull, flags), True)  # takes the lowest free number
            opened = open(number, "r" if number == 0 else "w", closefd=False)  # noqa: SIM115
            setattr(sys, stream, opened)
    if hasattr(sys.stdin, "reconfigure"):
        sys.stdin.reconfigure(errors="surrogateescape")  # the verb reports bad input
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
    """Drop output that stdout refused; flushing it at exit would print a traceback."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        discard(1)


def discard(number: int) -> None:
    """Point a descriptor at /dev/null."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, number)
    os.close(null)


def on_termination(handler: Callable[[int, object], object]) -> None:
    """Handle SIGTERM and SIGHUP, unless ignored, as under nohup."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, handler)


@contextmanager
def on_signal(number: int, handler: Callable[[int, object], object]) -> Iterator[None]:
    """Handle a signal in a block, unless it is ignored, or is handled already."""
    before = signal.getsignal(number)
    if before is signal.SIG_DFL:
        signal.signal(number, handler)
    try:
        yield
    finally:
        if before is signal.SIG_DFL:
            signal.signal(number, before)


def exit_on_signal(number: int, _frame: object) -> NoReturn:
    """Exit with the shell's code for the signal, after closing everything."""
    sys.exit(128 + number)
