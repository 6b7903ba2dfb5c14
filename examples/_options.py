"""Shared by the examples: the --seconds option."""

import argparse
import math
from collections.abc import Iterator

from shm_pub_sub import Rate


def parser(doc: str | None) -> argparse.ArgumentParser:
    """Return a parser with --seconds and the example's docstring as its help."""
    result = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    result.add_argument(
        "--seconds", type=float, default=math.inf, help="how long to run (default: until Ctrl-C)"
    )
    return result


def during(seconds: float, rate: Rate) -> Iterator[float]:
    """Yield the time of each of the rate's deadlines, from 0 on, for so many seconds."""
    for n in rate:
        elapsed = n * rate.period
        if elapsed >= seconds:
            break
        yield elapsed
