"""A signal of 48,000 values per second, published and received in batches.

    python examples/batch_waveform.py play        # in one terminal
    python examples/batch_waveform.py measure     # in another, in any order

A batch takes one call and creates no Python object per value. It can be an array.array or a numpy
array. The topic keeps one second of the signal: a reader that drains it more often loses nothing.
Stop it with Ctrl-C.
"""

import array
import math
from contextlib import suppress

import shm_pub_sub
from _options import during, parser

TOPIC, RATE, BATCH = "waveform/microphone", 48_000, 480
HERTZ = 440.0


def play(seconds: float) -> None:
    """Publish a tone that swells and fades, a hundred batches per second."""
    with shm_pub_sub.Publisher(TOPIC, 0.0, RATE) as microphone:
        for elapsed in during(seconds, shm_pub_sub.Rate(RATE / BATCH)):
            loudness = abs(math.sin(elapsed))
            turn = 2 * math.pi * HERTZ / RATE
            tone = (loudness * math.sin(turn * number) for number in range(BATCH))
            microphone.publish_many(array.array("d", tone))


def measure(seconds: float) -> None:
    """Print the root mean square of the values received, ten times per second."""
    room = array.array("d", bytes(8 * RATE))
    with shm_pub_sub.Subscriber(TOPIC, 0.0) as microphone:
        for _ in during(seconds, shm_pub_sub.Rate(10)):
            count = microphone.drain(into=room)
            if count:
                rms = math.sqrt(sum(value * value for value in room[:count]) / count)
                bar = "#" * round(60 * rms)
                print(f"{count:5} values, {microphone.lost} lost, rms {rms:.3f} {bar}", flush=True)
            else:
                print("silence", flush=True)


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("part", choices=["play", "measure"])
    options = arguments.parse_args()
    with suppress(KeyboardInterrupt):
        {"play": play, "measure": measure}[options.part](options.seconds)


if __name__ == "__main__":
    main()
