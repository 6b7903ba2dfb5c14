"""What publishing peers do."""

from collections import deque
from typing import Any

import shm_pub_sub
from support.go import GoPublisher

BATCH = 997

_kept: list[Any] = []


def publish_numbers(way: str, topic: str, buffer_num: int, last: int) -> None:
    """Publishes 1 to last as fast as it goes, and stays open."""
    make: Any = GoPublisher if way == "Go" else shm_pub_sub.Publisher
    publisher = make(topic, 0, buffer_num)
    _kept[:] = [publisher]
    if way == "C, in batches":
        for first in range(1, last + 1, BATCH):
            publisher.publish_many(range(first, min(first + BATCH, last + 1)))
    else:
        deque(map(publisher.publish, range(1, last + 1)), maxlen=0)


def close() -> None:
    _kept.pop().close()
