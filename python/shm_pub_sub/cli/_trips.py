"""A value there and back between two processes, for `bench`."""

from __future__ import annotations

import subprocess
import time

from shm_pub_sub import Publisher, Subscriber, WaitTimeoutError

from ._python import python

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PARTNER = "from shm_pub_sub.cli._trips import answer; answer({way!r})"
"""The other process's program."""

THERE, BACK = "there", "back"

STOP = -1.0

PATIENCE = 10.0
"""Seconds after which the other process counts as gone."""

WARM_UP = 100
"""Trips that do not count."""


def round_trips(way: str, seconds: float) -> Iterator[float]:
    """Yield ns from publishing a value to having it back, trip by trip, for that long.

    Args:
        way: "spinning": both ends ask again and again. "blocking": both sleep in recv().
    """
    program = python(PARTNER.format(way=way))
    with (
        Publisher(THERE, 0.0) as pub,
        Subscriber(BACK, 0.0, history=0) as sub,
        subprocess.Popen(program, start_new_session=True) as partner,  # Ctrl-C is not for it
    ):
        try:
            sub.wait_for_publisher(PATIENCE)
            receive = _receiver(sub, way)
            clock, number, end = time.perf_counter_ns, 0.0, 0.0
            while not end or clock() < end:
                number += 1.0
                start = clock()
                pub.publish(number)
                receive()
                took = clock() - start
                if number > WARM_UP:
                    end = end or clock() + seconds * 1e9
                    yield took
            pub.publish(STOP)
            partner.wait(PATIENCE)
        finally:
            partner.kill()  # nothing where it has ended


def answer(way: str) -> None:
    """Send every value back, until STOP."""
    with Subscriber(THERE, 0.0) as sub, Publisher(BACK, 0.0) as pub:
        receive = _receiver(sub, way)
        while (value := receive()) != STOP:
            pub.publish(value)


def _receiver(sub: Subscriber[float], way: str) -> Callable[[], float]:
    """Return what waits for the next value; WaitTimeoutError says that the other end is gone."""
    last = 0.0

    def spin() -> float:
        nonlocal last
        while True:
            value, ok = sub.subscribe()
            if ok and value != last:
                last = value
                return value
            if not ok and not sub.publisher_alive:
                raise WaitTimeoutError("bench: the other process has ended; expected a value")

    return spin if way == "spinning" else lambda: sub.recv(PATIENCE)
