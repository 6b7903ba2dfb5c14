"""The logger "shm_pub_sub": about topics, never about values.

Nothing here imports logging, which is slow; if the program has not imported it, messages are
dropped.
"""

from __future__ import annotations

import sys
from _thread import get_native_id

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    import logging
    from collections.abc import Callable


class _Dropped:
    """The logger of a program that has not imported logging."""

    def info(self, text: str, *args: object) -> None:
        pass

    warning = info


class _Stderr(_Dropped):
    """The logger of a thread that must not use logging's locks."""

    def warning(self, text: str, *args: object) -> None:
        if sys.stderr is not None:
            sys.stderr.write(f"{text % args}\n")


_without_locks: set[int] = set()
"""The system's threads that must not use logging's locks."""


def call_without_locks(function: Callable[[], None]) -> None:
    """Call a function in this thread, which the program's threading does not know.

    Once eventlet has patched them, logging's locks belong to one thread's hub: a wait for one in
    the main thread does not end when another thread releases it.
    """
    thread = get_native_id()
    if "eventlet" in sys.modules:
        _without_locks.add(thread)
    try:
        function()
    finally:
        _without_locks.discard(thread)


def logger() -> logging.Logger | _Dropped:
    """Return the library's logger. It prints nothing unless the program sets logging up."""
    if _without_locks and get_native_id() in _without_locks:
        return _Stderr()
    module = sys.modules.get("logging")
    # Half imported it has no handlers either; in a forked child it may stay so.
    if module is None or getattr(module.__spec__, "_initializing", False):
        return _Dropped()
    found: logging.Logger = module.getLogger("shm_pub_sub")
    if not found.handlers:
        found.addHandler(module.NullHandler())
    return found


def log_error(text: str, *args: object, traceback: bool = False) -> None:
    """Log an error of the program's own code, on stderr if the program has not set logging up."""
    import logging

    log = logger()
    if not isinstance(log, logging.Logger):
        log.warning(text, *args)
        if traceback:
            sys.excepthook(*sys.exc_info())
    elif _is_handled(log):
        log.error(text, *args, exc_info=traceback)
    elif logging.lastResort is not None:
        found = sys.exc_info() if traceback else None
        record = log.makeRecord(log.name, logging.ERROR, "", 0, text, args, found)
        logging.lastResort.handle(record)


def _is_handled(log: logging.Logger) -> bool:
    """Report whether a handler besides the library's own gets what is logged."""
    import logging

    at: logging.Logger | None = log
    while at is not None:
        if any(not isinstance(handler, logging.NullHandler) for handler in at.handlers):
            return True
        at = at.parent if at.propagate else None
    return False
