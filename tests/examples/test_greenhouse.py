"""A sensor, its two threads of watchers, the moving average, and analytics of many topics."""

import re

import shm_pub_sub
from support.programs import Start

from ._order import appear_in_order

TOPIC = "greenhouse/north_bed/air_celsius"


def test_watch_logs_the_sensor_s_values_in_order_and_then_its_end(start_example: Start) -> None:
    watch = start_example("greenhouse_watch.py")
    watch.wait_for("no sensor")
    sensor = start_example("greenhouse_sensor.py")
    for _ in range(4):
        watch.wait_for(r"\d, -?\d+\.\d\d$")
    published = [line.split()[1] for line in sensor.interrupt()]
    watch.wait_for("no sensor")
    rows = [line.split(", ")[1] for line in watch.interrupt() if "vent" not in line]

    assert len(rows) >= 6
    assert rows[0] == rows[-1] == "no sensor"
    assert appear_in_order(rows[1:-2], published)


def test_vent_opens_and_shuts_at_its_limits(start_example: Start) -> None:
    watch = start_example("greenhouse_watch.py")
    with shm_pub_sub.Publisher(TOPIC, 0.0) as air:
        for celsius, expected in (
            (22.0, r", 22\.00"),
            (30.25, r"vent: open at 30\.25 °C"),
            (22.5, r", 22\.50"),
            (-1.5, r"vent: shut at -1\.50 °C"),
        ):
            air.publish(celsius)
            watch.wait_for(expected)
        assert len([line for line in watch.interrupt() if "vent" in line]) == 2


def test_second_sensor_is_refused_and_names_the_first(start_example: Start) -> None:
    first = start_example("greenhouse_sensor.py")
    first.wait_for("air")

    second = start_example("greenhouse_sensor.py")
    second.wait_for(f"Shared memory already exists: .* process {first.pid} ")
    first.interrupt()


def test_moving_average_is_a_topic_of_its_own(start_example: Start) -> None:
    average = start_example("moving_average.py", "--window", 3)
    average.wait_for("waiting for greenhouse/")
    mean = shm_pub_sub.Subscriber(f"{TOPIC}/mean", 0.0)
    with shm_pub_sub.Publisher(TOPIC, 0.0) as air:
        air.publish(10.0)
        average.wait_for(r"mean of  3: +10\.000 +newest: +10\.000")
        assert mean.subscribe() == (10.0, True)
        air.publish(40.0)
        steps = [average.wait_for(r"mean of  3: +(\S+) +newest: +40\.000")[1] for _ in range(3)]
        assert steps == ["20.000", "30.000", "40.000"]
        assert mean.subscribe() == (40.0, True)
    average.wait_for("waiting for greenhouse/")
    average.interrupt()
    assert mean.subscribe() == (0.0, False)
    assert not re.search("mean of +[4-9]", average.output)


def test_analytics_of_all_topics_that_match(start_example: Start) -> None:
    with (
        shm_pub_sub.Publisher("rover/a", 0.0, 10) as a,
        shm_pub_sub.Publisher("rover/b", 0, 10) as b,
        shm_pub_sub.Publisher("other", 0.0),
    ):
        analytics = start_example("analytics.py", "rover/*")
        means = [shm_pub_sub.Subscriber(f"mean/{topic}", 0.0) for topic in ("rover/a", "rover/b")]
        for mean in means:
            mean.wait_for_publisher(timeout=30)
        a.publish_many([1.0, 2.0, 3.0])
        b.publish_many([-5, 5])
        assert sorted(
            analytics.wait_for(r"^(rover/[ab]: .* values), 0 lost")[1] for _ in means
        ) == [
            "rover/a: 2.000 ± 0.816, 1.000 to 3.000, 3 values",
            "rover/b: 0.000 ± 5.000, -5.000 to 5.000, 2 values",
        ]
        assert [mean.subscribe() for mean in means] == [(2.0, True), (0.0, True)]
        with shm_pub_sub.Publisher("rover/late", False) as late:
            late.publish(True)
            analytics.wait_for(r"^rover/late: 1\.000 ± 0\.000")
        analytics.interrupt()
    assert "other" not in analytics.output
