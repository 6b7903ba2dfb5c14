"""The bytes of values: small ones as bytes, large ones as views or copies."""

import gc
import struct
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shm_pub_sub import (
    ClosedError,
    LayoutError,
    Publisher,
    Subscriber,
    TopicTypeError,
    TopicValueError,
    align,
    inspect,
)
from shm_pub_sub._raw import raw_publisher, raw_subscriber
from support.layout import FIRST_SLOT, read_field, topic_file, write_at
from support.programs import Check

from ..files._users import BECOME, GROUP, OUTSIDER, needs_root, who
from ._kinds import IMAGE, KINDS, SCAN, Imu, descriptor_of, publisher_of, values_of


def is_view(value: Any) -> bool:
    return type(value) is memoryview and type(value.obj) is not bytes


def camera(**arguments: Any) -> Any:
    return Publisher("cam", np.zeros_like(IMAGE), **arguments)


@pytest.mark.parametrize("kind", KINDS)
def test_all_ways_to_read_give_the_same(kind: str) -> None:
    with publisher_of(kind, "topic") as pub, raw_subscriber("topic", descriptor_of("topic")) as sub:
        for value in values_of(kind):
            pub.publish(value)
            newest = sub.sample()
            assert newest is not None
            found = [sub.recv(), sub.subscribe()[0], newest.value, *sub.last(1)]
            found += [sub.since(newest.time_ns - 1)[-1].value]
            assert len({bytes(each) if type(each) is memoryview else each for each in found}) == 1
            plain = type(found[0]) in (bool, int, float)
            assert plain == (kind in ("bool", "int", "float"))
            if not plain:
                assert type(found[0]) is (bytes if len(found[0]) <= 4096 else memoryview)


def test_a_large_value_is_a_read_only_view_of_bytes() -> None:
    with camera() as pub, raw_subscriber("cam", descriptor_of("cam")) as sub:
        pub.publish(IMAGE)
        view = sub.recv()
        assert is_view(view)
        assert (view.format, view.shape, view.readonly) == ("B", (IMAGE.nbytes,), True)
        for _ in range(10):
            pub.publish(np.zeros_like(IMAGE))
        assert view == IMAGE.tobytes()
        assert sub.copied == 0


def test_more_views_than_the_topic_has_are_copies() -> None:
    with camera(views=1, buffer_num=4) as pub, raw_subscriber("cam", descriptor_of("cam")) as sub:
        for _ in range(3):
            pub.publish(IMAGE)
        found = sub.drain()
        assert [is_view(each) for each in found] == [True, False, False]
        assert all(each.readonly and each == IMAGE.tobytes() for each in found)
        assert sub.copied == 2
        del found
        gc.collect()
        assert is_view(sub.subscribe()[0])


def test_small_values_leave_the_views_to_others() -> None:
    with Publisher("topic", b"", views=1) as pub, Subscriber("topic", b"", copy=False) as other:
        raw = raw_subscriber("topic", descriptor_of("topic"), history=0)
        pub.publish(b"x" * 4096)
        kept = raw.recv()
        view = other.recv()
        assert other.copied == 0
        assert kept == view


def test_without_views_values_are_copies() -> None:
    with camera(views=0) as pub, raw_subscriber("cam", descriptor_of("cam")) as sub:
        pub.publish(IMAGE)
        assert not is_view(sub.recv())


@needs_root
def test_of_a_file_that_cannot_be_written_values_are_copies(
    shm_dir: Path, check_python: Check
) -> None:
    program = """
from shm_pub_sub._raw import raw_subscriber
from shm_pub_sub._topics import inspect_typed

trusted = int(sys.argv[2])
with raw_subscriber("cam", inspect_typed("cam")[1], trust=trusted) as sub:
    value = sub.recv()
    print(type(value.obj).__name__, value.readonly, sum(value), sub.copied)
"""
    shm_dir.chmod(0o1777)
    with camera(mode=0o644) as pub:
        pub.publish(IMAGE)
        found = check_python(
            "import shm_pub_sub._raw, shm_pub_sub._records_read" + BECOME + program,
            who(OUTSIDER, GROUP),
            "0",
        )
    assert found.split() == ["bytes", "True", str(int(IMAGE.sum())), "1"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((np.zeros(3),), (np.zeros(4),)),
        ((np.zeros(3),), (np.zeros(3, np.float32),)),
        ((b"", 3), (b"", 3)),  # another max_size
        (("",), (b"",)),
        ((0.0,), (0,)),
        ((Imu(),), ({"stamp": 0},)),
    ],
)
def test_another_type_is_an_error_at_once_and_later(before: Any, after: Any) -> None:
    sizes = ({"max_size": 8}, {"max_size": 9}) if len(before) == 2 else ({}, {})
    with Publisher("topic", *before, **sizes[0]) as pub:
        descriptor = descriptor_of("topic")
        sub = raw_subscriber("topic", descriptor)
        pub.publish(before[0])
        assert sub.subscribe()[1]
    with Publisher("topic", *after, **sizes[1]) as pub:
        pub.publish(after[0])
        sub.drain()  # of the publisher before
        with pytest.raises(TopicTypeError, match="found a topic of type"):
            sub.subscribe()
        with pytest.raises(TopicTypeError, match="found a topic of type"):
            raw_subscriber("topic", descriptor)
    sub.close()


def test_a_fixed_array_is_not_one_whose_length_varies() -> None:
    with Publisher("topic", np.zeros(3)):
        descriptor = descriptor_of("topic")
    with Publisher("topic", np.zeros(3), max_size=5):
        Subscriber("topic", np.zeros(3))
        with pytest.raises(TopicTypeError):
            raw_subscriber("topic", descriptor)


