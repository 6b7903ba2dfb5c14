"""What a detector sees in an image, a list of records: as many as there are, up to 50.

    python examples/detections.py detect      # in one terminal
    python examples/detections.py print       # in another, in any order

Stop it with Ctrl-C.
"""

import random
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated

import shm_pub_sub
from _options import during, parser

TOPIC, MOST = "robot/detections", 50
LABELS = ["cup", "plate", "fork", "Schüssel"]


@dataclass(slots=True)
class Detection:
    label: Annotated[str, 32] = ""
    score: float = 0.0
    left: int = 0
    top: int = 0
    width: int = 0
    height: int = 0


def detect(seconds: float) -> None:
    """Publish 0 to 4 detections, ten times per second."""
    with shm_pub_sub.Publisher(TOPIC, [Detection()], max_size=MOST) as detector:
        for _ in during(seconds, shm_pub_sub.Rate(10)):
            labels = random.sample(LABELS, random.randrange(5))
            detector.publish([Detection(label, 0.9, 310, 220, 60, 80) for label in labels])


def show(seconds: float) -> None:
    with shm_pub_sub.Subscriber(TOPIC, [Detection()]) as detector:
        for _ in during(seconds, shm_pub_sub.Rate(10)):
            detections, ok = detector.subscribe()
            found = ", ".join(f"{d.label} ({100 * d.score:.0f} %)" for d in detections)
            print((found or "nothing in sight") if ok else "no detector", flush=True)


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("part", choices=["detect", "print"])
    options = arguments.parse_args()
    with suppress(KeyboardInterrupt):
        (detect if options.part == "detect" else show)(options.seconds)


if __name__ == "__main__":
    main()
