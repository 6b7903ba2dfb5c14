"""shm_pub_sub: publish(), subscribe(), try_recv(), recv(), publish_many(), drain()."""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

from peers import BATCH, buffers

TITLE = "shm_pub_sub"
KIND = "topic"
REQUIREMENTS: list[str] = []
IMPORTS = "import shm_pub_sub"

_kept = []


def _publisher(topic, buffer_num=1024):
    import shm_pub_sub

    _kept.append(shm_pub_sub.Publisher(topic, 0.0, buffer_num))
    return _kept[-1]


def _subscriber(topic):
    import shm_pub_sub

    _kept.append(shm_pub_sub.Subscriber(topic, 0.0))
    return _kept[-1]


def publisher(topic, shared):
    return _publisher(topic).publish


def small_publisher(topic, shared):
    return _publisher(topic, buffer_num=3).publish


def reader(topic, shared):
    subscribe = _subscriber(topic).subscribe

    def read():
        value, ok = subscribe()
        return value if ok else None

    return read


def poller(topic, shared):
    return _subscriber(topic).try_recv


def receiver(topic, shared):
    return _subscriber(topic).recv


def batch_publisher(topic, shared):
    return _publisher(topic, 4 * BATCH).publish_many


def batch_receiver(topic, shared):
    return _subscriber(topic).drain


def other_type(topic, shared):
    import shm_pub_sub

    _kept.append(shm_pub_sub.Publisher(topic, 0))
    return _kept[-1].publish


def statements(topic, shared):
    publisher, subscriber = _publisher(topic), _subscriber(topic)
    return {
        "publish": ("publish(value)", {"publish": publisher.publish}),
        "read": ("value, ok = subscribe()", {"subscribe": subscriber.subscribe}),
        "poll": ("value = try_recv()", {"try_recv": subscriber.try_recv}),
    }


def _array_subscriber(topic, like, **options):
    import shm_pub_sub

    _kept.append(shm_pub_sub.Subscriber(topic, like, **options))
    return _kept[-1].try_recv


def array_publisher(topic, shared, like):
    import shm_pub_sub

    _kept.append(shm_pub_sub.Publisher(topic, like, buffers()))
    return _kept[-1].publish


def array_poller(topic, shared, like):
    try_recv = _array_subscriber(topic, like)
    return lambda into: try_recv(into=into)


def array_viewer(topic, shared, like):
    return _array_subscriber(topic, like, copy=False)


def close():
    while _kept:
        _kept.pop().close()
