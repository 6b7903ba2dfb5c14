"""The least that calls can cost, on request like call.py: python call_floor.py FOLDER."""

import sys
from pathlib import Path

import floors
from harness.timing import timer

from programs.call import LOOPS, clock_ns, each


def main():
    floor = floors.extension("floor", Path(sys.argv[1])).Floor()
    clock = clock_ns() / LOOPS
    rows = {
        "publish": timer("f(v)", f=floor.ring_put, v=1.5),
        "loop": timer("pass"),
        "empty_o": timer("f(v)", f=floor.empty_o, v=1.5),
        "empty": timer("f()", f=floor.empty),
        "clock": timer("f(v)", f=floor.clock_o, v=1.5),
        "pair": timer("f()", f=floor.pair),
        "ring_get": timer("f()", f=floor.ring_get),
    }
    timers = {name: lambda run=run: max(0.0, run(LOOPS) - clock) for name, run in rows.items()}
    # In C the clock would cost more than one call: more at a time.
    timers["ring_writes"] = lambda: floor.ring_writes(100 * LOOPS)
    timers["ring_reads"] = lambda: floor.ring_reads(100 * LOOPS)
    print("ready", *timers, flush=True)
    for line in sys.stdin:
        print(*each(timers, int(line)), flush=True)


if __name__ == "__main__":
    main()
