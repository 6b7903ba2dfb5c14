"""What a plot draws of topics of every type, and of parts of their values."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any

import numpy as np
import pytest
from shm_pub_sub import Publisher, Subscriber, Unit
from shm_pub_sub._plot.chart import chart
from shm_pub_sub._plot.collector import MOST_CURVES, MOST_NEWEST, Collector
from shm_pub_sub._plot.curve import label
from support.waiting import until

from .test_html import Checker


@dataclass
class Imu:
    stamp: int = 0
    ax: Annotated[float, Unit("m/s^2")] = 0.0
    ok: bool = False
    turn: Any = field(default_factory=lambda: np.zeros(2, "f4"))


@contextmanager
def collected(*topics: Any, **arguments: Any) -> Iterator[Collector]:
    collector = Collector(topics, 10, **arguments)
    try:
        collector.poll()
        collector.refresh()
        yield collector
    finally:
        collector.close()


def drawn(collector: Collector) -> dict[str, Any]:
    """Return the newest value of each curve, and the kind of what else is drawn."""
    found: dict[str, Any] = {curve.name: curve.newest for curve in collector.curves}
    for each in collector.newest:
        found[each.name] = "picture" if each.is_picture else "index"
    return found


def test_a_records_numbers_are_curves_but_its_stamp() -> None:
    with Publisher("imu", Imu(), 20) as pub, collected("imu") as collector:
        for n in range(1, 10):
            pub.publish(Imu(10**15, n / 2, n > 5, np.array([n, -n], "f4")))
        collector.poll()
        curves = {curve.name: curve for curve in collector.curves}
        assert drawn(collector) == {
            "imu.ax": 4.5,
            "imu.ok": True,
            "imu.turn[0]": 9.0,
            "imu.turn[1]": -9.0,
        }
        assert [value for _, value in curves["imu.ax"].points(time.monotonic_ns())][-1] == 4.5
        assert curves["imu.ok"].type is bool
        assert label(curves["imu.ax"], time.monotonic_ns()) == "imu.ax: 4.5 m/s^2"
    with Publisher("t", Imu()), collected("t.stamp") as collector:
        assert [*drawn(collector)] == ["t.stamp"], "asked for"


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("imu.ax", {"imu.ax": 1.5}),
        ("imu.turn[1]", {"imu.turn[1]": 2.0}),
        ("imu.turn", {"imu.turn[0]": 1.0, "imu.turn[1]": 2.0}),
        ("joints", {"joints[0]": 0.0, "joints[1]": 1.0, "joints[2]": 2.0}),
        ("joints[-1]", {"joints[-1]": 2.0}),
        ("scan", {"scan": "index"}),
        ("scan[7]", {"scan[7]": 7.0}),
        ("list", {"list": "index"}),
        ("camera", {"camera": "picture"}),
        ("camera[3,4]", {"camera[3,4,0]": 9, "camera[3,4,1]": 8, "camera[3,4,2]": 7}),
        ("cloud", {"cloud": "picture"}),
        ("cloud[0].z", {"cloud[0].z": 3.0}),
        ("level", {"level": 5}),
        ("obs", {"obs.reward": 0.5}),
        ("obs.image", {"obs.image": "picture"}),
        ("a.b", {"a.b": 1}),
    ],
)
def test_parts_and_types(word: str, expected: dict[str, Any]) -> None:
    camera = np.full((20, 20, 3), (9, 8, 7), "u1")
    cloud = np.array([(1, 2, 3)], [("x", "f4"), ("y", "f4"), ("z", "f4")])
    values = {
        "imu": Imu(0, 1.5, True, np.array([1, 2], "f4")),
        "joints": np.arange(3.0),
        "scan": np.arange(100.0),
        "list": [1.0, 2.0],
        "camera": camera,
        "cloud": cloud,
        "level": np.uint8(5),
        "obs": {"reward": 0.5, "image": camera},
        "a.b": 1,
        "a": {"b": 2},
    }
    publishers = [Publisher(name, value) for name, value in values.items()]
    for publisher, value in zip(publishers, values.values(), strict=True):
        publisher.publish(value)
    with collected(word) as collector:
        assert drawn(collector) == expected
        html = chart(collector, live=True)
        Checker(html)
        assert html.count("<img") == [*expected.values()].count("picture")
    for publisher in publishers:
        publisher.close()


@pytest.mark.parametrize(
    ("word", "error"),
    [
        ("imu.nix", "topic 'imu': found no field 'nix' in Imu; expected stamp, ax, ok, turn"),
        ("imu.turn[2]", "topic 'imu': found index 2 of 2 elements"),
        ("text", "topic 'text': found str <= 4096; expected numbers, or a part that is one"),
        ("text.x", "topic 'text': found str"),
    ],
)
def test_what_cannot_be_drawn_says_why(word: str, error: str) -> None:
    with Publisher("imu", Imu()), Publisher("text", ""), collected(word) as collector:
        (curve,) = collector.curves
        assert str(curve.error).startswith(error)
        assert curve.name == word
        assert "cannot be read" in chart(collector, live=True)


def test_a_part_that_is_not_there_yet_is_drawn_later_and_after_a_restart_of_another_type() -> None:
    with collected("imu.ax") as collector:
        assert "imu.ax: not there yet" in chart(collector, live=True)

        def poll(expected: dict[str, Any]) -> Callable[[], bool]:
            def once() -> bool:
                collector.poll()
                return drawn(collector) == expected

            return once

        for default, value in ((Imu(), Imu(ax=1.0)), ({"ax": 1}, {"ax": 7}), (Imu(), Imu(ax=2.0))):
            with Publisher("imu", default) as pub:
                pub.publish(value)
                number = value["ax"] if isinstance(value, dict) else value.ax
                until(poll({"imu.ax": number}))
        with Publisher("imu.ax", 0.0) as pub:  # a topic of exactly that name wins
            pub.publish(9.0)
            until(poll({"imu.ax": 9.0}))


def test_what_is_drawn_whole_follows_the_topic_from_type_to_type() -> None:
    values: list[tuple[Any, str]] = [
        (np.zeros(50), "index"),
        (np.zeros((20, 20), "u1"), "picture"),
        ([1.0, 2.0], "index"),
        (np.zeros(30, "i2"), "index"),
        (np.zeros((30, 20), "u1"), "picture"),
    ]
    with collected("topic") as collector:
        for value, kind in values:
            with Publisher("topic", value) as pub:
                pub.publish(value)
                collector.refresh()  # before the feed knows of the type
                expected = {"topic": kind}

                def drawn_whole(expected: dict[str, str] = expected) -> bool:
                    collector.poll()
                    collector.refresh()
                    Checker(chart(collector, live=True))
                    return drawn(collector) == expected and collector.newest[0].has_value

                until(drawn_whole)
                assert collector.newest[0].error is None


def test_an_index_beyond_a_shorter_value_is_a_gap() -> None:
    with Publisher("points", np.zeros(0), 9, max_size=5) as pub, collected("points[2]") as found:
        for n in (3, 2, 4):
            pub.publish(np.full(n, float(n)))
        found.poll()
        (curve,) = found.curves
        points = [value for _, value in curve.points(time.monotonic_ns())]
        assert [str(value) for value in points if value == value] == ["3.0", "4.0"]
        assert any(math.isnan(value) for value in points) or len(points) == 2


def test_a_pattern_brings_so_many_curves_and_pictures() -> None:
    frame = np.zeros((20, 20), "u1")
    publishers: list[Any] = [Publisher(f"t/camera{n}", frame) for n in range(MOST_NEWEST + 1)]
    publishers += [Publisher(f"t/wide{n}", {f"f{m}": 0.0 for m in range(9)}) for n in range(3)]
    for publisher in publishers:
        publisher.publish(publisher.default_value)
    with collected("t/*") as collector:
        assert len(collector.curves) == MOST_CURVES
        assert len(collector.newest) == MOST_NEWEST
        assert collector.more == 7 + 1
        Checker(chart(collector, live=True))
    with collected("t/*", exclude=["t/camera*"]) as collector:
        assert not collector.newest
    with collected("t/camera0", pictures=False) as collector:
        assert "found a picture (uint8[20,20])" in str(collector.curves[0].error)
    for publisher in publishers:
        publisher.close()


def test_a_picture_is_redrawn_for_a_new_value_only_and_holds_no_view() -> None:
    frame = np.zeros((20, 20), "u1")
    with Publisher("camera", frame, views=1) as pub, collected("camera") as collector:
        pub.publish(frame)
        collector.refresh()
        (newest,) = collector.newest
        shown = newest.shown
        collector.refresh()
        assert newest.shown is shown
        pub.publish(frame + 1)
        collector.refresh()
        assert newest.shown is not shown
        reader = Subscriber("camera", frame, copy=False)
        assert reader.recv() is not None
        assert reader.copied == 0
        html = chart(collector, live=True)
    assert chart(collector, live=False).split("<img")[1].startswith(html.split("<img")[1][:100])


def test_nothing_is_taken_from_a_subscriber_of_pictures_and_records() -> None:
    with Publisher("imu", Imu(), 5) as pub, Subscriber("imu", Imu()) as sub:
        pub.publish(Imu(1))
        pub.publish(Imu(2))
        with collected(sub) as collector:
            assert drawn(collector)["imu.ax"] == 0.0
        assert [imu.stamp for imu in sub.drain()] == [1, 2]


def test_names_in_html_are_escaped() -> None:
    odd = "<img src=x onerror='alert(1)'>"
    with (
        Publisher(f"{odd}a", {odd: 1.0}, description=odd, unit=odd) as pub,
        Publisher(f"{odd}b", np.zeros((20, 20), "u1"), description=odd) as camera,
    ):
        pub.publish({odd: 1.0})
        camera.publish(np.zeros((20, 20), "u1"))
        with collected(f"{odd}a", f"{odd}b") as collector:
            html = chart(collector, live=True)
    assert Checker(html).seen.count("img") == 1
