"""The tutorial's own benchmark: python tutorial.py PEER, or TUTORIAL for its own lines.

One process publishes and then reads. For each number of messages that it reads, it answers with two
times in ns: for publishing so many, and for reading until as many reads had found a value. That
is how the tutorial counts: an old value counts too.
"""

import sys
import time

from harness.rows import load

TUTORIAL = "ours, as printed"
WARM_UP = 100
JOINING = 0.3
"""Seconds for ends that discover each other without saying when they have."""

clock = time.perf_counter_ns


def through_adapter(name):
    peer = load(name)
    shared = peer.prepare() if hasattr(peer, "prepare") else None
    publish, read = peer.publisher("there", shared), peer.reader("there", shared)
    if peer.REQUIREMENTS:
        time.sleep(getattr(peer, "SETTLING", JOINING))

    def run(messages):
        values = [float(number) for number in range(1, messages + 1)]
        start = clock()
        for value in values:
            publish(value)
        between = clock()
        received = 0
        while received < messages:
            if read() is not None:
                received += 1
        return between - start, clock() - between

    return run


def as_printed():
    import shm_pub_sub  # noqa: PLC0415 - not in a peer's process

    pub = shm_pub_sub.Publisher("benchmark", 0, 10)
    sub = shm_pub_sub.Subscriber("benchmark", 0)

    def run(messages):
        start = clock()
        for i in range(messages):
            pub.publish(i)
        between = clock()
        received_count = 0
        while received_count < messages:
            _data, success = sub.subscribe()
            if success:
                received_count += 1
        return between - start, clock() - between

    return run


def main():
    run = as_printed() if sys.argv[1] == TUTORIAL else through_adapter(sys.argv[1])
    run(WARM_UP)
    print("ready publish read", flush=True)
    for line in sys.stdin:
        print(*run(int(line)), flush=True)


if __name__ == "__main__":
    main()
