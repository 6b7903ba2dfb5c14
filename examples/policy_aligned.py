"""A policy that acts on camera, arm and gripper of the same instant: `align`, `publish_at`.

    python examples/policy_aligned.py robot       # in one terminal
    python examples/policy_aligned.py policy      # in another, in any order

Each sensor has its own rate and its own delay. Stop it with Ctrl-C.
"""

import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
import shm_pub_sub
from _options import during, parser


class Sensor(NamedTuple):
    example: Any
    hertz: float
    delay: float  # seconds from a measurement to its publication
    buffers: int


# When an image comes, the others must still have their values of its instant: buffers.
SENSORS = {
    "image": Sensor(np.zeros((240, 320, 3), np.uint8), 30, 0.025, 3),
    "joints": Sensor(np.zeros(7), 100, 0.002, 16),
    "width": Sensor(np.zeros(()), 50, 0.008, 16),
}
TOLERANCE = 0.02  # seconds: the period of the second slowest


def sense(name: str, sensor: Sensor, stop: threading.Event) -> None:
    with shm_pub_sub.Publisher(f"robot/{name}", sensor.example, sensor.buffers) as pub:
        for n in shm_pub_sub.Rate(sensor.hertz):
            if stop.is_set():
                break
            measured = time.monotonic_ns()
            value = np.full_like(sensor.example, n % 256)
            time.sleep(sensor.delay)  # exposure, transfer, decoding
            pub.publish_at(value, measured)


def robot(seconds: float) -> None:
    stop = threading.Event()
    threads = [threading.Thread(target=sense, args=(*each, stop)) for each in SENSORS.items()]
    for thread in threads:
        thread.start()
    try:
        for _ in during(seconds, shm_pub_sub.Rate(10)):
            pass
    finally:
        stop.set()


def act(observation: Mapping[str, Any]) -> None:
    assert observation["image"].shape == (240, 320, 3)  # a network would infer an action here


def policy(seconds: float) -> None:
    end = time.monotonic() + seconds
    subscribers = [shm_pub_sub.Subscriber(f"robot/{k}", s.example) for k, s in SENSORS.items()]
    aligned = shm_pub_sub.align(subscribers, tolerance=TOLERANCE, names=[*SENSORS])
    count, start = 0, time.monotonic()
    while (left := end - time.monotonic()) > 0:
        try:
            found = aligned.recv(timeout=min(1.0, left))
        except TimeoutError:
            print("no robot", flush=True)
            count, start = 0, time.monotonic()
            continue
        act({name: sample.value for name, sample in found.items()})
        count += 1
        if count % 15 == 0:
            hertz = count / (time.monotonic() - start)
            age = 1e3 * max(sample.age for sample in found.values())
            spread, dropped = 1e3 * aligned.spread, ", ".join(map(str, aligned.dropped))
            print(
                f"{hertz:.1f} Hz, {age:.0f} ms old, spread {spread:.1f} ms, dropped {dropped}",
                flush=True,
            )


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("part", choices=["robot", "policy"])
    options = arguments.parse_args()
    with suppress(KeyboardInterrupt):
        (robot if options.part == "robot" else policy)(options.seconds)


if __name__ == "__main__":
    main()
