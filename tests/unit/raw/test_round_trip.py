"""What a raw subscriber receives, a raw publisher publishes: the same value, bit for bit."""

import ctypes
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shm_pub_sub import Subscriber, inspect, remove
from shm_pub_sub._raw import raw_publisher, raw_subscriber
from shm_pub_sub._topics import inspect_typed

from ._kinds import KINDS, publisher_of, values_of

ABOUT: dict[str, Any] = {
    "unit": "m/s",
    "description": 'a "topic"\n',
    "attributes": {"frame_id": "cam", "range": [0, 1.5]},
}


def exact(value: Any) -> Any:
    """Equal only for the same type, shape and bits."""
    if isinstance(value, np.ndarray):
        return value.dtype, value.shape, value.tobytes()
    return type(value), bytes(value) if isinstance(value, ctypes.Structure) else repr(value)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_value_comes_back(kind: str) -> None:
    default, _, _ = KINDS[kind]
    with publisher_of(kind, "there", buffer_num=4, **ABOUT) as pub:
        info, descriptor = inspect_typed("there")
        raw = raw_subscriber("there", descriptor)
        again = raw_publisher(
            *("back", descriptor, info.buffer_num),
            metadata=info.metadata,
            views=info.views,
            loans=info.loans,
        )
        with raw, again, Subscriber("there", default) as sub, Subscriber("back", default) as back:
            for value in values_of(kind):
                pub.publish(value)
                sample = raw.recv_sample()
                again._publish_raw(sample.value, sample.time_ns)
                sent, received = sub.recv_sample(), back.recv_sample()
                assert sent.time_ns == sample.time_ns == received.time_ns
                assert exact(received.value) == exact(sent.value)
            made, described = inspect_typed("back")
            assert described == descriptor
            for field in ("type_name", "buffer_num", "views", "loans", "metadata", "nbytes"):
                assert getattr(made, field) == getattr(info, field)


def test_the_padding_of_a_record_is_cleared() -> None:
    with publisher_of("record", "there"):
        descriptor = inspect_typed("there")[1]
    with raw_publisher("back", descriptor) as pub:
        pub._publish_raw(b"\xff" * 24)
        found = raw_subscriber("back", descriptor).recv()
    assert found == b"\xff" * 9 + bytes(7) + b"\xff" * 8


def test_a_retained_value_and_the_mode_are_the_publishers() -> None:
    raw_publisher("kept", "float", mode=0o644, retain=True)._publish_raw(2.5)
    assert Subscriber("kept", 0.0).subscribe() == (2.5, True)
    assert Path(inspect("kept").path).stat().st_mode & 0o777 == 0o644
    remove("kept")


@pytest.mark.parametrize(
    "metadata",
    [
        {"unit": 1},
        {"attributes": float("nan")},
        {"fields": {"a": {"unit": []}}},
        {"attributes": {"x": float("inf")}},
        {"attributes": {"x": "\ud800"}},
        {"attributes": {"x": "y" * 70_000}},
        {"attributes": {"x": {1, 2}}},
    ],
)
def test_metadata_that_readers_would_ignore_is_refused(metadata: Any) -> None:
    with pytest.raises(ValueError, match="topic 'x': metadata: "):
        raw_publisher("x", "float", metadata=metadata)
