"""How many values a second? The calls alone, then between two processes.

    python examples/throughput.py      # one terminal is enough: it starts the reader by itself

benchmarks/ has careful measurements; this is a first impression of a machine. --seconds is for each
of the three parts (default: 1).
"""

import multiprocessing
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection

import shm_pub_sub
from _pace import parser

TOPIC = "throughput/counter"
BATCH = 1000  # calls between two looks at the clock


def repeat(call: Callable[[int], object], seconds: float) -> float:
    """Return the calls per second."""
    calls, start = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - start) < seconds:
        for number in range(calls, calls + BATCH):
            call(number)
        calls += BATCH
    return calls / elapsed


def read(pipe: Connection) -> None:
    """Read until the publisher closes; send how often, and how many different values there were."""
    reads = different = 0
    last = -1
    with suppress(KeyboardInterrupt), shm_pub_sub.Subscriber(TOPIC, -1) as subscriber:
        pipe.send("reading")
        start = time.perf_counter()
        while (seen := subscriber.subscribe())[1]:
            reads += 1
            different += seen[0] != last
            last = seen[0]
        elapsed = time.perf_counter() - start
        pipe.send((reads / elapsed, different / elapsed))


def main() -> None:
    arguments = parser(__doc__)
    arguments.set_defaults(seconds=1.0)
    seconds: float = arguments.parse_args().seconds
    with (
        shm_pub_sub.Publisher(TOPIC, 0) as publisher,
        shm_pub_sub.Subscriber(TOPIC, 0) as subscriber,
    ):
        publishes = repeat(publisher.publish, seconds)
        print(f"publish         {publishes:14,.0f} /s   {1e9 / publishes:5.0f} ns each")
        reads = repeat(lambda _: subscriber.subscribe(), seconds)
        print(f"subscribe       {reads:14,.0f} /s   {1e9 / reads:5.0f} ns each (with a lambda)")
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    reader = spawn.Process(target=read, args=(there,))
    with shm_pub_sub.Publisher(TOPIC, 0) as publisher:
        publisher.publish(0)
        reader.start()
        here.recv()
        published = repeat(publisher.publish, seconds)
    reads, different = here.recv()
    reader.join()
    print(f"two processes   {published:14,.0f} /s   published by this one")
    print(f"                {reads:14,.0f} /s   read by the other")
    print(f"                {different:14,.0f} /s   of them new: the rest was overwritten unread")


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
