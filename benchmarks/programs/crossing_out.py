"""Publishes what crosses to another machine: python crossing_out.py [ENDPOINT].

Each line of its input is a command, a JSON list; it answers with how many values it has published:
["every", n, s]: numbers one after the other in batches of n, a batch a millisecond, for s seconds;
["frames", hz, s]; ["ticks", n, hz, s]: the time on n topics, spread; ["direct", s], ["zenoh", s]:
the time at 1 kHz, on this machine, and by Zenoh alone, which listens on ENDPOINT; ["values", n]:
one on each of n topics; ["forget"]: close them.
"""

import json
import resource
import sys
import time
from itertools import count

import numpy as np
import shm_pub_sub

publishers = {}
numbers = count(1)


def publisher(topic, default, *args, **options):
    if topic not in publishers:
        publishers[topic] = shm_pub_sub.Publisher(topic, default, *args, **options)
    return publishers[topic]


def paced(hz, seconds, publish):
    """Call publish() at a rate, and return how often."""
    due, calls = time.monotonic(), int(hz * seconds)
    for _ in range(calls):
        due += 1 / hz
        time.sleep(max(0.0, due - time.monotonic()))
        publish()
    return calls


def every(size, seconds):
    pub = publisher("every", 0, 1 << 16)

    def publish():
        pub.publish_many([next(numbers) for _ in range(size)])

    return size * paced(1000, seconds, publish)


def frames(hz, seconds):
    frame = np.zeros((480, 640, 3), np.uint8)
    when = frame.reshape(-1)[:8].view(np.int64)
    pub = publisher("camera", frame)

    def publish():
        when[0] = time.monotonic_ns()
        pub.publish(frame)

    return paced(hz, seconds, publish)


def ticks(n, hz, seconds):
    pubs = [publisher(f"tick/{i}", 0) for i in range(n)]
    calls, clock = max(1, n * hz // 1000), time.monotonic_ns
    turn = 0

    def publish():
        nonlocal turn
        for _ in range(calls):
            pubs[turn].publish(clock())
            turn = (turn + 1) % n

    return calls * paced(n * hz / calls, seconds, publish)


def direct(seconds):
    pub, clock = publisher("direct", 0, bridged=True), time.monotonic_ns
    return paced(1000, seconds, lambda: pub.publish(clock()))


def values(n):
    for i in range(n):
        publisher(f"tick/{i}", 0).publish(1)
    return n


def forget():
    for pub in publishers.values():
        pub.close()
    publishers.clear()
    return 0


def listening(endpoint):
    import zenoh  # noqa: PLC0415 - few rows need it

    config = zenoh.Config.from_json5(
        json.dumps(
            {
                "mode": "peer",
                "listen": {"endpoints": [endpoint]},
                "scouting": {"multicast": {"enabled": False}},
            }
        )
    )
    session = zenoh.open(config)
    put = session.declare_publisher("tick/0", express=True).put
    clock = time.monotonic_ns

    def run(seconds):
        return paced(1000, seconds, lambda: put(clock().to_bytes(8, "little")))

    return run, session


def main():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    commands = {each.__name__: each for each in (every, frames, ticks, direct, values, forget)}
    if sys.argv[1:]:
        commands["zenoh"], _session = listening(sys.argv[1])
    print("0", flush=True)
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        print(commands[name](*arguments), flush=True)


if __name__ == "__main__":
    main()
