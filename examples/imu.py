"""An IMU at 1 kHz: a dataclass is a record, so its fields always belong together.

    python examples/imu.py sensor      # in one terminal
    python examples/imu.py tilt        # in another, in any order

Stop it with Ctrl-C.
"""

import math
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated

import shm_pub_sub
from _options import during, parser
from shm_pub_sub import Unit

TOPIC, HERTZ = "robot/imu", 1000


@dataclass(slots=True)
class Imu:
    stamp: Annotated[int, Unit("ns")] = 0
    ax: Annotated[float, Unit("m/s^2")] = 0.0
    ay: Annotated[float, Unit("m/s^2")] = 0.0
    az: Annotated[float, Unit("m/s^2")] = 0.0
    celsius: Annotated[float, Unit("°C")] = 0.0


def sensor(seconds: float) -> None:
    """Publish gravity, as a robot feels it that rocks from side to side."""
    with shm_pub_sub.Publisher(TOPIC, Imu(), HERTZ) as imu:  # the last second is kept
        for elapsed in during(seconds, shm_pub_sub.Rate(HERTZ)):
            tilt = 0.5 * math.sin(elapsed)
            imu.publish(
                Imu(time.monotonic_ns(), 0.0, 9.81 * math.sin(tilt), 9.81 * math.cos(tilt), 31.5)
            )


def tilt(seconds: float) -> None:
    """Print the rate and the mean of all samples that came, ten times per second."""
    with shm_pub_sub.Subscriber(TOPIC, Imu()) as imu:
        for _ in during(seconds, shm_pub_sub.Rate(10)):
            samples = imu.drain()
            if len(samples) < 2:
                print("no IMU", flush=True)
                continue
            hertz = 1e9 * (len(samples) - 1) / (samples[-1].stamp - samples[0].stamp)
            degrees = math.degrees(sum(math.atan2(s.ay, s.az) for s in samples) / len(samples))
            print(f"{hertz:4.0f} Hz, {imu.lost} lost, tilt {degrees:+.1f}°", flush=True)


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("part", choices=["sensor", "tilt"])
    options = arguments.parse_args()
    with suppress(KeyboardInterrupt):
        {"sensor": sensor, "tilt": tilt}[options.part](options.seconds)


if __name__ == "__main__":
    main()
