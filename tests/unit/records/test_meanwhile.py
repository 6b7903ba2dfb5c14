"""What the program's code may do while a record is published or read."""

import gc
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.layout import read_field, topic_file

from ..arrays._file import published
from ._codec import (
    Layout,
    Refused,
    array,
    nested,
    publisher,
    records,
    scalar,
    several,
    subscriber,
)
from .test_codec import FIELDS, PART, Slots, layout, made


class Number:
    """Runs code when it is converted."""

    def __init__(self, action: Any) -> None:
        self.action = action

    def __float__(self) -> float:
        self.action()
        return 1.0

    __index__ = None  # type: ignore[assignment]


SMALL = {"first": scalar("f8"), "numbers": several("f8", 4), "last": scalar("f8")}
BIG = {"image": array("u1", 10_000), **SMALL}


def form_of(big: bool) -> Layout:
    return Layout("dict", None, BIG if big else SMALL)


def value_of(big: bool, **changed: Any) -> dict[str, Any]:
    image = {"image": np.zeros(10_000, np.uint8)} if big else {}
    return {**image, "first": 1.0, "numbers": [1.0, 2.0], "last": 3.0, **changed}


@pytest.mark.parametrize("big", [False, True], ids=["inline", "pooled"])
def test_a_value_that_closes_its_publisher(big: bool) -> None:
    pub = publisher(form_of(big))
    with pytest.raises(ValueError, match="closed"):
        pub.publish(value_of(big, first=Number(pub.close)))
    pub = publisher(form_of(big))
    with pytest.raises(ValueError, match="closed"):
        pub.publish_many([value_of(big), value_of(big, last=Number(pub.close))])


@pytest.mark.parametrize("big", [False, True], ids=["inline", "pooled"])
def test_a_value_that_closes_its_publisher_and_does_not_fit(big: bool) -> None:
    pub = publisher(form_of(big))
    with pytest.raises(ValueError, match="closed"):
        pub.publish(value_of(big, first=Number(pub.close), last="x"))


@pytest.mark.parametrize("big", [False, True], ids=["inline", "pooled"])
def test_a_value_that_publishes_another_one(big: bool, shm_dir: Path) -> None:
    with publisher(form_of(big)) as pub, subscriber(form_of(big), history=2) as sub:
        inner = value_of(big, first=5.0)
        pub.publish(value_of(big, last=Number(lambda: pub.publish(inner))))
        assert [x["first"] for x in sub.drain()] == [5.0, 1.0]
        with pytest.raises(LookupError):
            pub.publish(value_of(big, last=Number(lambda: {}["none"])))
        assert published(shm_dir) == 2


@pytest.mark.parametrize("big", [False, True], ids=["inline", "pooled"])
def test_a_list_that_shrinks_and_one_that_grows(big: bool) -> None:
    with publisher(form_of(big)) as pub, subscriber(form_of(big)) as sub:
        for action, expected in (("clear", [1.0]), ("pop", [1.0, 2.0]), ("grow", [1.0, 2.0, 3.0])):
            numbers: list[Any] = [0.0, 2.0, 3.0]
            actions = {
                "clear": numbers.clear,
                "pop": numbers.pop,
                "grow": lambda numbers=numbers: numbers.extend([4.0] * 1000),
            }
            numbers[0] = Number(actions[action])
            pub.publish(value_of(big, numbers=numbers))
            assert sub.subscribe()[0]["numbers"] == expected


def test_a_dict_that_changes_is_refused() -> None:
    with publisher(form_of(big=True)) as pub:
        value = value_of(big=True)
        value["first"] = Number(value.clear)
        with pytest.raises(Refused) as refused:
            pub.publish(value)
        assert refused.value.args == ("", value, False, -1)


def test_slots_that_are_emptied_meanwhile() -> None:
    value = Slots(1.0, True, 1)

    def empty() -> None:
        del value.stamp, value.ok, value.count
        gc.collect()

    value.stamp = Number(empty)  # type: ignore[assignment]
    with publisher(layout("direct", Slots)) as pub, pytest.raises(Refused) as refused:
        pub.publish(value)
    assert refused.value.args == ("", value, False, -1)


def test_a_list_of_records_that_shrinks() -> None:
    form = Layout("dict", None, {"parts": records(PART, 3), "last": nested(PART)})
    with publisher(form) as pub, subscriber(form) as sub:
        parts: list[Any] = [Slots(1.0, True, n) for n in range(3)]
        parts[1].stamp = Number(parts.clear)
        pub.publish({"parts": parts, "last": Slots(2.0, True, 9)})
        assert sub.subscribe()[0]["parts"] == [Slots(1.0, True, n) for n in range(2)]


def test_nothing_is_taken_from_the_pool_by_what_is_refused(shm_dir: Path) -> None:
    form = form_of(big=True)
    with publisher(form) as pub:
        for _ in range(2 * read_field(topic_file(shm_dir), "chunks")):
            with pytest.raises(Refused):
                pub.publish(value_of(big=True, last="x"))
        pub.publish(value_of(big=True))
        assert published(shm_dir) == 1


def test_a_class_that_closes_the_subscriber_it_is_read_by() -> None:
    @dataclass
    class Closing:
        stamp: float
        ok: bool
        count: int

        def __post_init__(self) -> None:
            if open_:
                open_.pop()._close()
                gc.collect()

    open_: list[Any] = []
    form = layout("call", Closing)
    with publisher(form) as pub:
        pub.publish(Closing(1.0, True, 2))
        for read in ("subscribe", "recv", "drain"):
            sub = subscriber(form)
            open_.append(sub)
            found = getattr(sub, read)()
            assert found in (
                (Closing(1.0, True, 2), True),
                Closing(1.0, True, 2),
                [Closing(1.0, True, 2)],
            )
            assert not sub._is_open


def test_a_class_that_reads_while_it_is_read() -> None:
    @dataclass
    class Reading:
        stamp: float
        ok: bool
        count: int

        def __post_init__(self) -> None:
            if again:
                seen.append(again.pop().subscribe()[0].count)

    again: list[Any] = []
    seen: list[int] = []
    form = layout("call", Reading)
    with publisher(form) as pub, subscriber(form) as sub:
        pub.publish(Reading(1.0, True, 7))
        again.append(sub)
        assert sub.recv(1).count == 7
    assert seen == [7]


def test_a_class_goes_with_its_last_topic() -> None:
    cls = type("Gone", (Slots,), {})
    form = layout("direct", cls)
    with publisher(form) as pub, subscriber(form) as sub:
        pub.publish(made(cls, 1.0, True, 1))
        sub.subscribe()
    gone = weakref.ref(cls)
    del cls, form, pub, sub
    for _ in range(3):
        gc.collect()
    assert gone() is None


def test_arrays_of_records_are_lists_if_nothing_has_their_dtype(shm_dir: Path) -> None:
    dtype = np.dtype([("stamp", "f8"), ("ok", "?"), ("count", "i8")], align=True)
    scalars = Layout("numpy", None, FIELDS, dtype=dtype)
    plain = layout("dict", dict)
    with publisher(Layout("dict", None, {"a": array("", 2, 3, part=scalars)})) as pub:
        value = np.zeros((2, 3), dtype)
        value["count"] = [[1, 2, 3], [4, 5, 6]]
        pub.publish({"a": value})
        lists = Layout("dict", None, {"a": array("", 2, 3, part=plain)})
        with subscriber(None, codecs=lambda _: lists.record) as sub:
            found = sub.subscribe()[0]["a"]
            assert [[x["count"] for x in row] for row in found] == [[1, 2, 3], [4, 5, 6]]
