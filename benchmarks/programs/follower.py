"""A follower of all topics: python follower.py HOW.

HOW is "follow" (shm_pub_sub.follow), "record" (the loop of record, which earlier versions have too)
or "recv" (a Subscriber of topic/0 alone). It prints "ready" once it waits. At SIGTERM it prints, as
JSON, how many values of how many topics came since SIGUSR1, and how late they were, in ns.
"""

import json
import resource
import signal
import sys
import time

import shm_pub_sub

topics, late = set(), []


def receive(name, sample):
    late.append(time.monotonic_ns() - sample.time_ns)
    topics.add(name)


def follow():
    for name, sample in shm_pub_sub.follow():
        receive(name, sample)


def record():
    from shm_pub_sub import _follow  # noqa: PLC0415 - of any version

    follower = _follow.Follower()
    while True:
        follower.look()
        for topic in follower.wait(_follow.LOOK):
            for sample in topic.take():
                receive(topic.name, sample)


def recv():
    subscriber = shm_pub_sub.Subscriber("topic/0", 0.0)
    while True:
        receive("topic/0", subscriber.recv_sample())


def begin(*_):
    topics.clear()
    late.clear()


def end(*_):
    sys.exit()


def main():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    signal.signal(signal.SIGUSR1, begin)
    signal.signal(signal.SIGTERM, end)
    print("ready", flush=True)
    try:
        {"follow": follow, "record": record, "recv": recv}[sys.argv[1]]()
    finally:
        print(json.dumps({"topics": len(topics), "late": late}), flush=True)


if __name__ == "__main__":
    main()
