"""Print every value: iterating a subscriber waits for each next value.

    python examples/greenhouse_sensor.py      # in one terminal
    python examples/table.py                  # in another, in any order

Stop it with Ctrl-C. --seconds closes the subscriber from another thread, which ends the loop.
"""

import threading
from contextlib import suppress

import shm_pub_sub
from _options import parser
from greenhouse_sensor import TOPIC


def main() -> None:
    options = parser(__doc__).parse_args()
    air = shm_pub_sub.Subscriber(TOPIC, 0.0)
    closing = threading.Timer(min(options.seconds, threading.TIMEOUT_MAX), air.close)
    closing.daemon = True
    closing.start()
    with suppress(KeyboardInterrupt), air:
        print("row, air in °C", flush=True)
        for row, celsius in enumerate(air, 1):
            print(f"{row}, {celsius:.2f}", flush=True)
    print(f"{air.lost} values were lost")


if __name__ == "__main__":
    main()
