"""Forked children that do one thing. They end with it, or soon after a killed test run."""

import os
import signal
from collections.abc import Callable
from typing import NoReturn

LIFETIME = 170
"""Seconds after which a child ends that nobody has killed."""


def fork(work: Callable[..., object], *arguments: object) -> int:
    """Fork a child that does the work, and ends by os._exit(). Return its pid.

    Its status is 0, or 1 if the work raised; stderr has the error then.
    """
    pid = os.fork()
    if pid == 0:
        try:
            signal.alarm(LIFETIME)
            work(*arguments)
            os._exit(0)
        except BaseException as error:
            os.write(2, f"{work.__name__}: {error!r}\n".encode())
        finally:
            os._exit(1)
    return pid


def pause_forever() -> NoReturn:
    while True:
        signal.pause()
