"""iceoryx2: a publish-subscribe service for the value, an event service to wait on."""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

import ctypes
import os

REQUIREMENTS = ["iceoryx2"]

_kept = []


def _services(topic):
    import iceoryx2 as iox2

    iox2.set_log_level(iox2.LogLevel.Error)
    node = iox2.NodeBuilder.new().create(iox2.ServiceType.Ipc)
    name = iox2.ServiceName.new(f"bench/{os.environ['BENCHMARK_RUN']}/{topic}")
    values = node.service_builder(name).publish_subscribe(ctypes.c_double).open_or_create()
    events = node.service_builder(name).event().open_or_create()
    _kept.append((node, values, events))
    return values, events


def sender(topic, shared):
    values, events = _services(topic)
    publisher = values.publisher_builder().create()
    notifier = events.notifier_builder().create()
    _kept.append((publisher, notifier))
    send_copy, notify, double = publisher.send_copy, notifier.notify, ctypes.c_double

    def send(value):
        send_copy(double(value))
        notify()

    return send


def receiver(topic, shared):
    values, events = _services(topic)
    subscriber = values.subscriber_builder().create()
    listener = events.listener_builder().create()
    _kept.append((subscriber, listener))

    def receive():
        while (sample := subscriber.receive()) is None:
            listener.blocking_wait()
        return sample.payload().contents.value

    return receive
