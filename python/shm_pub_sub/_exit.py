"""Closing this process's publishers: for replace=True, and when the process ends."""

from __future__ import annotations

import atexit
import os
import sys
import time

from . import _hot
from ._arguments import path_to_go

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

exiting = False  # the process is ending and has closed them

_PATIENCE = 2.0
"""Seconds to wait for a publisher that another thread is making or closing."""

_armed_in = 0  # the pid of the multiprocessing child that has a finalizer


def publishes(directory: str, name: str) -> bool:
    """Report whether this process has the topic's publisher."""
    return _hot.publisher_of(path_to_go(directory), name) is not None


def close_own(directory: str, name: str) -> bool:
    """Close this process's publisher of the topic; report whether it has none now."""
    where = path_to_go(directory)
    deadline, pause = time.monotonic() + _PATIENCE, 0.0
    while (found := _hot.publisher_of(where, name)) is not None:
        if found is not False:
            before = _hot.changes()
            found.close()  # does nothing while another thread makes or closes it
            if found._mapped and _hot.changes() == before:  # not set up again
                return False  # a subclass's close() did not close it
        if time.monotonic() > deadline:
            return False
        del found
        time.sleep(pause)
        pause = 0.001
    return True


def close_at_exit() -> None:
    """Have this process close its publishers when it ends.

    atexit does that, except in a child of multiprocessing or of billiard (Celery's), which runs
    finalizers of its own and then os._exit(). A worker of a billiard pool does not run these.
    """
    global _armed_in
    util = sys.modules.get("multiprocessing.util")  # billiard's own finalizers are these
    multiprocessing = sys.modules.get("multiprocessing.process")
    billiard: Any = sys.modules.get("billiard.process")
    child: Any = billiard.current_process() if billiard is not None else None
    if getattr(child, "_parent_pid", None) is None:
        child = None
        if multiprocessing is None or multiprocessing.parent_process() is None:
            return
    if _armed_in == os.getpid() or util is None:
        return
    # Below 0: after the child's own children have been joined.
    util.Finalize(None, _close_all, exitpriority=-100)
    worker = getattr(child, "_target", None)
    if worker is not None and hasattr(worker, "on_exit"):  # a pool's, or None
        on_exit = worker.on_exit
        worker.on_exit = lambda pid, status: _close_after(on_exit, pid, status)
    _armed_in = os.getpid()  # last: an interrupt may come before, and closing twice is harmless


def _close_after(on_exit: Callable[[int, int], object] | None, pid: int, status: int) -> None:
    try:
        if on_exit is not None:
            on_exit(pid, status)
    finally:
        _close_all()


def exit_if_orphaned_daemon() -> None:
    """End the calling thread if its process has ended and it is a daemon.

    Nothing would close a publisher that it made. C calls this once publishers() includes it.
    """
    threading = sys.modules.get("threading")  # or there is no such thread
    if exiting and threading is not None and threading.current_thread().daemon:
        raise SystemExit


def outlives_process() -> bool:
    """Report whether the calling thread still runs after its process has ended."""
    threading = sys.modules.get("threading")
    if not exiting or threading is None:
        return False
    return bool(threading.get_ident() != threading.main_thread().ident)


def _close_all() -> None:
    global exiting
    exiting = True
    try:
        _close_each(lambda publisher: publisher.close())
    except BaseException:  # an interrupt, or a subclass's close(): close the others anyway
        _close_each(lambda publisher: None)
        raise


def _close_each(close: Callable[[Any], object]) -> None:
    """Close all publishers, including those that a signal handler makes meanwhile.

    Daemon threads may be making or closing some, and never finish once the interpreter is gone.
    """
    deadline = time.monotonic() + _PATIENCE
    while _hot.count() > 0 and time.monotonic() < deadline:
        for publisher in _hot.publishers():
            close(publisher)
            try:  # noqa: SIM105 - contextlib is slow to import
                publisher._end()  # a subclass's close() may not have
            except RuntimeError:
                pass  # it is closed, and its name could not be removed
        time.sleep(0.0001 if _hot.count() > 0 else 0)


atexit.register(_close_all)
