"""Publishers of many topics: python many_topics.py KIND N.

KIND is "live" (one value each), "dead" (retained values whose publishers have closed), "busy" (ten
of them publish at 100 Hz), "paced" (one publishes at 200 Hz) or "brief" (one after the other, each
of one value, for 10 ms). It prints "ready" before it goes on, and ends with its stdin, or when all
brief ones have ended.
"""

import resource
import sys
import time

import shm_pub_sub

BUSY = 10
LIFE = 0.01


def publish_at(rate, publishers):
    due = time.monotonic()
    while True:
        for publisher in publishers:
            publisher.publish(1.0)
        due += 1 / rate
        time.sleep(max(0.0, due - time.monotonic()))


def main():
    kind, n = sys.argv[1], int(sys.argv[2])
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if kind == "brief":
        print("ready", flush=True)
        for number in range(n):
            with shm_pub_sub.Publisher(f"brief/{number}", 0.0) as publisher:
                publisher.publish(1.0)
                time.sleep(LIFE)
        return
    publishers = [
        shm_pub_sub.Publisher(f"topic/{number}", 0.0, 5, retain=kind == "dead")
        for number in range(n)
    ]
    for publisher in publishers:
        publisher.publish(1.0)
        if kind == "dead":
            publisher.close()
    print("ready", flush=True)
    if kind == "busy":
        publish_at(100, publishers[:BUSY])
    if kind == "paced":
        publish_at(200, publishers[:1])
    sys.stdin.read()


if __name__ == "__main__":
    main()
