"""Audio in blocks of 480 samples, received into one array that is used again: `into=`.

    python examples/audio_blocks.py play       # in one terminal
    python examples/audio_blocks.py meter      # in another, in any order

A block is one value, so none is ever torn. Stop it with Ctrl-C.
"""

from contextlib import suppress

import numpy as np
import shm_pub_sub
from _options import during, parser

TOPIC, RATE, KEPT = "audio/left", 48_000, 100
BLOCK = np.zeros(480, np.float32)


def play(seconds: float) -> None:
    """Publish a tone that swells and fades, a hundred blocks per second."""
    turn = 2 * np.pi * 440 / RATE
    with shm_pub_sub.Publisher(TOPIC, BLOCK, KEPT) as left:
        for number, elapsed in enumerate(during(seconds, shm_pub_sub.Rate(RATE / BLOCK.size))):
            at = np.arange(BLOCK.size) + number * BLOCK.size
            left.publish((abs(np.sin(elapsed)) * np.sin(turn * at)).astype(np.float32))


def meter(seconds: float) -> None:
    """Print the loudness of all blocks that came, ten times per second."""
    room = np.empty((KEPT, *BLOCK.shape), np.float32)
    with shm_pub_sub.Subscriber(TOPIC, BLOCK) as left:
        for _ in during(seconds, shm_pub_sub.Rate(10)):
            count = left.drain(into=room)
            if count:
                rms = np.sqrt(np.mean(room[:count] ** 2))
                bar = "#" * round(60 * rms)
                print(f"{count:3} blocks, {left.lost} lost, rms {rms:.3f} {bar}", flush=True)
            else:
                print("silence", flush=True)


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("part", choices=["play", "meter"])
    options = arguments.parse_args()
    with suppress(KeyboardInterrupt):
        {"play": play, "meter": meter}[options.part](options.seconds)


if __name__ == "__main__":
    main()
