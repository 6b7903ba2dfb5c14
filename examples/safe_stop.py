"""A control loop that stops instead of acting on an old value.

    python examples/safe_stop.py sensor      # in one terminal
    python examples/safe_stop.py cart        # in another

Suspend the sensor with Ctrl-Z: the cart stops within a quarter of a second. Resume it with `fg`:
the cart drives on. The same happens if you stop the sensor (Ctrl-C, `kill -9`) and start it again.
"""

import math
from contextlib import suppress

import shm_pub_sub
from _options import during, parser

CLEARANCE, SPEED = "cart/front/clearance_metres", "cart/drive/metres_per_second"
MAX_AGE = 0.25  # seconds
HERTZ = 50


def measure(seconds: float) -> None:
    """Publish the clearance ahead, between one and three metres."""
    with shm_pub_sub.Publisher(CLEARANCE, 0.0) as front:
        print("measuring", flush=True)
        for elapsed in during(seconds, shm_pub_sub.Rate(HERTZ)):
            front.publish(2.0 + math.sin(elapsed))


def drive(seconds: float) -> None:
    """Set the speed by the clearance ahead; zero if it is unknown."""
    with (
        shm_pub_sub.Subscriber(CLEARANCE, 0.0, max_age=MAX_AGE) as front,
        shm_pub_sub.Publisher(SPEED, 0.0) as wheels,
    ):
        before = ""
        for _ in during(seconds, shm_pub_sub.Rate(HERTZ)):
            try:
                clearance, ok = front.subscribe()
                lives = front.publisher_alive
                state = (
                    "driving" if ok else f"stopped: the sensor {'hangs' if lives else 'is gone'}"
                )
            except shm_pub_sub.ShmError as error:  # for example, a new sensor publishes ints
                clearance, ok = 0.0, False
                state = f"stopped: {error}"
            wheels.publish(min(1.0, clearance / 2) if ok else 0.0)
            if state != before:
                before = state
                print(state, flush=True)


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("part", choices=["sensor", "cart"])
    options = arguments.parse_args()
    with suppress(KeyboardInterrupt):
        (measure if options.part == "sensor" else drive)(options.seconds)


if __name__ == "__main__":
    main()
