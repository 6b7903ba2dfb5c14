"""Two threads share a subscriber: one controls the vent, the other prints a table.

    python examples/greenhouse_watch.py       # in one terminal
    python examples/greenhouse_sensor.py      # in another, in any order

Stop it with Ctrl-C. The Go publisher (examples/go/publisher) can replace the sensor.
"""

import threading
import time
from contextlib import suppress

import shm_pub_sub
from _options import parser
from greenhouse_sensor import TOPIC

OPEN_ABOVE, SHUT_BELOW = 24.0, 20.0  # degrees Celsius


def say(line: str) -> None:
    """Print a line in one write, so that the threads' lines don't mix."""
    print(f"{line}\n", end="", flush=True)


def work_vent(air: shm_pub_sub.Subscriber[float], end: threading.Event) -> None:
    """Open and shut the vent, with hysteresis between the two limits."""
    vent_open = False
    while not end.wait(0.02):
        celsius, ok = air.subscribe()
        if ok and not vent_open and celsius > OPEN_ABOVE:
            say(f"vent: open at {celsius:.2f} °C")
            vent_open = True
        elif ok and vent_open and celsius < SHUT_BELOW:
            say(f"vent: shut at {celsius:.2f} °C")
            vent_open = False


def write_table(air: shm_pub_sub.Subscriber[float], end: threading.Event) -> None:
    """Print a row for each new value, and one when the sensor is missing."""
    start = time.monotonic()
    last: tuple[float, bool] | None = None
    while not end.wait(0.02):
        seen = air.subscribe()
        if seen != last:  # a value stays readable until the next one
            celsius, ok = last = seen
            row = f"{celsius:.2f}" if ok else "no sensor"
            say(f"{time.monotonic() - start:.2f}, {row}")


def main() -> None:
    options = parser(__doc__).parse_args()
    end = threading.Event()
    with shm_pub_sub.Subscriber(TOPIC, 0.0) as air:
        threads = [
            threading.Thread(target=job, args=(air, end)) for job in (work_vent, write_table)
        ]
        for thread in threads:
            thread.start()
        with suppress(KeyboardInterrupt):
            end.wait(min(options.seconds, threading.TIMEOUT_MAX))
        end.set()
        for thread in threads:
            thread.join()


if __name__ == "__main__":
    main()
