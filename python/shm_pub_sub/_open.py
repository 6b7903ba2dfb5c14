"""This process's open publishers: what `replace=True` closes, and what is closed at the end."""

from __future__ import annotations

import atexit
import os
import sys

from . import _hot

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
    for publisher in publishers():
        if publisher._name == name and publisher._directory == directory:
            return publisher
    return None


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


def _close_all() -> None:
    global exiting
    exiting = True
    for publisher in publishers():
        publisher.close()


atexit.register(_close_all)
