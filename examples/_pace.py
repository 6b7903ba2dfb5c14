"""Shared by the examples: the --seconds option and a loop at a steady rate."""

import argparse
import math
import time
from collections.abc import Iterator


def parser(doc: str | None) -> argparse.ArgumentParser:
    """Return a parser with --seconds and the example's docstring as its help."""
    result = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    result.add_argument(
        "--seconds", type=float, default=math.inf, help="how long to run (default: until Ctrl-C)"
    )
    return result


def ticks(period: float, seconds: float) -> Iterator[float]:
    """Yield the time since the start once per period. A late loop skips periods."""
    start = time.monotonic()
    while (elapsed := time.monotonic() - start) < seconds:
        yield elapsed
        time.sleep(period - (time.monotonic() - start) % period)
