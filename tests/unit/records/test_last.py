"""last(n) and drain() of records."""

import array
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, NamedTuple

import numpy as np
import pytest
from shm_pub_sub import Publisher, Subscriber


class Mode(Enum):
    IDLE = 0
    RUN = 1


class Grip(NamedTuple):
    width: float = 0.0
    data: Any = np.zeros(3)


def observation(n: int) -> dict[str, Any]:
    return {
        "rgb": np.full((48, 64, 3), n, np.uint8),
        "arm": {"q": np.full(6, n, float), "ok": n % 2 == 0},
        "grip": Grip(n, np.full(3, n, float)),
        "stamp": n / 2,
        "count": np.int16(n),
        "mode": Mode(n % 2),
        "label": Annotated[str, 16] if n == 0 else str(n),
        "bytes": array.array("f", [n] * 200),
    }


@pytest.mark.parametrize("copy", [True, False])
def test_dicts_are_stacked(copy: bool) -> None:
    default = observation(0)
    with Subscriber("topic", default) as sub:
        assert sub.last(3)["arm"]["q"].shape == (0, 6)
    with Publisher("topic", default, 5) as pub, Subscriber("topic", default, copy=copy) as sub:
        assert sub.last(3)["rgb"].shape == (0, 48, 64, 3)
        for n in range(1, 8):
            pub.publish(observation(n))
        got = sub.last(3)
        assert list(got) == list(default)
        assert (got["rgb"].shape, got["rgb"].dtype) == ((3, 48, 64, 3), np.uint8)
        assert got["rgb"][:, 0, 0, 0].tolist() == [5, 6, 7]
        assert got["arm"]["q"][:, 0].tolist() == [5, 6, 7]
        assert got["arm"]["ok"].tolist() == [False, True, False]
        assert (got["stamp"].dtype, got["stamp"].tolist()) == (np.float64, [2.5, 3, 3.5])
        assert (got["count"].dtype, got["count"].tolist()) == (np.int16, [5, 6, 7])
        assert got["mode"] == [Mode.RUN, Mode.IDLE, Mode.RUN]
        assert got["label"] == ["5", "6", "7"]
        assert [(type(a), a[199]) for a in got["bytes"]] == [(array.array, n) for n in (5, 6, 7)]
        assert [grip.width for grip in got["grip"]] == [5, 6, 7]
        assert [grip.data[0] for grip in got["grip"]] == [5, 6, 7]
        got["rgb"][:] = 0  # its own
        assert sub.last(9)["stamp"].tolist() == [1.5, 2, 2.5, 3, 3.5]


def test_others_are_lists() -> None:
    with Publisher("topic", Grip(), 5) as pub, Subscriber("topic", Grip(), history=9) as sub:
        assert sub.last(2) == []
        pub.publish_many([Grip(n, np.full(3, n, float)) for n in range(4)])
        assert [grip.width for grip in sub.last(2)] == [2, 3]
        assert [type(grip) for grip in sub.drain()] == [Grip] * 4
        assert sub.drain() == []


@dataclass
class Positive:
    number: int = 0

    def __post_init__(self) -> None:
        if self.number < 0:
            raise ValueError(f"found {self.number}")


def test_a_drain_meets_a_value_again_that_its_class_refuses() -> None:
    default = Positive()
    with Publisher("topic", default, 9) as pub, Subscriber("topic", default, history=9) as sub:
        bad = Positive()
        bad.number = -1
        pub.publish_many([Positive(1), Positive(2), bad, Positive(3)])
        assert sub.drain() == [Positive(1), Positive(2)]
        with pytest.raises(ValueError, match="found -1"):
            sub.drain()
        pub.publish(bad)
        assert sub.recv() == Positive(3)
        with pytest.raises(ValueError, match="found -1"):
            sub.recv()
        assert (sub.drain(), sub.lost) == ([], 0)


def test_drain_of_dicts() -> None:
    default = observation(0)
    with Publisher("topic", default, 5) as pub, Subscriber("topic", default, history=9) as sub:
        pub.publish_many(observation(n) for n in range(1, 4))
        assert [got["stamp"] for got in sub.drain()] == [0.5, 1, 1.5]
