"""This process's open publishers: what `replace=True` closes, and what is closed at the end."""

from __future__ import annotations

import atexit
import os
import sys
import time

from . import _extension, _hot

TYPE_CHECKING = False  # not from typing, whose import costs more than all else here
if TYPE_CHECKING:
    from typing import Any

    from ._publisher import Publisher

exiting = False  # this process has come to its end and closed them

_armed_in = 0  # the multiprocessing child whose end is looked after


def publishers() -> list[Publisher]:
    """Return this process's open publishers."""
    found: list[Any] = _hot.publishers()  # the C type has no instances but of the class
    return found


def open_publisher(directory: str, name: str) -> Publisher | None:
    """Return this process's open publisher of the topic, if it has one."""
    wanted = (directory, name)
    # None is made meanwhile: one that its owner has just dropped stays open while this holds it.
    with _extension.fork_lock:
        return next((found for found in publishers() if _is_of(found) == wanted), None)


def _is_of(publisher: Publisher) -> tuple[str | None, str | None]:
    """Return its directory and name, which it has lost in a cycle that is being collected."""
    return getattr(publisher, "_directory", None), getattr(publisher, "_name", None)


def close_at_exit() -> None:
    """See to it that this process closes its publishers when it ends.

    atexit does, save in a child of multiprocessing, which ends by os._exit() after finalizers of
    its own.
    """
    global _armed_in
    process, util = (sys.modules.get(f"multiprocessing.{m}") for m in ("process", "util"))
    if process is None or util is None or process.parent_process() is None:
        return
    if _armed_in != os.getpid():
        _armed_in = os.getpid()
        # Below 0: after the child's own children have been joined.
        util.Finalize(None, _close_all, exitpriority=-100)


def end_daemon_thread() -> None:
    """End the calling thread if it goes on after its process has come to its end.

    Nobody would close a publisher that it made. Called under the fork lock.
    """
    threading = sys.modules.get("threading")  # or there is no such thread
    if exiting and threading is not None and threading.current_thread().daemon:
        raise SystemExit


def outlives_process() -> bool:
    """Report whether the calling thread goes on after its process has come to its end."""
    threading = sys.modules.get("threading")
    if not exiting or threading is None:
        return False
    return bool(threading.get_ident() != threading.main_thread().ident)


def _close_all() -> None:
    global exiting
    with _extension.fork_lock:  # what a daemon thread is making is there to be closed then
        exiting = True
    for publisher in publishers():
        publisher.close()
    # A daemon thread in the middle of closing one comes to no end when the interpreter is gone.
    deadline = time.monotonic() + 1
    while _hot.count() > 0 and time.monotonic() < deadline:
        time.sleep(0.0001)


atexit.register(_close_all)
