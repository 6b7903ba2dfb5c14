"""The state of an arm's joints: a dataclass here, a struct in go/joints, one and the same topic.

    python examples/joints.py arm         # in one terminal; or, in examples/go, go run ./joints
    python examples/joints.py watch       # in another, in any order

Stop it with Ctrl-C.
"""

import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
import numpy.typing as npt
import shm_pub_sub
from _options import during, parser

TOPIC = "arm/joints"


@dataclass(slots=True)
class JointState:
    stamp: int = 0  # ns
    mode: Annotated[str, 16] = ""
    position: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(7))  # rad
    velocity: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(7))  # rad/s
    homed: bool = False


def arm(seconds: float) -> None:
    """Publish a hundred states per second; every joint swings at a rate of its own."""
    rates = np.arange(1.0, 8.0)
    with shm_pub_sub.Publisher(TOPIC, JointState()) as joints:
        for elapsed in during(seconds, shm_pub_sub.Rate(100)):
            position, velocity = np.sin(rates * elapsed), rates * np.cos(rates * elapsed)
            joints.publish(JointState(time.time_ns(), "swing", position, velocity, homed=True))


def watch(seconds: float) -> None:
    with shm_pub_sub.Subscriber(TOPIC, JointState(), max_age=0.5) as joints:
        for _ in during(seconds, shm_pub_sub.Rate(10)):
            state, ok = joints.subscribe()
            if ok:
                fastest = np.abs(state.velocity).argmax()
                at, speed = state.position[fastest], state.velocity[fastest]
                print(f"{state.mode}: joint {fastest} at {at:+.2f}, {speed:+.2f} rad/s", flush=True)
            else:
                print("no arm", flush=True)


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("part", choices=["arm", "watch"])
    options = arguments.parse_args()
    with suppress(KeyboardInterrupt):
        {"arm": arm, "watch": watch}[options.part](options.seconds)


if __name__ == "__main__":
    main()
