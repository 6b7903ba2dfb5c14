"""`demo`: the library in six seconds.

This process subscribes and draws. Another one publishes, is killed, and a third takes over.
"""

from __future__ import annotations

import argparse
import math
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import shm_pub_sub
from shm_pub_sub import Publisher, Subscriber
from shm_pub_sub._python import python

from ..domain import own_domain
from ..output import EXIT_DONE, EXIT_FAILURE, Control, draw, log, print_json, put

AMPLITUDE = 30.0

PUBLISHER = "from shm_pub_sub._cli.verbs.demo import swing; swing({amplitude}, {buffers})"
"""The program of the other process."""

_UP, _LINE_END = Control("\x1b[A"), Control("\x1b[K\n")

DEADLINE = 10.0
"""Seconds, far more than the library needs: the machine may be loaded."""


class Failure(Exception):
    """The library did not do what the demo shows."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = f"{parser.description} Its topics are isolated from all others."


def run(options: argparse.Namespace) -> int:
    try:
        with own_domain("demo") as directory:
            figures = play(directory, quiet=options.format == "json")
    except Failure as failure:
        log(f"demo: FAILED: {failure}")
        return EXIT_FAILURE
    if options.format == "json":
        print_json(figures)
    return EXIT_DONE


@contextmanager
def publisher(buffers: int) -> Iterator[subprocess.Popen[bytes]]:
    """Start another process that publishes; kill it at the end of the block."""
    program = PUBLISHER.format(amplitude=AMPLITUDE, buffers=buffers)
    # In its own session: Ctrl-C reaches this process, which ends it.
    process = subprocess.Popen(python(program), start_new_session=True)
    try:
        yield process
    finally:
        process.kill()  # does nothing after wait()
        process.wait()


def play(directory: Path, quiet: bool) -> dict[str, object]:
    """Run the acts; return what was measured."""
    screen = Screen(quiet)  # before any publisher
    start = time.monotonic()
    with publisher(buffers=3) as first:
        screen.wait(True, start)
        screen.say("", f"1. Values flow from process {first.pid} to this one.")
        screen.show(1.5, pause=0.01)
        screen.say("   Now this one reads as fast as it can:")
        rate = screen.show(1.5, pause=0.0)
        screen.say(f"   {rate:,.0f} reads per second, in Python; every one had a value.")
        if (published := shm_pub_sub.inspect(ANGLE).published) < 5:
            raise Failure(f"found {published} values in 3 s; expected about 300")

        screen.say("", f"2. kill -9 {first.pid}: the publisher can close nothing.")
        killed = time.monotonic()
        first.kill()
        noticed = screen.wait(False, killed)
        screen.say(f"   ok turned False after {noticed * 1e3:.0f} ms.")
        screen.say(f"   Every read now returns {screen.angle.subscribe()}: the default, not ok.")
        if not quiet:
            time.sleep(0.5)  # time to read it

    screen.say(
        "", "3. A new publisher, with another buffer_num. Nothing is cleaned up or reconnected."
    )
    start = time.monotonic()
    with publisher(buffers=8) as second:
        took = screen.wait(True, start)
        screen.say(f"   ok is True again {took * 1e3:.0f} ms after its start, most of it Python's.")
        screen.show(2.0, pause=0.01)
        if (found := screen.angle.buffer_num) != 8:
            raise Failure(f"found a topic of {found} buffers; expected 8")

        screen.say("", "4. The publisher exits normally.")
        second.terminate()
        if status := second.wait(DEADLINE):
            raise Failure(f"found the publisher's exit status {status}; expected 0")
        if screen.oks() != {False}:
            raise Failure("found ok True after the publisher's end")
    if left := sorted(path.name for path in directory.iterdir()):
        raise Failure(f"found {', '.join(left)} left in {directory}")
    screen.say("   ok is False on the next read, and shared memory is empty.", "")
    return {"reads_per_second": round(rate), "kill_noticed": noticed, "taken_over": took}


class Screen:
    """The subscribers; draws their values in place, or as lines if stdout is no terminal."""

    def __init__(self, quiet: bool) -> None:
        self.angle = Subscriber(ANGLE, 0.0)
        self.swings = Subscriber(SWINGS, 0)
        self.right = Subscriber(RIGHT, False)
        self._quiet = quiet
        self._in_place = sys.stdout.isatty()
        self._marks = "·●" if "utf" in sys.stdout.encoding.lower() else ".O"

    def say(self, *lines: str) -> None:
        if not self._quiet:
            put(*lines, flush=True)

    def oks(self) -> set[bool]:
        return {topic.subscribe()[1] for topic in (self.angle, self.swings, self.right)}

    def wait(self, ok: bool, since: float) -> float:
        """Wait until every topic returns that ok; return the seconds since `since`."""
        while self.oks() != {ok}:
            if time.monotonic() - since > DEADLINE:
                raise Failure(f"found ok still {not ok} after {DEADLINE:.0f} s")
            time.sleep(0.001)
        return time.monotonic() - since

    def show(self, seconds: float, pause: float) -> float:
        """Read and draw for that long; return the reads per second."""
        reads, start = 0, time.monotonic()
        period = 0.05 if self._in_place else 0.5
        drawn = -period
        while (elapsed := time.monotonic() - start) < seconds:
            for _ in range(1000 if pause == 0.0 else 1):
                value, ok = self.angle.subscribe()
                reads += 1
                if not (ok and -AMPLITUDE <= value <= AMPLITUDE):
                    raise Failure(f"read {value}, {ok} from a live publisher")
            if elapsed >= drawn + period:
                self._draw(again=drawn >= 0.0)
                drawn = elapsed
            if pause:  # sleep(0) takes 50 us
                time.sleep(pause)
        return reads / elapsed

    def _draw(self, again: bool) -> None:
        angle, swings, right = (
            topic.subscribe()[0] for topic in (self.angle, self.swings, self.right)
        )
        width = 41 if self._in_place else 21
        at = round((angle / AMPLITUDE + 1) / 2 * (width - 1))
        path = self._marks[0] * at + self._marks[1] + self._marks[0] * (width - 1 - at)
        line = f"   {path}  angle {angle:+6.1f}   swings {swings}   right {right}"
        if not self._in_place:
            self.say(line)
        elif not self._quiet:
            draw(*[_UP] * again, line, _LINE_END)


ANGLE, SWINGS, RIGHT = "pendulum/angle", "pendulum/swings", "pendulum/right"

PERIOD = 1.6
"""Seconds of one swing, there and back."""

STEP = 0.01
"""Seconds between values."""


def swing(amplitude: float, buffers: int) -> None:
    """Publish a pendulum until SIGTERM; amplitude in degrees, buffers is the buffer_num."""
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
