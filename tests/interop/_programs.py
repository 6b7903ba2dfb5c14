"""What a Python with a release's wheel does for the tests."""

import array
import dataclasses
import os
import platform
import sys
from pathlib import Path
from typing import Annotated, Any

import shm_pub_sub
from shm_pub_sub import _hot
from support import remote, values


@dataclasses.dataclass
class State:
    stamp: int = 0
    x: float = 0.0
    on: bool = False
    label: Annotated[str, 12] = ""
    raw: Annotated[bytes, 5] = b""
    path: list[float] = dataclasses.field(default_factory=lambda: [0.0] * 4)


VALUES: dict[str, list[Any]] = {
    "text": ["", "déjà vu \N{ROBOT FACE}", "x" * 50],
    "bytes": [b"", b"\0\xff" * 25],
    "list": [[], [1.5, -0.0, 5e-324] * 10],
    "record": [State(), State(-(2**63), 1e308, True, "\N{ROBOT FACE} ja", b"\0\1", [0.1, 0.2])],
    "array": [array.array("f", [number / 3 for number in range(1000)])],
    **{kind.__name__: edges for kind, edges in values.EDGES.items()},
}
DEFAULTS: dict[str, Any] = {
    "text": "-" * 60,
    "bytes": b"-" * 60,
    "list": [0.0] * 40,
    "record": State(),
    "array": array.array("f", bytes(4000)),
    **{kind.__name__: default for kind, default in values.DEFAULTS.items()},
}


def about() -> tuple[str, str, str]:
    """Return the version, the processor, and the name of the extension module."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return version, platform.machine(), Path(_hot.__file__).name


def plain(value: Any) -> Any:
    """Return a value as one that equals another with the same content."""
    if isinstance(value, memoryview):
        return value.format, value.tobytes()
    if isinstance(value, array.array):
        return "f", value.tobytes()
    return values.bits(value)


def read(topic: str) -> tuple[Any, bool]:
    value, ok = remote.subscribe(topic)
    return plain(value), ok


def fork_and_use(inherited: str, own: str) -> int:
    """Fork; the child reads its parent's topic, must not publish it, and publishes one of its own.

    Returns the child's exit status.
    """
    child = os.fork()
    if child == 0:
        status = 1
        try:
            with shm_pub_sub.Publisher(own, 0) as publisher:
                publisher.publish(7)
                assert shm_pub_sub.Subscriber(inherited, -1).subscribe() == (5, True)
                assert shm_pub_sub.Subscriber(own, -1).subscribe() == (7, True)
                try:
                    remote.publishers[inherited].publish(6)
                except shm_pub_sub.ForkedError:
                    status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def send_back(topic: str, answers: str, rounds: int) -> int:
    """Publish each value that comes, until so many have come; return the last one."""
    with shm_pub_sub.Publisher(answers, 0) as publisher:
        subscriber = shm_pub_sub.Subscriber(topic, 0)
        value = 0
        while value < rounds:
            value = subscriber.recv(30.0)
            publisher.publish(value)
    return value
