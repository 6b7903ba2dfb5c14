"""A thermometer in a greenhouse: one float topic, ten values per second.

    python examples/greenhouse_sensor.py      # in one terminal
    python examples/greenhouse_watch.py       # in as many others as you like

Stop it with Ctrl-C. A second sensor, started meanwhile, gets an error: a topic has one publisher.
"""

import random
from contextlib import suppress

import shm_pub_sub
from _options import during, parser

TOPIC = "greenhouse/north_bed/air_celsius"  # place, thing, quantity and unit


def main() -> None:
    options = parser(__doc__).parse_args()
    celsius = 22.0
    with suppress(KeyboardInterrupt), shm_pub_sub.Publisher(TOPIC, 0.0) as thermometer:
        for _ in during(options.seconds, shm_pub_sub.Rate(10)):
            # A random walk that tends to 22 degrees.
            celsius += random.gauss(0.0, 1.0) + 0.05 * (22.0 - celsius)
            thermometer.publish(celsius)
            print(f"air {celsius:6.2f} °C", flush=True)


if __name__ == "__main__":
    main()
