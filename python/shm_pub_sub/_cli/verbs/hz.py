"""`hz`: the publishing rate of topics, from the times of publication."""

from __future__ import annotations

from shm_pub_sub._rate import Intervals

from .. import measure
from ..following import Following

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


add_arguments = measure.add_arguments


def run(options: argparse.Namespace) -> int:
    with Following(options.topics, history=0) as follower:
        return measure.measure(options, follower, lambda: Intervals(options.window), "rate")
