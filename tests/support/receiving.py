"""What subscribing peers do."""

import time
from typing import Any

import shm_pub_sub

_kept: list[Any] = []


def subscribe(topic: str, default: Any, history: int = 1) -> None:
    """Opens the subscriber that the other functions use."""
    _kept[:] = [shm_pub_sub.Subscriber(topic, default, history=history)]


def subscriber() -> Any:
    return _kept[0]


def receive_up_to(last: int, timeout: float) -> tuple[int, int, int]:
    """Receives numbers that were published from 1 on, checks that they are in order and each gap
    is what `lost` says. Returns how many were received, lost, and how many gaps there were."""
    sub = subscriber()
    receive = sub.recv
    number = received = gaps = lost = 0
    while number < last:
        value = receive(timeout)
        received += 1
        if value != number + 1:
            assert value > number, f"{value} after {number}"
            gaps += 1
            lost += value - number - 1
            assert sub.lost == lost, f"{sub.lost} lost, of {lost} up to {value}"
        number = value
    assert number == last
    assert sub.try_recv() is None
    return received, sub.lost, gaps


def receive(count: int, timeout: float = 20.0) -> list[tuple[Any, int]]:
    """Receives so many values; returns each with when it was there, CLOCK_MONOTONIC ns."""
    found = []
    for _ in range(count):
        value = subscriber().recv(timeout)
        found.append((value, time.monotonic_ns()))
    return found


def close() -> None:
    subscriber().close()
