"""SharedPubSub: publish() and readWait()."""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

import atexit
import os
from pathlib import Path

REQUIREMENTS = ["SharedPubSub"]


def _name(topic):
    return f"shm_pub_sub.bench.{os.environ['BENCHMARK_RUN']}.{topic}"


def sender(topic, shared):
    import SharedPubSub

    return SharedPubSub.Publisher_double(_name(topic)).publish


def receiver(topic, shared):
    import SharedPubSub

    atexit.register(_remove, _name(topic))
    reader = SharedPubSub.Subscriber_double(_name(topic), f"{_name(topic)}.reader", True)
    wait = reader.readWait

    def receive():
        while (value := wait()) is None:  # it may be woken for nothing
            pass
        return value

    return receive


def _remove(name):
    """It leaves its files for good."""
    for path in Path("/dev/shm").glob(f"*{name}*"):
        path.unlink(missing_ok=True)
