"""Where the red bar of a camera is, found in shared memory without a copy: `copy=False`.

    python examples/camera.py       # in one terminal
    python examples/viewer.py       # in another, in any order

Stop it with Ctrl-C.
"""

from contextlib import suppress

import numpy as np
import shm_pub_sub
from _options import during, parser
from camera import FRAME, TOPIC


def main() -> None:
    options = parser(__doc__).parse_args()
    with (
        suppress(KeyboardInterrupt),
        shm_pub_sub.Subscriber(TOPIC, FRAME, copy=False) as camera,
    ):
        for _ in during(options.seconds, shm_pub_sub.Rate(10)):
            frame, ok = camera.subscribe()  # read-only; stays as it is while we hold it
            if not ok:
                print("no camera", flush=True)
                continue
            red = np.flatnonzero(frame[240, :, 0] == 255)
            print(f"bar at columns {red[0]} to {red[-1]}, {camera.copied} copied", flush=True)


if __name__ == "__main__":
    main()
