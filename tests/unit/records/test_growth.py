"""Records that are published, read or refused leave no memory and no reference behind."""

import contextlib
import sys
from typing import Any

import numpy as np

from ..lifetime.test_growth import check_growth
from ._codec import Refused, publisher, subscriber
from .test_codec import CLASSES, LARGE, PART, Colour, Slots, layout, made, observation


class Unwilling:
    def __float__(self) -> float:
        raise LookupError


def refused(function: Any, *arguments: Any) -> None:
    with contextlib.suppress(Refused, LookupError):
        function(*arguments)
        raise AssertionError(f"accepted {arguments}")


def test_small_records_leave_nothing() -> None:
    forms = [(layout(how, cls), cls) for how, cls in CLASSES]
    topics = [
        (publisher(form, f"topic{i}"), subscriber(form, f"topic{i}"), cls)
        for i, (form, cls) in enumerate(forms)
    ]
    unwilling, huge, words = Unwilling(), 2**70, "a" * 50
    things = [unwilling, huge, words]

    def use() -> None:
        for pub, sub, cls in topics:
            pub.publish(made(cls, 1.5, True, 3))
            pub.publish_many([made(cls, 1.5, True, n) for n in range(2)])
            sub.subscribe()
            sub.recv()
            sub.drain()
            refused(pub.publish, words)
            if issubclass(cls, CLASSES[6][1]):
                continue
            for bad in ((words, True, 1), (1.0, True, huge), (unwilling, True, 1)):
                refused(pub.publish, made(cls, *bad))
                refused(pub.publish_many, [made(cls, *bad)])

    use()
    before = [sys.getrefcount(x) for x in things]
    check_growth(use, 300)
    assert [sys.getrefcount(x) for x in things] == before
    for pub, sub, _ in topics:
        pub.close()
        sub._close()


def test_large_records_leave_nothing() -> None:
    good = observation(image=observation()["image"][:, ::-1])
    bad = [
        {**good, **change}
        for change in (
            {"text": "x" * 21},
            {"raw": memoryview(b"abc")[::2]},
            {"numbers": [1.0, "x"]},
            {"parts": [Slots(1.0, True, 1), Slots(1.0, None, 1)]},  # type: ignore[arg-type]
            {"points": np.zeros((10, 5), np.float32)},
            {"colour": "blue"},
            {"structured": np.ones(2)},
            {"scalar": 3},
            {"structure": Colour.RED},
            {"depth": Unwilling()},
            {"depth": 1e300},
        )
    ]
    with (
        publisher(LARGE) as pub,
        publisher(PART, "list", most=3) as parts,
        subscriber(LARGE) as sub,
        subscriber(LARGE, copy=False) as views,
        subscriber(PART, "list", most=3) as several,
    ):

        def use() -> None:
            pub.publish(good)
            parts.publish([Slots(1.0, True, 1)] * 3)
            sub.subscribe()
            several.recv()
            kept = [views.subscribe() for _ in range(4)]
            del kept
            for value in bad:
                refused(pub.publish, value)
                refused(pub.publish_many, [good, value])
            refused(parts.publish, [Slots(1.0, True, 1), 3])

        use()
        arrays = [x for x in good.values() if isinstance(x, np.ndarray)]
        before = [sys.getrefcount(x) for x in arrays]
        check_growth(use, 300)
        assert [sys.getrefcount(x) for x in arrays] == before


def test_what_cannot_be_read_leaves_nothing() -> None:
    class Unmade(Slots):
        def __init__(self, stamp: float, ok: bool, count: int) -> None:
            raise LookupError

    form, unmade = layout("direct", Slots), layout("call", Unmade)
    with publisher(form) as pub, subscriber(unmade) as sub:

        def use() -> None:
            pub.publish(Slots(1.0, True, 2**40))
            refused(sub.subscribe)
            refused(sub.recv)

        check_growth(use, 3000)


def test_codecs_leave_nothing() -> None:
    def use() -> None:
        form = layout("direct", type("Made", (Slots,), {}))
        with publisher(form) as pub, subscriber(form) as sub:
            pub.publish(form.record.cls(1.0, True, 1))
            sub.subscribe()

    check_growth(use, 200)
