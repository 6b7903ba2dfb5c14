"""A lidar whose scans have a varying number of points, and the nearest of them: `max_size`.

    python examples/lidar.py scan        # in one terminal
    python examples/lidar.py nearest     # in another, in any order

Stop it with Ctrl-C.
"""

from contextlib import suppress

import numpy as np
import shm_pub_sub
from _options import during, parser

TOPIC, MOST = "robot/lidar", 100_000
POINTS = np.zeros((0, 3), np.float32)
AXES = {"names": ["x", "y", "z"]}  # what makes it a point cloud in recordings and notebooks


def scan(seconds: float) -> None:
    """Publish ten scans per second of a wall that comes nearer, with 0 to 2,000 points."""
    random = np.random.default_rng()
    with shm_pub_sub.Publisher(TOPIC, POINTS, max_size=MOST, unit="m", attributes=AXES) as lidar:
        for elapsed in during(seconds, shm_pub_sub.Rate(10)):
            points = random.uniform(-5, 5, (random.integers(2001), 3)).astype(np.float32)
            points[:, 0] = 1 + 9 * abs(np.cos(elapsed / 5))
            lidar.publish(points)


def nearest(seconds: float) -> None:
    """Print the number of points, and how far away the nearest is."""
    with shm_pub_sub.Subscriber(TOPIC, POINTS) as lidar:
        for _ in during(seconds, shm_pub_sub.Rate(10)):
            points, ok = lidar.subscribe()
            if ok and len(points):
                metres = np.sqrt((points**2).sum(axis=1)).min()
                print(f"{len(points):4} points, the nearest at {metres:.2f} m", flush=True)
            else:
                print("nothing in sight" if ok else "no lidar", flush=True)


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("part", choices=["scan", "nearest"])
    options = arguments.parse_args()
    with suppress(KeyboardInterrupt):
        {"scan": scan, "nearest": nearest}[options.part](options.seconds)


if __name__ == "__main__":
    main()
