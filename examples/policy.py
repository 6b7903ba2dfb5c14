"""A policy that acts on the last two observations, dicts of arrays: `last(2)`.

    python examples/policy.py robot       # in one terminal
    python examples/policy.py policy      # in another, in any order

policy_ring.py is the same with a ring guarded by a time budget. Stop it with Ctrl-C.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np
import shm_pub_sub
from _options import during, parser

TOPIC, STEPS, HERTZ = "robot/observation", 2, 100
OBSERVATION: dict[str, Any] = {
    "rgb": np.zeros((240, 320, 3), np.uint8),
    "joints": np.zeros(14),
    "step": 0,
}


def observed(step: int) -> dict[str, Any]:
    """Return an observation all of which is made of its step, so that a mixture of two shows."""
    rgb = np.full_like(OBSERVATION["rgb"], step % 256)
    return {"rgb": rgb, "joints": np.full(14, float(step)), "step": step}


def is_torn(observation: Mapping[str, Any]) -> bool:
    """Report whether parts of the observations, stacked along the first axis, are of others."""
    step = observation["step"]
    rgb = (observation["rgb"] != step[:, None, None, None] % 256).any()
    return bool(rgb or (observation["joints"] != step[:, None]).any())


def robot(seconds: float, hertz: float) -> None:
    with shm_pub_sub.Publisher(TOPIC, OBSERVATION, STEPS + 1) as robot:
        for step, _ in enumerate(during(seconds, shm_pub_sub.Rate(hertz))):
            robot.publish(observed(step))


def policy(seconds: float) -> None:
    torn = 0
    with shm_pub_sub.Subscriber(TOPIC, OBSERVATION) as robot:
        for _ in during(seconds, shm_pub_sub.Rate(20)):
            observation = robot.last(STEPS)
            if not robot.publisher_alive or len(observation["step"]) < STEPS:
                print("no robot", flush=True)
                continue
            torn += is_torn(observation)
            print(f"steps {observation['step']}, {torn} torn", flush=True)


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("part", choices=["robot", "policy"])
    arguments.add_argument("--hertz", type=float, default=HERTZ, help="how fast the robot is")
    options = arguments.parse_args()
    with suppress(KeyboardInterrupt):
        if options.part == "robot":
            robot(options.seconds, options.hertz)
        else:
            policy(options.seconds)


if __name__ == "__main__":
    main()
