"""Robots of a fleet, all in this process: python crossing_fleet.py ROUTER TOPICS.

Each line of its input is a command, a JSON list; it answers with how many robots there are:
["add", n]: that many more, each with a bridge and topics of its own; ["publish", hz, s]: a value on
every topic at a rate, for s seconds.
"""

import json
import os
import resource
import sys
import tempfile
import time

import shm_pub_sub
from shm_pub_sub.network import Bridge


def main():
    router, topics = sys.argv[1], int(sys.argv[2])
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    folder = os.environ["SHM_PUB_SUB_DIR"]
    bridges, publishers = [], []

    def add(n):
        for _ in range(n):
            name = f"robot{os.getpid()}-{len(bridges)}"
            own = tempfile.mkdtemp(prefix=name, dir=folder)
            publishers.append(
                [shm_pub_sub.Publisher(f"topic/{i}", 0.0, directory=own) for i in range(topics)]
            )
            for publisher in publishers[-1]:
                publisher.publish(1.0)
            bridges.append(
                Bridge(name=name, connect=router, send="*", directory=own, insecure=True)
            )

    def publish(hz, seconds):
        due = time.monotonic()
        for number in range(int(hz * seconds)):
            for place, robot in enumerate(publishers):
                due += 1 / hz / len(publishers)
                time.sleep(max(0.0, due - time.monotonic()))
                for publisher in robot:
                    publisher.publish(float(number + place))

    print("0", flush=True)
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        {"add": add, "publish": publish}[name](*arguments)
        print(len(bridges), flush=True)
    for bridge in bridges:
        bridge.close()


if __name__ == "__main__":
    main()
