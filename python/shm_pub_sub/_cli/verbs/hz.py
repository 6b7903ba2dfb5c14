"""`hz`: the publishing rate of topics, from the values' times, and how many bytes that is."""

from __future__ import annotations

import argparse
from collections import deque
from typing import Any

from shm_pub_sub import Sample
from shm_pub_sub._followed import Topic
from shm_pub_sub._intervals import Intervals

from .. import measure
from ..following import Following
from ..topics import selection

add_arguments = measure.add_arguments


def run(options: argparse.Namespace) -> int:
    with Following(selection(options), history=0, glance=len, raw=True) as follower:
        return measure.measure(options, follower, lambda t: Rates(options.window, t), "rate")


class Rates:
    """The rate of a topic's last `window` values, and, if they are no numbers, their sizes."""

    def __init__(self, window: int, topic: Topic) -> None:
        self._intervals = Intervals(window)
        self._sizes: deque[int] = deque(maxlen=window)
        self._topic = topic

    def add(self, samples: list[Sample[Any]]) -> None:
        self._intervals.add(samples)
        if self._topic.glance is None:
            self._sizes.clear()
        else:
            self._sizes.extend(sample.value for sample in samples)

    def figures(self) -> measure.Figures | None:
        found = self._intervals.figures()
        if found is None:
            return None
        # The mean size stands for the values that were lost, too.
        mean = sum(self._sizes) / len(self._sizes) if self._sizes else None
        return {**found, measure.MORE: None if mean is None else mean * found["rate"]}
