"""What `demo` publishes: a pendulum, as a float, an int and a bool topic."""

from __future__ import annotations

import math
import signal
import sys
import time

from shm_pub_sub import Publisher

ANGLE, SWINGS, RIGHT = "pendulum/angle", "pendulum/swings", "pendulum/right"

PERIOD = 1.6
"""Seconds there and back."""

STEP = 0.01
"""Seconds from one value to the next."""


def swing(amplitude: float, buffers: int) -> None:
    """Publish until somebody ends this process; by SIGTERM it ends in order.

    Args:
        amplitude: The greatest angle, in degrees.
        buffers: buffer_num of the topics.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with (
        Publisher(ANGLE, 0.0, buffers) as angle,
        Publisher(SWINGS, 0, buffers) as swings,
        Publisher(RIGHT, False, buffers) as right,
    ):
        start = time.monotonic()
        while True:
            turns = (time.monotonic() - start) / PERIOD
            degrees = amplitude * math.sin(2 * math.pi * turns)
            angle.publish(degrees)
            swings.publish(int(2 * turns))
            right.publish(degrees > 0)
            time.sleep(STEP)
