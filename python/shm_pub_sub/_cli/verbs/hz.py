"""`hz`: the publishing rate of topics, from the values' times."""

from __future__ import annotations

import argparse

from shm_pub_sub._intervals import Intervals

from .. import measure
from ..following import Following
from ..topics import selection

add_arguments = measure.add_arguments


def run(options: argparse.Namespace) -> int:
    with Following(selection(options), history=0) as follower:
        return measure.measure(options, follower, lambda: Intervals(options.window), "rate")
