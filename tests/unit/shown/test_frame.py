"""Subscriber.to_pandas(): the values that a topic keeps as a DataFrame."""

import time
from dataclasses import dataclass, field
from typing import Annotated, Any

import numpy as np
import pytest
import shm_pub_sub
from shm_pub_sub import Publisher, Subscriber

pandas = pytest.importorskip("pandas")


@dataclass
class Pose:
    x: float = 0.0
    yaw: np.float32 = field(default_factory=lambda: np.float32(0))


@dataclass
class State:
    step: int = 0
    ok: bool = False
    pose: Pose = field(default_factory=Pose)
    joints: Any = field(default_factory=lambda: np.zeros(2, "i2"))
    name: Annotated[str, 8] = ""


STATES = [State(n, n > 1, Pose(n / 2), np.array([n, -n], "i2"), "a") for n in (1, 2, 3)]


@pytest.mark.parametrize("default", [None, State()])
def test_a_record_has_a_column_for_each_of_its_numbers(default: Any) -> None:
    with Publisher("state", State(), 5) as pub:
        before = pandas.Timestamp.now("UTC")
        pub.publish_many(STATES)
        sub = Subscriber("state", default)
        frame = sub.to_pandas()
        assert len(sub.drain()) == 1, "nothing is taken"
    assert {name: str(dtype) for name, dtype in frame.dtypes.items() if name != "name"} == {
        "step": "int64",
        "ok": "bool",
        "pose.x": "float64",
        "pose.yaw": "float32",
        "joints[0]": "int16",
        "joints[1]": "int16",
    }
    assert [*frame["pose.x"]] == [0.5, 1.0, 1.5]
    assert [*frame["joints[1]"]] == [-1, -2, -3]
    assert [*frame["name"]] == ["a"] * 3
    assert (frame.index.name, str(frame.index.tz)) == ("time", "UTC")
    least, most = before - pandas.Timedelta("5s"), pandas.Timestamp.now("UTC")
    assert least < frame.index[0] <= frame.index[-1] < most + pandas.Timedelta("5s")


@pytest.mark.parametrize(
    ("default", "value", "columns", "dtype"),
    [
        (0.0, 1.5, ["value"], "float64"),
        (True, True, ["value"], "bool"),
        (np.uint8(0), 7, ["value"], "uint8"),
        (0j, 1j, ["value"], "complex128"),
        (np.zeros(3, "f4"), np.ones(3, "f4"), ["value[0]", "value[1]", "value[2]"], "float32"),
        (np.zeros(9), np.ones(9), ["value"], "object"),
        (np.zeros(0), np.ones(2), ["value"], "object"),
        (np.zeros((2, 2)), np.ones((2, 2)), ["value"], "object"),
        ([0], [1], ["value"], "object"),
        (b"", b"a", ["value"], "object"),
    ],
)
def test_columns_and_types(default: Any, value: Any, columns: list[str], dtype: str) -> None:
    varies = np.shape(default) == (0,)
    with Publisher("topic", default, **({"max_size": 8} if varies else {})) as pub:
        sub = Subscriber("topic")
        for expected in (0, 1):
            frame = sub.to_pandas()
            assert [*frame.columns] == columns
            assert {str(each) for each in frame.dtypes} == {dtype}
            assert len(frame) == expected
            pub.publish(value)
        cell = frame.iloc[0, 0]
        assert np.array_equal(cell, value if len(columns) == 1 else value[0])


def test_a_fields_own_name_may_have_dots_and_stays_apart_from_a_part_of_that_name() -> None:
    value = {"observation.state": np.zeros(2), "a": {"b": 1.0}, "a.b": 2.0}
    with Publisher("topic", value) as pub:
        pub.publish(value)
        frame = Subscriber("topic").to_pandas()
    assert [*frame.columns] == [
        "observation.state[0]",
        "observation.state[1]",
        "a.b",
        '["a.b"]',
    ]
    assert [*frame.iloc[0]] == [0, 0, 1, 2]


def test_n_is_the_most_and_the_newest_come_last() -> None:
    with Publisher("topic", 0, 100) as pub, Subscriber("topic", 0, max_age=1e-9) as sub:
        pub.publish_many(range(10))
        for n, expected in ((None, 10), (3, 3), (np.int64(20), 10), (0, 0)):
            assert [*sub.to_pandas(n)["value"]] == [*range(10)][10 - expected :]
        with pytest.raises(ValueError, match="found n -1; expected 0 or more"):
            sub.to_pandas(-1)
        with pytest.raises(TypeError, match=r"n: found float"):
            sub.to_pandas(1.5)  # type: ignore[call-overload]


def test_times_are_those_of_the_measurements() -> None:
    with Publisher("topic", 0.0) as pub:
        pub.publish_at(1.0, time_ns=time.monotonic_ns() - 60_000_000_000)
        pub.publish(2.0)
        one, two = Subscriber("topic", 0.0).to_pandas().index
    assert abs((two - one).total_seconds() - 60) < 5


def test_a_view_is_copied_and_held_no_longer() -> None:
    with Publisher("topic", np.zeros(1000), 2, views=1) as pub:
        sub = Subscriber("topic", np.zeros(1000), copy=False)
        pub.publish(np.ones(1000))
        frame = sub.to_pandas()
        for n in range(5):
            pub.publish(np.full(1000, float(n)))
        assert (frame["value"].iloc[0] == 1).all()
        assert sub.copied == 0


def test_what_cannot_be_read_is_an_error() -> None:
    sub = Subscriber("topic", 0.0)
    assert len(sub.to_pandas()) == 0
    with Publisher("topic", 0), pytest.raises(shm_pub_sub.TopicTypeError, match="type int"):
        sub.to_pandas()
    sub.close()
    with pytest.raises(shm_pub_sub.ClosedError):
        sub.to_pandas()
