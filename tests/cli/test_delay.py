"""shm-pub-sub delay."""

import json
import time

import pytest
import shm_pub_sub
from shm_pub_sub._cli.verbs.delay import Ages

from ._reading import figures, interrupt
from .conftest import Cli, RunCli


def test_figures_are_of_the_newest_values() -> None:
    ages = Ages(4)
    assert ages.figures() is None
    ages.add([shm_pub_sub.Sample((0, n, 0, age)) for n, age in enumerate((9, 1, 1, 3, 3), 1)])
    assert ages.figures() == {
        "delay": pytest.approx(2),
        "min": 1,
        "max": 3,
        "std_dev": pytest.approx(1),
        "window": 4,
    }


def test_reports_have_the_shape_of_ros2s(cli: Cli) -> None:
    pub = cli.start("pub", "robot/speed", "1.5", "-r", 50, "-q", "--buffers", 10_000)
    delay = cli.start("delay", "robot/speed", "-i", 0.3)
    for _ in range(2):
        average, least, most, _ = figures(delay, r"delay: (\d+\.\d{3,})")
        assert 0 <= least <= average <= most < 30
    interrupt(delay)
    interrupt(pub)


def test_value_that_was_there_before_does_not_count(cli: Cli) -> None:
    with shm_pub_sub.Publisher("robot/speed", 0) as pub:
        pub.publish(1)
        delay = cli.start("delay", "robot/speed", "--format", "json", "-i", 0.1)
        found = json.loads(delay.line())
        assert (found["delay"], found["new"]) == (None, 0)
        pub.publish(2)
        while (found := json.loads(delay.line()))["new"] == 0:
            assert found["delay"] is None
    assert list(found) == ["topic", "delay", "min", "max", "std_dev", "window", "new", "lost"]
    assert found["window"] == 1
    assert 0 < found["min"] == found["delay"] == found["max"]
    interrupt(delay)


def test_the_delay_of_a_measured_value_counts_from_its_measurement(cli: Cli) -> None:
    with shm_pub_sub.Publisher("robot/speed", 0, 100) as pub:
        delay = cli.start("delay", "robot/speed", "--format", "json", "-i", 0.1)
        while (found := json.loads(delay.line()))["window"] < 2:
            pub.publish_at(1, time.monotonic_ns() - 5 * 10**8)
        assert found["min"] >= 0.5
        interrupt(delay)


def test_nothing_in_time_is_exit_code_3(run_cli: RunCli) -> None:
    assert run_cli("delay", "robot/speed", "--timeout", 0.2).returncode == 3
