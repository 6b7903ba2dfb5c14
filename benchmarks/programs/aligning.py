"""Takes sets of several topics: python aligning.py WAY TOLERANCE SECONDS TOPIC ...

WAY is "align", "asyncio" (the same in a loop), "executor" (in a loop too, which waits in a thread),
or "in turn" (waits for the next value of each topic, one after the other). It prints "ready", then
JSON: for each set its age (of the oldest sample) and its spread, in seconds, and the CPU time.
"""

import asyncio
import functools
import json
import sys
import time

import shm_pub_sub


def in_turn(subscribers, aligned, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        samples = []
        for subscriber in subscribers:
            subscriber.drain()
            samples.append(subscriber.recv_sample())
        yield samples


def blocking(subscribers, aligned, seconds):
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        try:
            yield aligned.recv(left)
        except TimeoutError:
            return


async def in_loop(receive, seconds, note):
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        try:
            note(await receive(left))
        except TimeoutError:
            return


def main():
    way, tolerance, seconds = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
    subscribers = [shm_pub_sub.Subscriber(topic, 0, history=0) for topic in sys.argv[4:]]
    aligned = shm_pub_sub.align(subscribers, tolerance=tolerance)
    ages, spreads = [], []

    def note(samples):
        times = [sample.time_ns for sample in samples]
        ages.append((time.monotonic_ns() - min(times)) / 1e9)
        spreads.append((max(times) - min(times)) / 1e9)

    print("ready", flush=True)
    used = time.process_time()
    if way in ("align", "in turn"):
        for samples in (blocking if way == "align" else in_turn)(subscribers, aligned, seconds):
            note(samples)
    elif way == "asyncio":
        asyncio.run(in_loop(aligned.arecv, seconds, note))
    else:

        async def executor():
            run = functools.partial(asyncio.get_running_loop().run_in_executor, None, aligned.recv)
            await in_loop(run, seconds, note)

        asyncio.run(executor())
    used = time.process_time() - used
    print(json.dumps({"ages": ages, "spreads": spreads, "cpu": used, "dropped": aligned.dropped}))


if __name__ == "__main__":
    main()