def test_records_of_another_name_are_another_type() -> None:
    with Publisher("topic", Imu()):
        descriptor = descriptor_of("topic").replace("Imu", "Gyro")
        with pytest.raises(TopicTypeError, match=r"Imu{.*expected Gyro{"):
            raw_subscriber("topic", descriptor)


def test_it_waits_for_its_topic_and_follows_it() -> None:
    with Publisher("topic", b""):
        descriptor = descriptor_of("topic")
    with raw_subscriber("topic", descriptor) as sub:
        assert sub.subscribe() == (None, False)
        assert sub.try_recv() is None
        for text in (b"one", b"two"):
            with Publisher("topic", b"") as pub:
                pub.publish(text)
                assert sub.recv() == text


@pytest.mark.parametrize("read", ["subscribe", "recv", "try_recv", "drain"])
@pytest.mark.parametrize("kind", ["array", "record with text", "text", "list of records"])
def test_into_is_refused(read: str, kind: str) -> None:
    with publisher_of(kind, "topic") as pub, raw_subscriber("topic", descriptor_of("topic")) as sub:
        for value in values_of(kind):
            pub.publish(value)
        into = bytearray(1_000_000)
        with pytest.raises(TopicTypeError):
            getattr(sub, read)(into=into)
        with pytest.raises(TopicTypeError):
            sub.last(2, into=into)
        assert not any(into)
        assert sub.recv() is not None


def test_a_closed_one_is_closed() -> None:
    with Publisher("topic", b""):
        sub = raw_subscriber("topic", descriptor_of("topic"))
    sub.close()
    with pytest.raises(ClosedError):
        sub.recv()
    assert "closed" in repr(sub)


def test_a_forked_child_reads_on(fork_child: Any) -> None:
    with camera(buffer_num=4) as pub:
        sub = raw_subscriber("cam", descriptor_of("cam"))
        pub.publish(IMAGE)
        kept = sub.recv()

        def child() -> Generator[Any, None, None]:
            yield kept == IMAGE.tobytes()
            value = sub.recv(10)
            yield is_view(value), value == IMAGE[::-1].tobytes()

        forked = fork_child(child)
        assert forked.next()
        pub.publish(IMAGE[::-1])
        assert forked.next() == (True, True)


def test_it_can_be_aligned_and_shown() -> None:
    with camera() as cam, Publisher("n", 0.0) as number:
        subs = raw_subscriber("cam", descriptor_of("cam")), raw_subscriber("n", "float")
        cam.publish(IMAGE)
        number.publish(1.5)
        found = next(iter(align(subs, tolerance=10)))
        assert [bytes(found[0].value), found[1].value] == [IMAGE.tobytes(), 1.5]
        assert "uint8[48,64,3]" in repr(subs[0])
        assert "uint8[48,64,3]" in str(subs[0]._repr_html_())
        assert subs[0].metadata == {}


@pytest.mark.parametrize("length", [0, 1, IMAGE.nbytes - 1, IMAGE.nbytes + 1, 2**63, 2**64 - 1])
def test_a_length_that_the_type_does_not_have_is_damage(shm_dir: Path, length: int) -> None:
    path = topic_file(shm_dir, "cam")
    with camera() as pub, raw_subscriber("cam", descriptor_of("cam")) as sub:
        pub.publish(IMAGE)
        slot = FIRST_SLOT + read_field(path, "stride")
        write_at(path, slot + 24, struct.pack("<Q", length))
        for read in (sub.sample, sub.recv, sub.drain, lambda: sub.since(0), lambda: sub.last(1)):
            with pytest.raises(LayoutError, match="found a slot that contradicts the header"):
                read()


LENGTHS = {0: 9, 24: 5, 40: 4, 80: 3, 136: 2}
"""Where a Scan has lengths, and the largest ones."""


@settings(max_examples=40, deadline=None)
@given(
    st.binary(min_size=192, max_size=192) | st.just(bytes(192)),
    st.tuples(*(st.sampled_from([0, 1, n, n, n, n + 1, 2**64 - 1]) for n in LENGTHS.values())),
)
def test_bytes_are_published_if_and_only_if_readers_read_them(
    data: bytes, lengths: tuple[int, ...]
) -> None:
    whole = bytearray(data)
    for at, length in zip(LENGTHS, lengths, strict=True):
        struct.pack_into("<Q", whole, at, length)
    with publisher_of("record with text", "topic") as pub, Subscriber("topic") as reader:
        pub.publish(SCAN)
        descriptor = descriptor_of("topic")
        path = Path(inspect("topic").path)
        assert read_field(path, "elem_size") == len(whole)
        where = read_field(path, "chunks_offset") + 128
        for chunk in range(read_field(path, "chunks")):
            write_at(path, where + chunk * read_field(path, "chunk_stride"), bytes(whole))
        with (
            raw_subscriber("topic", descriptor) as sub,
            raw_publisher("again", descriptor) as again,
        ):
            value = sub.recv()
            assert value == whole
            if is_read(reader):
                again._publish_raw(value)
                assert Subscriber("again").sample() is not None
            else:
                with pytest.raises(
                    TopicValueError, match=r"found (the length|bytes that are not UTF-8)"
                ):
                    again._publish_raw(value)


def is_read(reader: Any) -> bool:
    try:
        reader.sample()
    except LayoutError:
        return False
    return True
