"""Verbs agree: on what a word means, and on how often a topic is published."""

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import shm_pub_sub
from shm_pub_sub._follow import Follower
from shm_pub_sub._plot.collector import Collector

from ._reading import interrupt
from .conftest import Cli, RunCli


@pytest.mark.parametrize("retain", [False, True])
def test_one_rate(run_cli: RunCli, retain: bool) -> None:
    """It is that of the values kept, however long ago they were published."""
    with (
        shm_pub_sub.Publisher("topic", 0, 40, retain=retain) as pub,
        shm_pub_sub.Subscriber("topic", 0, history=0) as sub,
    ):
        times = []
        for value in range(40):
            pub.publish(value)
            times.append(sub.recv_sample(0).time_ns)
            time.sleep(0.001)
        expected = pytest.approx(39e9 / (times[-1] - times[0]))
        assert shm_pub_sub.inspect("topic").rate == expected
        assert json.loads(run_cli("list", "--format", "json").stdout)["rate"] == expected
        assert json.loads(run_cli("info", "topic", "--format", "json").stdout)["rate"] == expected
        top = json.loads(run_cli("top", "-n", "1", "--format", "json").stdout)
        assert [row["rate"] for row in top["topics"]] == [expected]
    if retain:
        shm_pub_sub.remove("topic")


def followed(word: str) -> set[str]:
    follower = Follower([word])
    follower.look()
    found = {name for name, topic in follower.topics.items() if topic.is_there}
    follower.close()
    return found


def plotted(word: str) -> set[str]:
    collector = Collector([word], 1)
    collector.poll()
    found = {curve.name for curve in collector.curves if curve.type is not None}
    collector.close()
    return found


def listed(word: str) -> set[str]:
    return {topic.name for topic in shm_pub_sub.topics(word)}


@pytest.mark.parametrize("choose", [followed, plotted, listed])
@pytest.mark.parametrize(
    ("there", "chosen"), [({"a[1]", "a1"}, {"a[1]"}), ({"a1"}, {"a1"}), ({"a2"}, set())]
)
def test_a_word_that_is_a_name_is_no_pattern(
    choose: Callable[[str], set[str]], there: set[str], chosen: set[str]
) -> None:
    with ExitStack() as stack:
        for name in there:
            stack.enter_context(shm_pub_sub.Publisher(name, 0))
        assert choose("a[1]") == chosen


def test_echo_means_the_same_before_and_after_the_topics_are_there(cli: Cli) -> None:
    echo = cli.start("echo", "a[1]")
    assert "waiting: no topic 'a[1]' or 'a' in " in echo.line(echo.stderr)
    with shm_pub_sub.Publisher("a[1]", 0) as pub, shm_pub_sub.Publisher("a1", 0) as other:
        other.publish(1)
        pub.publish(2)
        assert echo.line().endswith("2")
        other.publish(3)
        pub.publish(4)
        assert echo.line().endswith("4")
        interrupt(echo)


def test_a_name_that_restarts_lets_no_other_topic_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shm_pub_sub._opening.LOOK", 0.0)
    follower = Follower(["a[1]"])

    def is_there() -> set[str]:
        follower.look()
        return {name for name, topic in follower.topics.items() if topic.is_there}

    with shm_pub_sub.Publisher("a1", 0):
        assert is_there() == {"a1"}
        with shm_pub_sub.Publisher("a[1]", 0):
            assert is_there() == {"a[1]"}
        assert is_there() == set()
        with shm_pub_sub.Publisher("a[1]", 0):
            assert is_there() == {"a[1]"}
    follower.close()


@pytest.mark.parametrize("verb", ["record", "echo"])
def test_word_means_one_thing_to_verbs(
    run_cli: RunCli, verb: str, tmp_path: Path, shm_dir: Path
) -> None:
    with shm_pub_sub.Publisher("a[1]", 0) as pub, shm_pub_sub.Publisher("a1", 0) as other:
        pub.publish(1)
        other.publish(2)
        if verb == "echo":
            assert run_cli("echo", "a[1]", "--once").stdout == "1\n"
            return
        path = tmp_path / "run.mcap"
        ended: Any = run_cli("record", "-d", 0.1, "-o", path, "a[1]", "--format", "json")
        assert list(json.loads(ended.stdout)["topics"]) == ["a[1]"]


@pytest.mark.parametrize("verb", ["echo", "hz", "delay", "record -o a.mcap", "plot", "top", "info"])
def test_a_name_that_no_topic_can_have_is_an_error(
    run_cli: RunCli, verb: str, tmp_path: Path
) -> None:
    ended = run_cli(*verb.split(), "", cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.splitlines() == [
        'shm-pub-sub: topic name "": found an empty name; expected at least one character'
    ]
    assert not (tmp_path / "a.mcap").exists()
