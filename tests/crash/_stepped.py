"""Processes to trace, forked from one without the library's Go; marks show where they are.

Each is ready for its tracer when it has raised its first mark.
"""

import signal
import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import shm_pub_sub
from support.children import fork, pause_forever

from ._ptrace import MARK


def fork_to_trace(work: Callable[..., None], *arguments: Any) -> int:
    """Fork one that works and then waits to be killed. Return its pid."""
    return fork(_work_and_wait, work, *arguments)


def _work_and_wait(work: Callable[..., None], *arguments: Any) -> None:
    work(*arguments)
    pause_forever()


def _mark() -> None:
    signal.raise_signal(MARK)


def await_tracer() -> None:
    """Wait for the tracer: an untraced mark would end the process."""
    status = Path("/proc/self/status")
    while "\nTracerPid:\t0\n" in status.read_text():
        time.sleep(0.0005)


def publish_between_marks(
    topic: str, before: Sequence[Any], values: Sequence[Any], buffer_num: int
) -> int:
    """Forks a publisher of the values `before`, then of `values` with marks around each."""
    return fork_to_trace(_publish_between_marks, topic, before, values, buffer_num)


def _publish_between_marks(
    topic: str, before: Sequence[Any], values: Sequence[Any], buffer_num: int
) -> None:
    publisher = shm_pub_sub.Publisher(topic, type(values[0])(), buffer_num)
    for value in before:
        publisher.publish(value)
    publish, mark, number = publisher.publish, signal.raise_signal, int(MARK)
    await_tracer()
    for value in values:
        mark(number)
        publish(value)
    mark(number)


def publish_fast(topic: str, generation: int, buffer_num: int) -> int:
    """Forks a publisher of generation << 32 | k, for k from 1, with little else in its loop."""
    return fork_to_trace(_publish_fast, topic, generation, buffer_num)


def _publish_fast(topic: str, generation: int, buffer_num: int) -> None:
    publisher = shm_pub_sub.Publisher(topic, 0, buffer_num)
    deque(map(publisher.publish, count(generation << 32 | 1)), maxlen=0)


def act_between_marks(act: Callable[[str], Callable[[], Any]], topic: str) -> int:
    """Forks one that calls act(topic), and then calls its result between two marks."""
    return fork_to_trace(_act_between_marks, act, topic)


def _act_between_marks(act: Callable[[str], Callable[[], Any]], topic: str) -> None:
    shm_pub_sub.topics()  # the one-time work of this thread's first call of Go
    perform = act(topic)
    await_tracer()
    _mark()
    result = perform()
    _mark()
    while result:  # a publisher stays open
        signal.pause()


def create(topic: str) -> Callable[[], Any]:
    return lambda: shm_pub_sub.Publisher(topic, 0)


def create_retained(topic: str) -> Callable[[], Any]:
    return lambda: shm_pub_sub.Publisher(topic, 0, retain=True)


def _opened(topic: str, retain: bool = False) -> "shm_pub_sub.Publisher[int]":
    publisher = shm_pub_sub.Publisher(topic, 0, retain=retain)
    publisher.publish(1)
    return publisher


def close(topic: str) -> Callable[[], Any]:
    return _opened(topic).close


def close_retained(topic: str) -> Callable[[], Any]:
    return _opened(topic, retain=True).close


def replace(topic: str) -> Callable[[], Any]:
    earlier = _opened(topic)
    return lambda: (earlier, shm_pub_sub.Publisher(topic, 0, replace=True))


def remove(topic: str) -> Callable[[], Any]:
    return lambda: shm_pub_sub.remove(topic)


def receive_between_marks(topic: str, default: Any) -> int:
    """Fork one that drains its topic and then waits for one value, between two marks."""
    return fork_to_trace(_receive_between_marks, topic, default)


def _receive_between_marks(topic: str, default: Any) -> None:
    subscriber = shm_pub_sub.Subscriber(topic, default)
    subscriber.drain()
    receive, mark, number = subscriber.recv, signal.raise_signal, int(MARK)
    await_tracer()
    mark(number)
    receive()
    mark(number)
