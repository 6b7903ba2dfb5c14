"""`delay`: the time from publish(), or the measurement, to a subscriber here."""

from __future__ import annotations

import argparse
import math
from collections import deque
from typing import Any

from shm_pub_sub import Sample

from .. import measure
from ..following import Following
from ..topics import selection

add_arguments = measure.add_arguments


def run(options: argparse.Namespace) -> int:
    # The age of values published before this says nothing of delivery.
    with Following(selection(options), history=0, later=0, gather=False) as follower:
        return measure.measure(options, follower, lambda _: Ages(options.window), "delay")


class Ages:
    """The ages of the last `window` values on arrival, in seconds."""

    def __init__(self, window: int) -> None:
        self._ages: deque[float] = deque(maxlen=window)

    def add(self, samples: list[Sample[Any]]) -> None:
        self._ages.extend([age for _, _, _, age in samples])

    def figures(self) -> dict[str, float] | None:
        if not self._ages:
            return None
        mean = math.fsum(self._ages) / len(self._ages)
        variance = math.fsum((age - mean) ** 2 for age in self._ages) / len(self._ages)
        return {
            "delay": mean,
            "min": min(self._ages),
            "max": max(self._ages),
            "std_dev": math.sqrt(variance),
            "window": len(self._ages),
        }
