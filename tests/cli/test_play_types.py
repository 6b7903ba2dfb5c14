"""A recording of any type is played to the bit: values, types, metadata and numbers of buffers."""

import math
import signal
import struct
from collections.abc import Iterable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy
import pytest
import shm_pub_sub
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import types
from support.programs import DEADLINE
from support.waiting import until

from ._reading import record as record_live
from .conftest import Cli

pytest.importorskip("mcap")
from shm_pub_sub._messages import MESSAGE_ENCODING, SCHEMA_ENCODING, Names, message_of
from shm_pub_sub._messages.channels import channel_metadata
from shm_pub_sub._raw import raw_publisher, raw_subscriber
from shm_pub_sub._recording.mcap_writer import McapWriter
from shm_pub_sub._recording.player import Player, looped_batches
from shm_pub_sub._recording.reader import Recording
from shm_pub_sub._topics import TopicInfo, inspect_typed

START = 1_700_000_000_000_000_000
BUFFERS = 7
KEPT = ("type", "buffer_num", "retain", "type_name", "views", "loans", "metadata")

words = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\0"), max_size=8
)
metadata = st.fixed_dictionaries(
    {},
    optional={
        "unit": words.filter(bool),
        "description": words.filter(bool),
        "attributes": st.dictionaries(words, words | st.integers() | st.booleans(), min_size=1),
    },
)


@st.composite
def number_values(draw: Any) -> Any:
    kind = draw(st.sampled_from(["bool", "int", "float"]))
    value = {
        "bool": st.booleans(),
        "int": st.integers(-(2**63), 2**63 - 1),
        "float": st.binary(min_size=8, max_size=8).map(lambda bits: struct.unpack("d", bits)[0]),
    }[kind]
    return kind, draw(st.lists(value, min_size=1, max_size=BUFFERS))


@st.composite
def other_values(draw: Any) -> Any:
    form = draw(types.topics)
    return form, draw(st.lists(types.values(form), min_size=1, max_size=BUFFERS))


topics = st.lists(
    st.tuples(number_values() | other_values(), metadata, st.integers(0, 3), st.booleans()),
    min_size=1,
    max_size=4,
)


def comparable(form: Any, value: Any) -> Any:
    """Return all of a value, but for what is between and behind the parts of a record."""
    if isinstance(form, str):
        return struct.pack("d", value) if form == "float" else (type(value), value)
    return types.bits(form, bytes(value)), len(value)


def kept(name: str, descriptor: str) -> list[Any]:
    subscriber: Any = raw_subscriber(name, descriptor, history=BUFFERS)
    with subscriber:
        return [*subscriber.drain()]


def about(info: TopicInfo) -> dict[str, Any]:
    return {field: getattr(info, field) for field in KEPT}


def record(path: Path, made: list[tuple[str, str, list[Any]]]) -> None:
    """Write what is in the topics."""
    writer, names = McapWriter(path, "zstd"), Names()
    for name, descriptor, values in made:
        info, found = inspect_typed(name)
        assert found == descriptor
        message = message_of(descriptor, info.metadata, names)
        schema = writer.add_schema(message.schema_name, SCHEMA_ENCODING, message.schema)
        described = channel_metadata(info, descriptor)
        channel = writer.add_channel(name, MESSAGE_ENCODING, schema, described)
        for number, value in enumerate(values, 1):
            time_ns = START + number
            parts = message.encode(value, time_ns)
            writer.add_message(channel, number, time_ns, time_ns, parts)
    writer.finish()


@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(topics)
def test_every_type_and_all_about_it(tmp_path: Path, topics: Any) -> None:
    path = tmp_path / "types.mcap"
    path.unlink(missing_ok=True)
    forms = {f"topic {n}/\N{SNOWMAN}": form for n, ((form, _), *_) in enumerate(topics)}
    with ExitStack() as stack:
        stack.callback(clean, forms)
        made = []
        for name, ((form, values), said, views, retain) in zip(forms, topics, strict=True):
            descriptor = form if isinstance(form, str) else types.descriptor(form)
            publisher: Any = raw_publisher(
                name, descriptor, BUFFERS, metadata=said, views=views, loans=1, retain=retain
            )
            stack.enter_context(publisher)
            for value in values:
                publisher._publish_raw(value)
            made.append((name, descriptor, values))
        record(path, made)
        before = {name: about(inspect_typed(name)[0]) for name in forms}
    with ExitStack() as stack:
        stack.callback(clean, forms)
        recording = stack.enter_context(closing(Recording(path)))
        assert recording.others == {}
        tracks = recording.tracks
        player = stack.enter_context(closing(Player(tracks, {})))
        for batch in looped_batches(recording, tracks, 0, 2**63, loop=False):
            for value in batch:
                player.publish(value.channel, value.value)
        for name, descriptor, values in made:
            found = [comparable(forms[name], value) for value in kept(name, descriptor)]
            assert found == [comparable(forms[name], value) for value in values]
            info, again = inspect_typed(name)
            assert (again, about(info)) == (descriptor, before[name])


