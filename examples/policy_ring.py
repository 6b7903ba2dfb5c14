"""policy.py with a ring of arrays whose reads have a time budget, as robot-learning code has it.

    python examples/policy_ring.py robot                   # in one terminal
    python examples/policy_ring.py policy                  # in another: all is well
    python examples/policy_ring.py policy --held-up 0.1    # timed out: it did not get the processor

The slots follow from the budget and the rate that the robot promises. `robot --hertz 2000` breaks
the promise: `policy --held-up 0.02` gets parts of different observations then, without an error.
A robot that waits until the budget has passed tears nothing, but it waits for its readers instead.
"""

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import shm_pub_sub
from _options import during, parser
from policy import HERTZ, OBSERVATION, STEPS, is_torn, observed

PATH = Path(os.environ.get("SHM_PUB_SUB_DIR", "/dev/shm"), "policy_ring")
BUDGET = 0.05  # seconds that a read may take
SLOTS = STEPS + round(1.2 * BUDGET * HERTZ)
SLOT = np.dtype([(key, np.asarray(v).dtype, np.shape(v)) for key, v in OBSERVATION.items()])
RING = np.dtype([("count", np.int64), ("slots", SLOT, SLOTS)])


class Ring:
    def __init__(self, mode: Any) -> None:
        ring: Any = np.memmap(PATH, RING, mode, shape=1)
        self.count, self.slots = ring["count"], ring["slots"][0]

    def put(self, observation: dict[str, Any]) -> None:
        following = self.count[0] + 1
        for key, value in observation.items():
            self.slots[key][following % SLOTS] = value
        self.count[0] = following

    def last(self, n: int, held_up: float) -> dict[str, Any]:
        start = time.monotonic()
        found: dict[str, Any] = {}
        newest = int(self.count[0])
        slots = np.arange(newest - n + 1, newest + 1) % SLOTS
        for key in OBSERVATION:
            found[key] = self.slots[key][slots]
            time.sleep(held_up / len(OBSERVATION))  # others may get the processor at any time
        if time.monotonic() - start > BUDGET:
            raise TimeoutError
        return found


def robot(seconds: float, hertz: float) -> None:
    ring = Ring("w+")
    try:
        for step, _ in enumerate(during(seconds, shm_pub_sub.Rate(hertz))):
            ring.put(observed(step))
    finally:
        PATH.unlink()


def policy(seconds: float, held_up: float) -> None:
    torn = late = 0
    ring = None
    for _ in during(seconds, shm_pub_sub.Rate(20)):
        if ring is None and PATH.exists():
            ring = Ring("r")
        if ring is None or ring.count[0] < STEPS:
            print("no robot", flush=True)
            continue
        try:
            observation = ring.last(STEPS, held_up)
        except TimeoutError:
            late += 1
            print(f"no observation, {torn} torn, {late} timed out", flush=True)
            continue
        torn += is_torn(observation)
        print(f"steps {observation['step']}, {torn} torn, {late} timed out", flush=True)


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("part", choices=["robot", "policy"])
    arguments.add_argument("--hertz", type=float, default=HERTZ, help="how fast the robot is")
    arguments.add_argument("--held-up", type=float, default=0.0, help="seconds, in each read")
    options = arguments.parse_args()
    with suppress(KeyboardInterrupt):
        if options.part == "robot":
            robot(options.seconds, options.hertz)
        else:
            policy(options.seconds, options.held_up)


if __name__ == "__main__":
    main()
