"""A function called for every value, in its own thread, while the program does other work.

    python examples/greenhouse_sensor.py      # in one terminal
    python examples/callback_alarm.py         # in another, in any order

--limit 22 triggers sooner. Stop it with Ctrl-C.
"""

from contextlib import suppress

import shm_pub_sub
from _options import during, parser
from greenhouse_sensor import TOPIC


class FrostAlarm:
    def __init__(self, limit: float) -> None:
        self._limit = limit
        self.rings = False
        self.values = 0

    def __call__(self, celsius: float) -> None:
        # One thread calls it for each value in order. Exceptions are logged; delivery continues.
        self.values += 1
        below = celsius < self._limit
        if below != self.rings:
            print(
                f"{'ALARM' if below else 'all is well'} at {celsius:.2f} °C\n", end="", flush=True
            )
        self.rings = below


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--limit", type=float, default=20.0, help="degrees Celsius (20)")
    options = arguments.parse_args()
    alarm = FrostAlarm(options.limit)
    with suppress(KeyboardInterrupt), shm_pub_sub.Subscriber(TOPIC, 0.0, callback=alarm):
        for elapsed in during(options.seconds, shm_pub_sub.Rate(2)):
            print(f"{elapsed:.1f} s: {alarm.values} values\n", end="", flush=True)


if __name__ == "__main__":
    main()
