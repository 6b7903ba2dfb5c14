"""iceoryx2: a publish-subscribe service for the value, an event service to wait on."""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

import atexit
import ctypes
import os
import shutil
from pathlib import Path

REQUIREMENTS = ["iceoryx2"]

_kept = []


def _services(topic):
    import iceoryx2 as iox2

    iox2.set_log_level(iox2.LogLevel.Error)
    config = iox2.config.default()
    prefix = f"bench{os.environ['BENCHMARK_RUN']}_"
    folder = f"/tmp/{prefix}"  # short: the path of a socket must fit into 108 bytes
    config.global_cfg.prefix = iox2.FileName.new(prefix)
    config.global_cfg.root_path = iox2.Path.new(folder)
    atexit.register(_remove, prefix, folder)
    node = iox2.NodeBuilder.new().config(config).create(iox2.ServiceType.Ipc)
    name = iox2.ServiceName.new(f"bench/{os.environ['BENCHMARK_RUN']}/{topic}")
    values = node.service_builder(name).publish_subscribe(ctypes.c_double).open_or_create()
    events = node.service_builder(name).event().open_or_create()
    _kept.append((node, values, events))
    return values, events


def _remove(prefix, folder):
    """It leaves a file for whoever comes next."""
    for path in Path("/dev/shm").glob(f"{prefix}*"):
        path.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


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
