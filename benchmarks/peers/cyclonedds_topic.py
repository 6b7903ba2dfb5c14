"""Cyclone DDS: DataWriter and DataReader over the loopback interface; KeepLast(1) for the newest.

https://cyclonedds.io/docs/cyclonedds-python/latest/ and
https://cyclonedds.io/docs/cyclonedds/latest/config/config_file_reference.html
"""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

import functools
import os

TITLE = "Cyclone DDS writer/reader"
KIND = "topic"
REQUIREMENTS = ["cyclonedds"]

CONFIGURATION = """
<CycloneDDS><Domain>
  <General><Interfaces><NetworkInterface name="lo" multicast="true"/></Interfaces></General>
  <Discovery><Tag>{}</Tag></Discovery>
</Domain></CycloneDDS>
"""
"""Linux does not flag its loopback interface as multicast, which it is. A tag keeps runs apart."""

HISTORY = 1000
"""Samples kept where each counts; the default is one."""

_participants = []
_kept = []


def _participant():
    from cyclonedds.domain import Domain, DomainParticipant

    if not _participants:
        _kept.append(Domain(0, CONFIGURATION.format(os.environ["BENCHMARK_RUN"])))
        _participants.append(DomainParticipant(0))
    return _participants[0]


@functools.cache
def _type(kind, many):
    from dataclasses import dataclass

    from cyclonedds import idl

    number = getattr(idl.types, kind)

    @dataclass
    @idl.annotations.final
    class Value(idl.IdlStruct, typename=f"bench.{kind}{'s' * many}"):
        value: idl.types.sequence[number] if many else number

    return Value


def _topic(topic, kind, many=False):
    from cyclonedds.topic import Topic

    value = _type(kind, many)
    return value, Topic(_participant(), topic.replace("-", "_"), value)


def _quality(depth, durable):
    """A durable writer's last sample is there for durable readers that come later."""
    from cyclonedds.qos import Policy, Qos
    from cyclonedds.util import duration

    return Qos(
        Policy.Reliability.Reliable(max_blocking_time=duration(seconds=1)),
        Policy.History.KeepLast(depth),
        Policy.Durability.TransientLocal if durable else Policy.Durability.Volatile,
    )


def _writer(*topic_and_type):
    from cyclonedds.pub import DataWriter

    value, topic = _topic(*topic_and_type)
    return value, DataWriter(_participant(), topic, _quality(HISTORY, True)).write


def _reader(topic, depth, durable=False, many=False):
    from cyclonedds.sub import DataReader

    topic = _topic(topic, "float64", many)[1]
    _kept.append(DataReader(_participant(), topic, _quality(depth, durable)))
    return _kept[-1]


def publisher(topic, shared):
    sample, write = _writer(topic, "float64")
    return lambda value: write(sample(value))


def other_type(topic, shared):
    sample, write = _writer(topic, "int64")
    return lambda value: write(sample(value))


def batch_publisher(topic, shared):
    sample, write = _writer(topic, "float64", True)
    return lambda values: write(sample(values))


def reader(topic, shared):
    return _values(_reader(topic, 1, durable=True).read)


def poller(topic, shared):
    return _values(_reader(topic, HISTORY).take)


def _values(get):
    def value():
        for sample in get(1):
            if sample.sample_info.valid_data:  # else it says that its writer ended
                return sample.value
        return None

    return value


def receiver(topic, shared):
    samples = _reader(topic, HISTORY).take_iter()
    return lambda: next(samples).value


def batch_receiver(topic, shared):
    take = _reader(topic, HISTORY, many=True).take

    def drain():
        batches = (sample.value for sample in take(HISTORY) if sample.sample_info.valid_data)
        return [value for batch in batches for value in batch]

    return drain
