"""The performance test.

It counts a repeated read as received, so it ends only if success lasts while the publisher lives.
"""

import pytest
from support.programs import Start

from ._blocks import PERFORMANCE
from ._reading import numbers
from ._spec import Spec

HALF_A_MILLI = 0.000_5
"""The error of rounding to three decimals."""


def test_the_benchmark_ends_with_figures_that_agree(tutorial: Spec, start: Start) -> None:
    printed = [line for line in start(tutorial.source(PERFORMANCE)).finish() if numbers(line)]

    messages, duration, throughput, latency = (float(numbers(line)[0]) for line in printed)
    assert messages == 10_000
    assert duration <= messages / throughput + HALF_A_MILLI * 1.01
    assert duration >= messages / throughput - HALF_A_MILLI * 1.01
    assert latency == pytest.approx(duration / messages * 1000, abs=HALF_A_MILLI * 1.2)
