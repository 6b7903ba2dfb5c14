"""Receive every value: recv() blocks until the next one, and lost counts the missed ones.

    python examples/greenhouse_sensor.py      # in one terminal
    python examples/every_value.py            # in another, in any order

--pause 1 makes it slower than the sensor: the topic keeps three values, and the others are lost and
counted. Stop it with Ctrl-C.
"""

import math
import time
from contextlib import suppress

import shm_pub_sub
from _options import parser
from greenhouse_sensor import TOPIC

SILENCE = 1.0  # seconds without a value before it prints a message


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--pause", type=float, default=0.0, help="seconds of work per value")
    options = arguments.parse_args()
    end = time.monotonic() + options.seconds
    count, coldest = 0, math.inf
    with suppress(KeyboardInterrupt), shm_pub_sub.Subscriber(TOPIC, 0.0) as air:
        while (left := end - time.monotonic()) > 0:
            try:
                celsius = air.recv(timeout=min(SILENCE, left))
            except TimeoutError:
                print("no new value", flush=True)
                continue
            count += 1
            coldest = min(coldest, celsius)
            print(
                f"{celsius:6.2f} °C; coldest of {count}: {coldest:6.2f}, {air.lost} lost",
                flush=True,
            )
            time.sleep(options.pause)


if __name__ == "__main__":
    main()
