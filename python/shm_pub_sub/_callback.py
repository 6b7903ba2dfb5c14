"""Subscriber(callback=): a thread that calls a function for every new value."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable
from typing import Any

from . import _hot
from ._arguments import short_repr
from ._errors import ClosedError, TopicTypeError
from ._log import call_without_locks, log_error

Subscriber = Any

_PAUSE = 0.05
"""Seconds until a topic that cannot be read is tried again."""


def check_callback(name: str, callback: Any) -> None:
    if callback is not None and not callable(callback):
        raise TopicTypeError(
            f"topic {short_repr(name)}: found a callback of {type(callback).__name__} "
            f"{short_repr(callback)}; expected a function that takes a value, or None"
        )


def start(subscriber: Subscriber, callback: Callable[[Any], object]) -> None:
    """Call callback in a daemon thread, which keeps the subscriber alive until it is closed."""
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
        # A greenlet: gevent or eventlet has patched threading. It would block all the others.
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
                log_error("callback of %r: the topic cannot be read: %s", subscriber.name, error)
            time.sleep(_PAUSE)
            continue
        trouble = ""
        try:
            callback(value)
        except BaseException:  # even SystemExit: only close() ends it
            log_error(
                "callback of %r: %s raised", subscriber.name, short_repr(callback), traceback=True
            )
        del value  # a view takes up one of the topic's until it is gone
