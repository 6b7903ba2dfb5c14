"""What a Peer does with a Go or a C writer or reader."""

from typing import Any

import shm_pub_sub
from support.go import GoPublisher, GoSubscriber

from ._mirrored import MIRRORED
from ._spinning import write_until

opened: list[Any] = []


def open_publisher(side: str, default: Any, buffer_num: int, retain: bool = False) -> None:
    make: Any = {"Go": GoPublisher, "C": shm_pub_sub.Publisher}[side]
    opened.append(make("topic", default, buffer_num, retain=retain))


def open_subscriber(side: str, default: Any) -> None:
    make: Any = {"Go": GoSubscriber, "C": shm_pub_sub.Subscriber}[side]
    opened.append(make("topic", default))


def publish(value: Any) -> None:
    opened[-1].publish(value)


def publish_until_seen(kind: type, enough: int) -> int:
    seen = shm_pub_sub.Subscriber("seen", 0)
    return write_until(opened[-1], MIRRORED[kind], 1, seen, enough)


def subscribe() -> tuple[Any, bool]:
    value: tuple[Any, bool] = opened[-1].subscribe()
    return value


def close() -> None:
    opened.pop().close()
