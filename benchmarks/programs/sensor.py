"""A sensor: python sensor.py TOPIC HZ LATENCY JITTER SEED.

It measures HZ times a second, on a grid that all sensors share, up to JITTER seconds late, and
publishes the number of the measurement LATENCY seconds after it, up to JITTER seconds later, with
its time. It prints "ready", and ends with its parent or when stdin is closed.
"""

import ctypes
import os
import random
import signal
import sys
import threading
import time

import shm_pub_sub


def main():
    topic = sys.argv[1]
    hz, latency, jitter, seed = (float(word) for word in sys.argv[2:])
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    chance, period = random.Random(seed), 1e9 / hz
    with shm_pub_sub.Publisher(topic, 0, 30) as publisher:
        print("ready", flush=True)
        threading.Thread(target=lambda: os._exit(len(sys.stdin.read())), daemon=True).start()
        number = int(time.monotonic_ns() / period) + 1
        while True:
            measured = int(number * period + chance.random() * jitter * 1e9)
            due = measured + int((latency + chance.random() * jitter) * 1e9)
            time.sleep(max(0, due - time.monotonic_ns()) / 1e9)
            publisher.publish_at(number, measured)
            number += 1


if __name__ == "__main__":
    main()
