"""A camera that fills its frames in shared memory, and says when they were exposed: `loan`.

    python examples/camera.py       # in one terminal
    python examples/viewer.py       # in another, in any order

A real driver would write its pixels into the lent array. Stop it with Ctrl-C.
"""

import time
from contextlib import suppress

import numpy as np
import shm_pub_sub
from _options import during, parser

TOPIC = "robot/camera"
FRAME = np.zeros((480, 640, 3), np.uint8)  # height, width, RGB
HERTZ, WIDTH = 30, 40


def main() -> None:
    options = parser(__doc__).parse_args()
    with suppress(KeyboardInterrupt), shm_pub_sub.Publisher(TOPIC, FRAME) as camera:
        for elapsed in during(options.seconds, shm_pub_sub.Rate(HERTZ)):
            left = int(100 * elapsed) % (FRAME.shape[1] - WIDTH)
            with (lent := camera.loan()) as frame:  # published at the end of the block
                lent.time_ns = time.monotonic_ns()  # of the exposure, not of the publication
                frame[:] = 16
                frame[:, left : left + WIDTH] = (255, 0, 0)  # a red bar moves to the right


if __name__ == "__main__":
    main()
