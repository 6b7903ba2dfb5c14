"""Measure values per second: single calls, then between two processes.

    python examples/throughput.py      # starts the reader itself

This is a quick impression; benchmarks/ measures carefully. --seconds is the time of each of the
three parts (default: 1).
"""

import multiprocessing
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection

import shm_pub_sub
from _options import parser

TOPIC = "throughput/counter"
BATCH = 1000  # calls between clock reads


def repeat(call: Callable[[int], object], seconds: float) -> float:
    """Return the calls per second."""
    calls, start = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - start) < seconds:
        for number in range(calls, calls + BATCH):
            call(number)
        calls += BATCH
    return calls / elapsed


def read(pipe: Connection) -> None:
    """Read until the publisher closes; send the rates of reads and of new values."""
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
    print(f"                {different:14,.0f} /s   new: the others were overwritten unread")


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
