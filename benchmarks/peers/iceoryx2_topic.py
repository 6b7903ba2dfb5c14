"""iceoryx2: a publish-subscribe service. A subscriber begins with the next value and keeps 2.

A batch is one message, a slice of bytes: other slices have wrong lengths in Python
(https://github.com/eclipse-iceoryx/iceoryx2/issues/1533).
https://ekxide.github.io/iceoryx2-book and, in its repository, examples/python/publish_subscribe and
publish_subscribe_dynamic_data
"""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

import array
import ctypes

from peers import BATCH, _iceoryx2, subscribers

TITLE = "iceoryx2 publish-subscribe"
KIND = "topic"
REQUIREMENTS = ["iceoryx2"]
IMPORTS = "import iceoryx2"

USUAL = 8
"""Its default of subscribers to a service, and 20 of nodes."""

_kept = []


def _service(topic, payload, row):
    builder = _iceoryx2.service(row, topic).publish_subscribe(payload)
    if (most := subscribers(USUAL)) > USUAL:
        builder = builder.max_subscribers(most).max_nodes(most + USUAL)
    _kept.append(builder.open_or_create())
    return _kept[-1]


def _publisher(topic, payload=ctypes.c_double, row=__name__):
    _kept.append(_service(topic, payload, row).publisher_builder().create())
    return _kept[-1]


def _subscriber(topic, payload=ctypes.c_double, row=__name__):
    _kept.append(_service(topic, payload, row).subscriber_builder().create())
    return _kept[-1]


def publisher(topic, shared, row=__name__):
    send_copy, double = _publisher(topic, row=row).send_copy, ctypes.c_double
    return lambda value: send_copy(double(value))


def poller(topic, shared, row=__name__):
    receive = _subscriber(topic, row=row).receive

    def poll():
        sample = receive()
        return None if sample is None else sample.payload().contents.value

    return poll


def _slices():
    import iceoryx2

    return iceoryx2.Slice[ctypes.c_uint8]


def batch_publisher(topic, shared):
    service = _service(topic, _slices(), __name__)
    builder = service.publisher_builder()
    _kept.append(builder.initial_max_slice_len(8 * BATCH).create())
    loan = _kept[-1].loan_slice_uninit

    def publish_many(values):
        sample = loan(8 * len(values))
        view = sample.payload().as_memory_view().cast("B").cast("d")
        view[:] = array.array("d", values)
        sample.assume_init().send()

    return publish_many


def batch_receiver(topic, shared):
    receive = _subscriber(topic, _slices()).receive

    def drain():
        values = []
        while (sample := receive()) is not None:
            values += sample.payload().as_memory_view().cast("B").cast("d").tolist()
        return values

    return drain


def array_publisher(topic, shared, like):
    size = like.nbytes
    builder = _service(topic, _slices(), __name__).publisher_builder()
    _kept.append(builder.initial_max_slice_len(size).create())
    loan, copy = _kept[-1].loan_slice_uninit, ctypes.memmove

    def publish(array):
        sample = loan(size)
        copy(sample.payload_ptr, array.ctypes.data, size)
        sample.assume_init().send()

    return publish


def array_poller(topic, shared, like):
    view = array_viewer(topic, shared, like)

    def poll(into):
        array = view()
        if array is None:
            return None
        into[:] = array
        return into

    return poll


def array_viewer(topic, shared, like):
    import numpy

    receive = _subscriber(topic, _slices()).receive
    dtype, array = like.dtype, numpy.frombuffer
    sample = None

    def view():
        nonlocal sample
        sample = None  # gives the memory back; an array made from it does not keep it
        sample = receive()
        return None if sample is None else array(sample.payload().as_memory_view(), dtype)

    return view


def other_type(topic, shared):
    send_copy, integer = _publisher(topic, ctypes.c_int64).send_copy, ctypes.c_int64
    return lambda value: send_copy(integer(value))


def close():
    _kept.clear()
