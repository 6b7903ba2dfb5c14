"""The logger "shm_pub_sub": what happens to topics, never what happens to values.

Nothing here imports logging, which costs as much as all else: where the program has not, nobody
hears.
"""

from __future__ import annotations

import sys
from _thread import get_native_id

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    import logging
    from collections.abc import Callable


class _Unheard:
    def info(self, text: str, *args: object) -> None:
        pass

    warning = info


class _Plain:
    """What stands in for the logger in a thread that must not use logging's locks."""

    def info(self, text: str, *args: object) -> None:
        pass

    def warning(self, text: str, *args: object) -> None:
        self._write(text % args)

    def error(self, text: str, *args: object, exc_info: bool = False) -> None:
        self._write(text % args)
        if exc_info:
            sys.excepthook(*sys.exc_info())

    def _write(self, text: str) -> None:
        if sys.stderr is not None:
            sys.stderr.write(f"{text}\n")


_without_locks: set[int] = set()
"""The system's threads that must not use them."""


def call_without_locks(function: Callable[[], None]) -> None:
    """Call it in this thread, of which the program's threading knows nothing.

    eventlet's locks, which are logging's once it has patched them, belong to one thread's hub:
    who waits for one in the main thread is not woken when another thread lets go of it.
    """
    thread = get_native_id()
    if "eventlet" in sys.modules:
        _without_locks.add(thread)
    try:
        function()
    finally:
        _without_locks.discard(thread)


def logger() -> logging.Logger | _Plain | _Unheard:
    """Return the library's logger. It prints nothing unless the program sets logging up."""
    if _without_locks and get_native_id() in _without_locks:
        return _Plain()
    module = sys.modules.get("logging")
    # Half imported it has no handlers either; in a forked child it may stay so.
    if module is None or getattr(module.__spec__, "_initializing", False):
        return _Unheard()
    found: logging.Logger = module.getLogger("shm_pub_sub")
    if not found.handlers:
        found.addHandler(module.NullHandler())
    return found
