"""SharedPubSub: a value to read at any time, and a queue of 2048 for each subscriber.

readWait() takes from the queue. For low latency its header recommends polling the value, which the
poller does; it reads 0.0 before the first value. Batches: setValueAndPush(), then notifyAll(). A
full queue loses the new values. Its files are never removed.
https://github.com/SimonNGN/SharedPubSub
"""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

import itertools
import os

from peers import name, remove_at_exit
from peers._state import adapter

TITLE = "SharedPubSub"
KIND = "topic"
BEFORE = 0.0
REQUIREMENTS = ["SharedPubSub"]
IMPORTS = "import SharedPubSub"

_number = itertools.count()


def _publisher(topic):
    import SharedPubSub

    remove_at_exit(name(__name__, topic))
    return SharedPubSub.Publisher_atomic_double(name(__name__, topic))


def _subscriber(topic, queue):
    import SharedPubSub

    own = f"{name(__name__, topic)}{os.getpid()}.{next(_number)}"
    return SharedPubSub.Subscriber_atomic_double(name(__name__, topic), own, queue)


def publisher(topic, shared):
    return _publisher(topic).publish


def _place(topic, shared):
    return {"read_value": _subscriber(topic, queue=False).readValue}


_, reader, poller, _ = adapter(_place, "pass", "read_value()")


def receiver(topic, shared):
    wait = _subscriber(topic, queue=True).readWait

    def receive():
        while (value := wait()) is None:  # a spurious wake-up
            pass
        return value

    return receive


def batch_publisher(topic, shared):
    publisher = _publisher(topic)
    push, notify = publisher.setValueAndPush, publisher.notifyAll

    def publish_many(values):
        for value in values:
            push(value)
        notify()

    return publish_many


def batch_receiver(topic, shared):
    take = _subscriber(topic, queue=True).readWaitMS

    def drain():
        values = []
        while (value := take(0)) is not None:
            values.append(value)
        return values

    return drain


def other_type(topic, shared):
    import SharedPubSub

    remove_at_exit(name(__name__, topic))
    return SharedPubSub.Publisher_atomic_int64(name(__name__, topic)).publish


def statements(topic, shared):
    publisher, names = _publisher(topic), _place(topic, shared)
    return {
        "publish": ("publish(value)", {"publish": publisher.publish}),
        "read": ("value = read_value()", names),
    }
