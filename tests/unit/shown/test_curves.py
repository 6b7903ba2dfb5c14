"""Curves: a few points that look like all of them."""

import contextlib
import math
import random
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import shm_pub_sub
from hypothesis import example, given
from hypothesis import strategies as st
from shm_pub_sub._cli.screen.braille import picture
from shm_pub_sub._plot.chart import PATIENCE, chart
from shm_pub_sub._plot.collector import MOST_CURVES, Collector
from shm_pub_sub._plot.curve import COLUMNS, Curve
from shm_pub_sub._svg import bounds, scale
from support.waiting import until

SECOND = 1_000_000_000
WINDOW = 10 * SECOND


def curve() -> Curve:
    return Curve("topic", WINDOW)


def columns(points: list[tuple[int, float]]) -> dict[int, tuple[float, float]]:
    """Return the lowest and the highest value of each moment."""
    found: dict[int, tuple[float, float]] = {}
    for at, value in points:
        low, high = found.get(at * COLUMNS // WINDOW, (value, value))
        found[at * COLUMNS // WINDOW] = (min(low, value), max(high, value))
    return found


def test_few_values_are_all_there() -> None:
    one = curve()
    values = [(n * SECOND, float(n)) for n in range(1, 8)]
    for n, (at, value) in enumerate(values, 1):
        one.add(n, at, value)
    assert one.points(8 * SECOND) == values
    assert one.newest == 7


def test_many_values_become_few_that_cover_the_same_pixels() -> None:
    one, seed = curve(), random.randrange(2**32)
    print("seed", seed)
    chance = random.Random(seed)
    values = [(n * SECOND // 10_000, chance.gauss(0, 1)) for n in range(1, 100_000)]
    for n, (at, value) in enumerate(values, 1):
        one.add(n, at, value)
    points = one.points(WINDOW)
    assert len(points) <= 4 * COLUMNS + 4
    assert set(points) <= set(values)
    assert points == sorted(points)
    assert columns(points) == columns(values)


def test_old_points_go_but_the_last_one_before_the_window() -> None:
    one = curve()
    for n in range(1, 40):
        one.add(n, n * SECOND, n)
    assert [at // SECOND for at, _ in one.points(40 * SECOND)] == [*range(29, 40)]
    assert [at // SECOND for at, _ in one.points(400 * SECOND)] == [39]


def test_nan_infinity_and_a_restart_are_gaps() -> None:
    one = curve()
    values = [1.0, math.nan, 2.0, math.inf, math.inf, 3.0]
    for n, value in enumerate(values, 1):
        one.add(n, n * SECOND, value)
    one.add(1, 7 * SECOND, 4.0)  # another publisher's first
    shown = [str(value) for _, value in one.points(8 * SECOND)]
    assert shown == ["1.0", "nan", "2.0", "nan", "nan", "3.0", "nan", "4.0"]


def test_a_value_that_is_there_already_is_not_added_again() -> None:
    one = curve()
    one.add(5, SECOND, 1.0)
    one.add(5, SECOND, 1.0)  # the topic was opened again
    one.add(1, SECOND - 1, 0.5)  # retained by an earlier publisher
    assert one.points(2 * SECOND) == [(SECOND, 1.0)]


def test_memory_is_bounded_for_any_values() -> None:
    one = curve()
    for n in range(1, 60_000):
        one.add(n, n * SECOND // 3000, math.nan if n % 2 else float(n))
    assert len(one.points(20 * SECOND)) <= 5 * COLUMNS + 15


def collect(collector: Collector, done: Callable[[], bool]) -> None:
    until(lambda: done() or not collector.poll())


def test_collector_follows_names_patterns_and_subscribers() -> None:
    sub = shm_pub_sub.Subscriber("of/sub", 0)
    collector = Collector(["named", "robot/*", sub], 5)
    assert [curve.name for curve in collector.curves] == ["named", "of/sub"]
    pubs = [shm_pub_sub.Publisher(name, 0) for name in ("robot/a[1]", "named", "of/sub", "other")]
    for pub in pubs:
        pub.publish(1)
    collect(collector, lambda: [curve.newest for curve in collector.curves] == [1, 1, 1])
    assert collector.curves[2].name == "robot/a[1]"
    collector.close()
    exact = Collector(["robot/a[1]"], 5)  # looks like a pattern
    collect(exact, lambda: [curve.newest for curve in exact.curves] == [1])
    exact.close()


def test_curves_of_patterns_are_limited_and_the_rest_is_counted() -> None:
    pubs = [shm_pub_sub.Publisher(f"many/{n:02}", 0) for n in range(25)]
    collector = Collector(["many/*"], 5)
    collector.poll()
    assert (len(collector.curves), collector.more) == (20, 5)
    collector.close()
    del pubs


def test_a_curve_goes_on_with_the_next_publisher_of_another_type() -> None:
    collector = Collector(["topic"], 5)
    (found,) = collector.curves
    for value in (1, 2.5, True):
        with shm_pub_sub.Publisher("topic", value) as pub:
            pub.publish(value)
            collect(collector, lambda value=value: found.newest == value and found.alive)
            assert found.type is type(value)
        collect(collector, lambda: not found.alive)
    assert [v for _, v in found.points(time.monotonic_ns()) if v == v] == [1, 2.5, 1]
    collector.close()


def test_a_flood_is_taken_together_with_its_extremes() -> None:
    collector = Collector(["flood"], 5)
    (feed,) = collector._feeds.values()
    (found,) = feed.curves
    with shm_pub_sub.Publisher("flood", 0, 100_000) as pub:
        batch = [*range(-5000, 5001)]

        def flooded() -> bool:
            pub.publish_many(batch)
            return feed._is_fast

        collect(collector, flooded)
        pub.publish_many([7, 10**6, -(10**6), 8])
        collect(collector, lambda: found.newest == 8)
        values = [value for _, value in found.points(time.monotonic_ns())]
        assert (min(values), max(values), values[-1]) == (-(10**6), 10**6, 8)
        assert found.lost == 0
        # It goes back to one by one after the flood.
        collect(collector, lambda: not feed._is_fast)
    collector.close()


def test_what_is_no_topic_is_refused() -> None:
    for topics, seconds, error in (
        ([], 1, shm_pub_sub.TopicTypeError),
        ([5], 1, shm_pub_sub.TopicTypeError),
        (["topic"], 0, shm_pub_sub.TopicValueError),
        (["topic"], math.nan, shm_pub_sub.TopicValueError),
        (["topic"], "1", shm_pub_sub.TopicTypeError),
        (["topic"], True, shm_pub_sub.TopicTypeError),
    ):
        with pytest.raises(error, match="expected"):
            Collector(topics, seconds)


@given(st.lists(st.floats(), min_size=1, max_size=5))
@example([sys.float_info.max])
@example([-sys.float_info.max, sys.float_info.max])
@example([0.0, 5e-324])
@example([5e-324, 1e-323])
@example([1.0, 1.0 + 2**-52])
def test_any_floats_can_be_drawn(values: list[float]) -> None:
    collector = Collector(["topic"], 10.0)
    (one,) = collector.curves
    one.type = float
    now = time.monotonic_ns()
    for n, value in enumerate(values, 1):
        one.add(n, now - (10 - n) * SECOND // 10, value)
    drawing = chart(collector, live=True)
    assert "nan" not in drawing.split("<svg", 1)[1]
    finite = [value for value in values if math.isfinite(value)]
    low, high = bounds(finite)
    assert math.isfinite(low)
    assert math.isfinite(high)
    assert all(0 <= y <= 10 for y in map(scale(low, high, 0, 10), finite))
    assert len(picture(collector, (now, "0:00"), 80, 20, ascii_only=True)) > 3


def test_a_live_picture_shows_by_itself_that_it_is_out_of_date() -> None:
    """In a saved notebook, or after the kernel's death, nothing updates it."""
    collector = Collector(["topic"], 10.0)
    live, stopped = chart(collector, live=True), chart(collector, live=False)
    time_of_day = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+"
    for picture_ in (live, stopped):
        assert "before now" not in picture_
        assert re.search(rf">seconds before {time_of_day}( \(stopped\))?</text>", picture_)
        assert "<script" not in picture_
    (mark,) = re.findall(
        rf'<text class="([\w-]+)"[^>]*>not updated since {time_of_day}</text>', live
    )
    # Hidden at first and then visible; without the style, visible at once.
    assert f".{mark}{{animation:{mark} {PATIENCE}s both}}" in live
    assert f"@keyframes {mark}{{0%,90%{{opacity:0}}to{{opacity:1}}}}" in live
    assert mark not in stopped
    assert "(stopped)" in stopped


def test_a_stopped_plot_stays_at_its_last_moment() -> None:
    collector = Collector(["topic"], 10.0)
    with shm_pub_sub.Publisher("topic", 0) as pub:
        pub.publish(1)
        collect(collector, lambda: [one.newest for one in collector.curves] == [1])
        collector.close()
    assert collector.now() == collector.now()
    assert "topic: 1</span>" in chart(collector, live=False), "its publisher had not ended"


def test_a_topic_that_cannot_be_read_is_not_one_that_is_not_there(shm_dir: Path) -> None:
    path = shm_dir / "shm_pub_sub.topic"
    path.write_bytes(b"nonsense" * 10000)
    collector = Collector(["topic", "other"], 10.0)
    collector.poll()
    path.unlink()
    shown = chart(collector, live=True)
    assert "topic: cannot be read" in shown
    assert "expected &quot;SHMPUBSB&quot;" in shown
    assert "other: not there yet" in shown
    with shm_pub_sub.Publisher("topic", 0) as pub:
        pub.publish(1)
        collect(collector, lambda: "topic: 1" in chart(collector, live=True))
    collector.close()


def test_a_largest_float_and_an_ordinary_one_are_apart() -> None:
    low, high = bounds([-1.0, sys.float_info.max])
    y_of = scale(low, high, 0, 10)
    assert y_of(sys.float_info.max) < 1 < 5 < y_of(-1.0) <= 10


def test_a_fast_topics_batch_is_drawn_although_nans_are_in_it() -> None:
    with shm_pub_sub.Publisher("fast", 0.0, 10) as pub:
        collector = Collector(["fast"], 10.0)
        collector.poll()
        (feed,) = collector._feeds.values()
        feed._is_fast = True
        pub.publish_many([math.nan, -3.0, 7.0, math.inf, 1.0])
        feed.take()
        drawn = [value for _, value in feed.curves[0].points(time.monotonic_ns()) if value == value]
        collector.close()
    assert {min(drawn), max(drawn), drawn[-1]} == {-3.0, 7.0, 1.0}


def test_a_patterns_topics_make_room_for_others_when_they_have_left_the_window() -> None:
    collector = Collector(["run/*"], 0.2)
    with contextlib.ExitStack() as runs:
        for n in range(MOST_CURVES):
            runs.enter_context(shm_pub_sub.Publisher(f"run/{n}", 0)).publish(n)
        collect(collector, lambda: len(collector.curves) == MOST_CURVES)
    with shm_pub_sub.Publisher("run/new", 0):
        collect(collector, lambda: [curve.name for curve in collector.curves] == ["run/new"])
    collector.close()


def test_a_word_that_becomes_a_name_is_no_pattern_any_more() -> None:
    """And of what it found as a pattern no curve stays."""
    collector = Collector(["run[1]"], 10.0)
    with shm_pub_sub.Publisher("run1", 0) as other:
        other.publish(1)
        collect(collector, lambda: [curve.name for curve in collector.curves] == ["run1"])
        with shm_pub_sub.Publisher("run[1]", 0):
            collect(collector, lambda: [curve.name for curve in collector.curves] == ["run[1]"])
    collector.close()


def test_patterns_outlast_their_directory_and_keep_to_it(shm_dir: Path) -> None:
    below = shm_dir / "below"
    collector = Collector(["*"], 10.0, directory=below)
    collector.poll()  # there is no such directory yet
    below.mkdir()
    with shm_pub_sub.Publisher("there", 0, directory=below), shm_pub_sub.Publisher("elsewhere", 0):
        collect(collector, lambda: [curve.name for curve in collector.curves] == ["there"])
    collector.close()
    below.rmdir()
