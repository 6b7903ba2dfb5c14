"""iceoryx2: a publish-subscribe service for the value, an event service to wait on.

As in its repository's examples/python/event_based_communication
"""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

from peers import _iceoryx2, iceoryx2_topic, subscribers

TITLE = "iceoryx2 publish-subscribe + event"
KIND = "topic"
REQUIREMENTS = ["iceoryx2"]
IMPORTS = "import iceoryx2"

USUAL = 16
"""Its default of listeners to a service."""

_kept = []


def _events(topic):
    builder = _iceoryx2.service(__name__, topic).event()
    if (most := subscribers(USUAL)) > USUAL:
        builder = builder.max_listeners(most).max_nodes(most + USUAL)
    _kept.append(builder.open_or_create())
    return _kept[-1]


def publisher(topic, shared):
    send = iceoryx2_topic.publisher(topic, shared, __name__)
    _kept.append(_events(topic).notifier_builder().create())
    notify = _kept[-1].notify

    def publish(value):
        send(value)
        notify()

    return publish


def poller(topic, shared):
    return iceoryx2_topic.poller(topic, shared, __name__)


def receiver(topic, shared):
    import iceoryx2

    interrupted = iceoryx2.ListenerWaitError
    poll = poller(topic, shared)
    _kept.append(_events(topic).listener_builder().create())
    wait = _kept[-1].blocking_wait

    def receive():
        while (value := poll()) is None:
            try:
                wait()
            except interrupted:  # by any signal, SIGCONT too
                continue
        return value

    return receive


def close():
    _kept.clear()
    iceoryx2_topic.close()
