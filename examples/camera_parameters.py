"""The parameters of a camera as metadata of its topic: `unit`, `description`, `attributes`.

    python examples/camera_parameters.py camera      # in one terminal
    python examples/camera_parameters.py measure     # in another, in any order
    shm-pub-sub info robot/depth                     # shows it too

It is written once, before anybody can read a frame. Stop it with Ctrl-C.
"""

from contextlib import suppress

import numpy as np
import shm_pub_sub
from _options import during, parser

TOPIC, HERTZ = "robot/depth", 30
DEPTH = np.zeros((480, 640), np.uint16)
PARAMETERS = {
    "encoding": "16UC1",
    "frame_id": "camera_depth_optical_frame",
    "rate": HERTZ,
    "range": [300, 6000],
    "intrinsics": np.array([[615.0, 0.0, 320.0], [0.0, 615.0, 240.0], [0.0, 0.0, 1.0]]),
    "distortion": [0.0, 0.0, 0.0, 0.0, 0.0],
}


def camera(seconds: float) -> None:
    """Publish a wall that comes nearer and goes away again."""
    with shm_pub_sub.Publisher(
        TOPIC, DEPTH, unit="mm", description="Depth of the front camera", attributes=PARAMETERS
    ) as depth:
        for elapsed in during(seconds, shm_pub_sub.Rate(HERTZ)):
            with depth.loan() as frame:
                frame[:] = 2000 + 1000 * np.cos(elapsed)


def measure(seconds: float) -> None:
    """Print where the pixel in the upper left corner is, in the unit of the topic."""
    with shm_pub_sub.Subscriber(TOPIC, DEPTH, copy=False) as depth:
        for _ in during(seconds, shm_pub_sub.Rate(10)):
            frame, ok = depth.subscribe()
            about = depth.metadata
            if not ok or not about:  # it may end between the two lines
                print("no camera", flush=True)
                continue
            (fx, _, cx), (_, fy, cy), _ = about["attributes"]["intrinsics"]
            z = float(frame[0, 0])
            x, y = -z * cx / fx, -z * cy / fy
            where = about["attributes"]["frame_id"]
            print(f"({x:.0f}, {y:.0f}, {z:.0f}) {about['unit']} in {where}", flush=True)


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("part", choices=["camera", "measure"])
    options = arguments.parse_args()
    with suppress(KeyboardInterrupt):
        {"camera": camera, "measure": measure}[options.part](options.seconds)


if __name__ == "__main__":
    main()
