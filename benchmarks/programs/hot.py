"""hot_path.py's calls on request, in ns: the tenth percentile of short rounds, in turn.

The first line names the figures. Then it reads milliseconds, one number a line, and answers with a
line. It runs with any version of the library.
"""

import os
import sys
import time

from harness.timing import quiet
from hot_path import calls

ROUND = 1_000
"""Calls: a tenth of a millisecond, in which mostly nothing else runs."""


def main():
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    rows = calls()
    print("ready", *(name.replace(" ", "_") for name in rows), flush=True)
    for line in sys.stdin:
        times = {name: [] for name in rows}
        end = time.perf_counter_ns() + int(line) * 1_000_000
        while not all(times.values()) or time.perf_counter_ns() < end:
            for name, run in rows.items():
                times[name].append(run(ROUND))
        print(*map(quiet, times.values()), flush=True)


if __name__ == "__main__":
    main()
