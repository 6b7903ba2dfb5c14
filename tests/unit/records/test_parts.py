"""Records within lists and in objects that cannot be changed: what into=, last() and loan() give
of them is the program's own, whatever kind of array they have."""

import array
from dataclasses import dataclass, field
from typing import Annotated, Any, NamedTuple

import numpy as np
import pytest
from shm_pub_sub import MaxSize, Publisher, Subscriber, TopicTypeError


@dataclass
class Element:
    view: memoryview = field(default_factory=lambda: memoryview(bytearray(b"abc")))
    doubles: Any = field(default_factory=lambda: array.array("d", [1.0, 2.0]))
    rows: Any = field(default_factory=lambda: np.arange(3.0))


class Fixed(NamedTuple):
    view: memoryview
    doubles: Any
    rows: Any


def fixed() -> Fixed:
    element = Element()
    return Fixed(element.view, element.doubles, element.rows)


def value() -> dict[str, Any]:
    return {"list": [Element()], "fixed": fixed(), "room": np.zeros(500)}


def check(part: Any) -> None:
    assert bytes(part.view) == b"abc"
    assert not part.view.readonly
    assert part.doubles == array.array("d", [1.0, 2.0])
    assert part.rows.tolist() == [0.0, 1.0, 2.0]
    assert part.rows.flags.writeable


@pytest.mark.parametrize("copy", [True, False])
def test_into(copy: bool) -> None:
    with Publisher("topic", value()) as pub, Subscriber("topic", value(), copy=copy) as sub:
        pub.publish(value())
        read = sub.recv(timeout=10, into=value())
        for _ in range(4):
            pub.publish(value() | {"list": [], "room": np.ones(500)})
        check(read["list"][0])
        check(read["fixed"])


@pytest.mark.parametrize("copy", [True, False])
def test_last(copy: bool) -> None:
    with Publisher("topic", value()) as pub, Subscriber("topic", value(), copy=copy) as sub:
        sub.subscribe()
        pub.publish(value())
        pub.publish(value())
        for part in (*(parts[0] for parts in sub.last(2)["list"]), *sub.last(2)["fixed"]):
            check(part)


@dataclass
class Cloud:
    _rows: Annotated[Any, MaxSize(500)] = field(default_factory=lambda: np.zeros((0, 2)))


def test_last_has_no_views_of_rows_that_vary() -> None:
    with Publisher("topic", Cloud()) as pub, Subscriber("topic") as sub:
        sub.subscribe()
        pub.publish(Cloud(np.ones((400, 2))))
        (rows,) = sub.last(1)["_rows"]  # a dict, as the name begins with _
        for _ in range(4):
            pub.publish(Cloud(np.zeros((400, 2))))
        assert rows.flags.writeable
        assert rows.all()


def test_a_loan_begins_with_copies_of_the_default() -> None:
    with Publisher("topic", value()) as pub, Subscriber("topic", value()) as sub:
        with pub.loan() as lent:
            lent["list"][0].view[0] = 255
            lent["list"][0].rows[:] = 7.0
            lent["fixed"].rows[:] = 1.0
        assert bytes(sub.recv(timeout=10)["list"][0].view) == b"\xffbc"
        with pub.loan() as lent:
            check(lent["list"][0])


class Made(Fixed):
    __slots__ = ()

    def __new__(cls, view: Any, doubles: Any, rows: Any) -> "Made":
        return super().__new__(cls, view, doubles, rows)


def test_a_namedtuple_that_is_called_takes_no_into() -> None:
    with Publisher("topic", Made(*fixed())) as pub, Subscriber("topic", Made(*fixed())) as sub:
        pub.publish(Made(*fixed()))
        with pytest.raises(TopicTypeError, match="a Made cannot be changed"):
            sub.recv(timeout=10, into=Made(*fixed()))
        check(sub.recv(timeout=10))
