"""Waiters that answer each value, and publishers that wait for all answers: all of them block.

The publishers are forks of a process without the library's Go, one after another, each with another
number of buffers. They end by close() or by kill -9, when all have answered.
"""

import os
import pickle
import signal
import time
from typing import Any

import shm_pub_sub
from support.go import GoPublisher

from ._lateness import Control, Figures, RunDelay

TIMEOUT = 20.0
"""Seconds after which a value or an answer counts as missing."""


def _publish(publisher: Any, value: int, figures: Figures) -> None:
    start = time.monotonic_ns()
    publisher.publish(value)
    figures.passed(start, time.monotonic_ns())


class Receiver:
    """by_time: Whether it receives with after()."""

    def __init__(self, subscriber: Any, figures: Figures, by_time: bool = False) -> None:
        self.subscriber = subscriber
        self._figures = figures
        self._delay = RunDelay()
        self._by_time, self._time = by_time, 0

    def _try(self) -> int | None:
        if not self._by_time:
            found: int | None = self.subscriber.try_recv()
            return found
        try:
            return int(self._next(0).value)
        except TimeoutError:
            return None

    def _next(self, timeout: float) -> Any:
        if not self._by_time:
            return self.subscriber.recv_sample(timeout)
        found = self.subscriber.after(self._time + 1, timeout)
        self._time = found.time_ns
        return found

    def receive(self) -> int:
        """Return the next value; note it if it had to be waited for."""
        found = self._try()
        if found is None:
            before = self._delay.read()
            sample = self._next(TIMEOUT)
            there = sample.time_ns + int(sample.age * 1e9)
            # It had to wait for its processor when it was to wake up, before anything else.
            self._figures.passed(there - (self._delay.read() - before), there)
            found = sample.value
            self._figures.received(found, sample.time_ns, there)
        return int(found)

    def close(self) -> None:
        self.subscriber.close()
        self._delay.close()


def answer(topic: str, answers: str, last: int, by_time: bool = False) -> tuple[Figures, int]:
    """Publishes each value of a topic as an answer, up to the last one. Returns the figures, and
    how many values were lost."""
    figures = Figures()
    control = Control(figures)
    receiver = Receiver(shm_pub_sub.Subscriber(topic, 0), figures, by_time)
    with shm_pub_sub.Publisher(answers, 0) as reply:
        for expected in range(1, last + 1):
            value = receiver.receive()
            assert value == expected, f"{value}, not {expected}"
            _publish(reply, value, figures)
        control.stop()
    receiver.close()
    return figures, 0 if by_time else receiver.subscriber.lost


def publish_generation(
    by_go: bool, topic: str, answers: list[str], values: range, buffer_num: int, kill: bool
) -> Figures:
    """Forks a publisher of these values, in C or in Go. Returns its figures, as a waiter for
    answers."""
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            signal.alarm(100)
            make: Any = GoPublisher if by_go else shm_pub_sub.Publisher
            publisher = make(topic, 0, buffer_num)
            figures = _publish_all(publisher, answers, values)
            with open(theirs, "wb") as pipe:  # noqa: PTH123
                pickle.dump(figures, pipe)
            if kill:
                os.kill(os.getpid(), signal.SIGKILL)
            publisher.close()
        except BaseException as error:
            os.write(2, f"publisher: {error!r}\n".encode())
        finally:
            os._exit(1)
    os.close(theirs)
    with open(ours, "rb") as pipe:  # noqa: PTH123
        found = pickle.load(pipe)
    os.waitpid(pid, 0)
    assert isinstance(found, Figures)
    return found


def _publish_all(publisher: Any, answers: list[str], values: range) -> Figures:
    figures = Figures()
    control = Control(figures)
    receivers = [Receiver(shm_pub_sub.Subscriber(name, 0, history=0), figures) for name in answers]
    for value in values:
        _publish(publisher, value, figures)
        for receiver in receivers:
            assert receiver.receive() == value
    control.stop()
    for receiver in receivers:
        receiver.close()
    return figures
