"""Signals by which service managers and closed terminals end a program: it ends in order."""

from __future__ import annotations

import signal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn


def at_the_end(handler: Callable[[int, object], object]) -> None:
    """Have SIGTERM and SIGHUP handled, but not where they are ignored, as nohup has it."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, handler)


def leave(number: int, _frame: object) -> NoReturn:
    """End with the exit code that shells have for a signal; what is open is closed before."""
    sys.exit(128 + number)