def clean(names: Iterable[str]) -> None:
    for name in {*names} & {topic.name for topic in shm_pub_sub.topics()}:
        shm_pub_sub.remove(name)


class Inner(NamedTuple):
    name: Annotated[str, 16] = "a" * 9
    ranges: Annotated[list[float], shm_pub_sub.MaxSize(4)] = []  # noqa: RUF012


class Reading(NamedTuple):
    ok: bool = True
    stamp: int = 2**62
    inner: Inner = Inner()


NAN = struct.unpack("d", b"\x01\x02\x03\x04\x05\x06\xf7\xff")[0]


def every_kind() -> dict[str, list[Any]]:
    """Values of topics of every kind: what the command line is to bring back to the bit."""
    random = numpy.random.default_rng(1)
    cloud = numpy.zeros(4, [("x", "<f4"), ("y", "<f4"), ("z", "<f4"), ("i", "u1")])
    cloud["x"] = [1.5, numpy.nan, -0.0, numpy.inf]
    return {
        "bool": [True, False, True],
        "int": [0, -(2**63), 2**63 - 1],
        "float": [NAN, -0.0, 5e-324, math.inf],
        "scalar/float32": [numpy.float32(1.1), numpy.array([0x7FC12345], "u4").view("f4")[0]],
        "scalar/uint64": [numpy.uint64(2**64 - 1)],
        "scalar/complex64": [numpy.complex64(1 - 2j)],
        "text": ["", "\N{SNOWMAN} \0 \x1b[2J", "x" * 4000],
        "bytes": [b"", bytes(range(256))],
        "list/int": [[1, 2, 3], [], [-(2**63)]],
        "list/float": [[NAN, 1.0], []],
        "array/bits": [numpy.array([[True, False], [False, True]])],
        "array/half": [numpy.arange(6, dtype="f2").reshape(1, 2, 3)],
        "camera": [random.integers(0, 256, (480, 640, 3), "u1") for _ in range(4)],
        "depth": [random.random((480, 640)).astype("f4")],
        "cloud": [cloud, cloud[::-1].copy()],
        "record": [Reading(), Reading(False, -1, Inner("", [NAN]))],
        "records": [[Reading()], []],
    }


@pytest.mark.parametrize(
    "killed", [False, pytest.param(True, marks=pytest.mark.soak)], ids=["complete", "killed"]
)
def test_every_kind_by_the_command_line(cli: Cli, path: Path, killed: bool) -> None:
    """Recorded and played by processes, even if the recorder was killed."""
    kinds = every_kind()
    with shm_pub_sub.Publisher("first", 0):
        recorder = record_live(cli, "-o", path)  # later topics are recorded from their first value
    before: dict[str, tuple[str, list[Any], Any]] = {}
    with ExitStack() as stack:
        for topic, values in kinds.items():
            most = 8 if isinstance(values[0], list) else None
            publisher: Any = shm_pub_sub.Publisher(
                *(topic, values[0], BUFFERS),
                max_size=most,
                **({"unit": "m"} if "/" in topic else {"attributes": {"frame_id": topic}}),
            )
            stack.enter_context(publisher)
            for value in values:
                publisher.publish(value)
            info, descriptor = inspect_typed(topic)
            before[topic] = (descriptor, kept(topic, descriptor), about(info))
        count = sum(map(len, kinds.values()))
        until(lambda: flushed(path, count), "all values are in the file")
        recorder.send_signal(signal.SIGKILL if killed else signal.SIGINT)
        recorder.communicate(timeout=DEADLINE)
    assert sum(len(values) for _, values, _ in before.values()) == count
    with ExitStack() as stack:
        subscribers: dict[str, Any] = {
            topic: stack.enter_context(raw_subscriber(topic, descriptor, history=BUFFERS))
            for topic, (descriptor, *_) in before.items()
        }
        player = cli.start("play", path)
        for topic, (_, values, _) in before.items():
            found = [bytes_of(subscribers[topic].recv(DEADLINE)) for _ in values]
            assert found == [*map(bytes_of, values)], topic
        _, err = player.communicate(timeout=DEADLINE)
        assert player.returncode == 0, err
        assert f"published {count} values of {len(kinds)} topics" in err
        assert ("is incomplete" in err) == killed
    with closing(Recording(path)) as recording:
        for track in recording.tracks.values():
            descriptor, _, said = before[track.topic]
            assert (track.descriptor, track.metadata) == (descriptor, said["metadata"])
            kept_values = (track.buffer_num, track.views, track.loans, track.retain)
            assert kept_values == (BUFFERS, said["views"], said["loans"], False)


def bytes_of(value: Any) -> bytes:
    return bytes(value) if isinstance(value, (bytes, memoryview)) else bits_of_number(value)


def bits_of_number(value: bool | int | float) -> bytes:
    return struct.pack({bool: "?", int: "q", float: "d"}[type(value)], value)


def flushed(path: Path, count: int) -> bool:
    with closing(Recording(path)) as recording:
        return sum(recording.counts.values()) == count
