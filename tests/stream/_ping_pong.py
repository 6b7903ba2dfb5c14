"""Waiters that answer each value, and publishers that wait for all answers: everybody blocks.

The publishers are forks of a process without the library's Go, one after another, each with another
number of buffers. They end by close() or by kill -9, when all have answered.
"""

import os
import signal
from itertools import chain
from typing import Any

import shm_pub_sub

from ._lateness import Lateness

TIMEOUT = 20.0
"""Seconds after which a value, or an answer, will not come any more."""


class Receiver:
    """Receives, and counts how often that had to wait."""

    def __init__(self, subscriber: "shm_pub_sub.Subscriber[int]") -> None:
        self._subscriber = subscriber
        self._lateness = Lateness()
        self.waits = 0

    def receive(self) -> int:
        """The next value, whose lateness is noted where it was waited for."""
        found: Any = self._subscriber.try_recv()
        if found is not None:
            return int(found)
        sample = self._subscriber.recv_sample(TIMEOUT)
        self.waits += 1
        self._lateness.note(sample.value, sample.time_ns, sample.time_ns + int(sample.age * 1e9))
        return int(sample.value)

    def figures(self) -> tuple[int, float, list[tuple[int, float]]]:
        """How many waits, the latest of all, and those that nothing explains, seconds."""
        return self.waits, self._lateness.worst, self._lateness.unexplained()


def answer(topic: str, answers: str, last: int) -> tuple[int, float, list[tuple[int, float]], int]:
    """Publishes each value of a topic as an answer, up to the last one. Returns the figures and
    how many values were lost."""
    expected = 0
    with shm_pub_sub.Subscriber(topic, 0) as subscriber, shm_pub_sub.Publisher(answers, 0) as reply:
        receiver = Receiver(subscriber)
        while expected < last:
            value = receiver.receive()
            expected += 1
            assert value == expected, f"{value}, not {expected}"
            reply.publish(value)
        return *receiver.figures(), subscriber.lost


def publish_generation(
    topic: str, answers: list[str], values: range, buffer_num: int, kill: bool
) -> tuple[int, float, list[tuple[int, float]]]:
    """Forks a publisher of these values. Returns its figures, as a waiter for answers."""
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            signal.alarm(100)
            publisher = shm_pub_sub.Publisher(topic, 0, buffer_num)
            figures = _publish(publisher, answers, values)
            os.write(theirs, repr(figures).encode())
            if kill:
                os.kill(os.getpid(), signal.SIGKILL)
            publisher.close()
        except BaseException as error:
            os.write(2, f"publisher: {error!r}\n".encode())
        finally:
            os._exit(1)
    os.close(theirs)
    with open(ours) as pipe:  # noqa: PTH123
        text = pipe.read()
    os.waitpid(pid, 0)
    found: tuple[int, float, list[tuple[int, float]]] = eval(text)
    return found


def _publish(
    publisher: "shm_pub_sub.Publisher[int]", answers: list[str], values: range
) -> tuple[int, float, list[tuple[int, float]]]:
    receivers = [Receiver(shm_pub_sub.Subscriber(name, 0, history=0)) for name in answers]
    for value in values:
        publisher.publish(value)
        for receiver in receivers:
            assert receiver.receive() == value
    waits, worst, unexplained = zip(*(receiver.figures() for receiver in receivers), strict=True)
    return sum(waits), max(worst), [*chain(*unexplained)]
