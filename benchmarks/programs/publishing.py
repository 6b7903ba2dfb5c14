"""What publish() costs: python publishing.py RHYTHM WAITER.

RHYTHM is "loop" (as fast as it goes; one figure per request, ns per value) or "paused" (each alone,
while the waiter is asleep; all figures). WAITER is one of waiter.py's, or "nobody". Reads how many
to publish, one number per line. Runs with earlier versions of the library too.
"""

import itertools
import os
import subprocess
import sys
import time
from pathlib import Path

import shm_pub_sub

PAUSE = 0.0003
"""Seconds until the waiter has read the value and is asleep again."""


def loop(publish, n):
    value, clock = 1.5, time.perf_counter_ns
    start = clock()
    for _ in itertools.repeat(None, n):
        publish(value)
    return [(clock() - start) / n]


def paused(publish, n):
    times, clock = [], time.perf_counter_ns
    for number in range(n):
        value = float(number)
        time.sleep(PAUSE)
        start = clock()
        publish(value)
        times.append(clock() - start)
    return times


def main():
    rhythm, waiter = {"loop": loop, "paused": paused}[sys.argv[1]], sys.argv[2]
    publisher = shm_pub_sub.Publisher(f"{waiter}.{os.getpid()}", 0.0, 10)
    process = None
    if waiter != "nobody":
        if waiter == "polling":
            Path(shm_pub_sub.inspect(publisher.name).path).chmod(0o444)
        command = [sys.executable, Path(__file__).with_name("waiter.py"), waiter, publisher.name]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        publisher.publish(1.5)
        if process.stdout.readline() != "ready\n":
            raise SystemExit(f"the {waiter} waiter ended")
    print("ready", flush=True)
    for line in sys.stdin:
        print(*rhythm(publisher.publish, int(line)), flush=True)
    if process is not None:
        process.kill()
        process.wait()
    publisher.close()


if __name__ == "__main__":
    main()
