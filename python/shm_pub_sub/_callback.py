"""Subscriber(callback=): a thread that calls a function for every new value."""

from __future__ import annotations

import functools
import sys
import threading
import time

from . import _hot
from ._arguments import short_repr
from ._errors import ClosedError, TopicTypeError
from ._log import _Plain, _Unheard, call_without_locks, logger

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    import logging
    from collections.abc import Callable
    from typing import Any

    Subscriber = Any

_PAUSE = 0.05
"""Seconds until a topic that raises is looked at again."""


def check_callback(name: str, callback: Any) -> None:
    """Refuse what cannot be called."""
    if callback is not None and not callable(callback):
        raise TopicTypeError(
            f"topic {short_repr(name)}: found a callback of {type(callback).__name__} "
            f"{short_repr(callback)}; expected a function that takes a value, or None"
        )


def start(subscriber: Subscriber, callback: Callable[[Any], object]) -> None:
    """Call callback in a daemon thread, which keeps the subscriber until that is closed."""
    threading.Thread(
        target=_run,
        args=(subscriber, callback, subscriber._open_epoch, threading.get_native_id()),
        name=f"shm_pub_sub callback {subscriber.name}",
        daemon=True,
    ).start()


def _run(
    subscriber: Subscriber, callback: Callable[[Any], object], life: int, starter: int = 0
) -> None:
    if threading.get_native_id() == starter:
        # A greenlet: gevent or eventlet has patched threading. It would wait for all of them.
        run = functools.partial(_run, subscriber, callback, life)
        _hot.start_thread(lambda: call_without_locks(run))
        return
    trouble = ""
    while True:
        try:
            value = subscriber._take(life, True)
        except ClosedError:
            return
        except Exception as error:
            if trouble != (trouble := str(error)):
                _log("callback of %r: the topic cannot be read: %s", subscriber.name, error)
            time.sleep(_PAUSE)
            continue
        trouble = ""
        try:
            callback(value)
        except BaseException:  # SystemExit as well: only close() ends it
            _log("callback of %r: %s raised", subscriber.name, short_repr(callback), traceback=True)


def _log(text: str, *args: object, traceback: bool = False) -> None:
    import logging

    log = logger()
    assert not isinstance(log, _Unheard)  # logging is there
    if isinstance(log, _Plain) or _heard(log):
        log.error(text, *args, exc_info=traceback)
        return
    # Nobody has set logging up, and an error in a program's own function must not go unseen.

    found = sys.exc_info() if traceback else None
    record = log.makeRecord(log.name, logging.ERROR, "", 0, text, args, found)
    if logging.lastResort is not None:
        logging.lastResort.handle(record)


def _heard(log: logging.Logger) -> bool:
    """Whether a handler that is more than the library's own gets what is logged."""
    import logging

    at: logging.Logger | None = log
    while at is not None:
        if any(not isinstance(handler, logging.NullHandler) for handler in at.handlers):
            return True
        at = at.parent if at.propagate else None
    return False
