"""Waiters to trace, forked from a process without Go; marks show where they are."""

import signal
from typing import Any

import shm_pub_sub

from ._ptrace import MARK
from ._stepped import await_tracer, fork_to_trace


def receive_between_marks(topic: str, default: Any) -> int:
    """Forks one that drains its topic and then waits for one value, between two marks."""
    return fork_to_trace(_receive_between_marks, topic, default)


def _receive_between_marks(topic: str, default: Any) -> None:
    subscriber = shm_pub_sub.Subscriber(topic, default)
    subscriber.drain()
    receive, mark, number = subscriber.recv, signal.raise_signal, int(MARK)
    await_tracer()
    mark(number)
    receive()
    mark(number)
