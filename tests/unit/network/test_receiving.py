"""The receiving side without Zenoh: rounds as a sender makes them, and what comes of them."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from shm_pub_sub import Publisher, Subscriber, inspect, remove, topics
from shm_pub_sub._network.clock import SAMPLES, Offset
from shm_pub_sub._network.incoming import Incoming
from shm_pub_sub._network.link import Link
from shm_pub_sub._network.messages import (
    Description,
    Round,
    codec_of,
    pack_round,
    pack_values,
    unpack_request,
)
from shm_pub_sub._network.options import Options

MS, SECOND = 10**6, 10**9
UNIX = 10**18
"""What this bridge's clock is ahead of CLOCK_MONOTONIC."""
AHEAD = 3600 * SECOND
"""What the other bridge's clock is ahead of this one's."""


class Clock:
    """Stands still, but for what a test adds."""

    def __init__(self) -> None:
        self.now = UNIX + 100 * SECOND

    def now_ns(self) -> int:
        return self.now

    def monotonic_ns(self, wire_ns: int) -> int:
        return wire_ns - UNIX


class Sent:
    """One sender of rounds, and the link that gets them."""

    def __init__(self, **those: Any) -> None:
        given: dict[str, Any] = {
            "name": "laptop",
            "connect": ("tcp/127.0.0.1:1",),
            "receive": ("*",),
        }
        self.clock = Clock()
        self.incoming = Incoming(Options(**{**given, **those}), self.clock)  # type: ignore[arg-type]
        self.link = Link("robot", self.incoming, itertools.count(1).__next__)
        self.codecs: dict[int, Any] = {}

    def round(self, **parts: Any) -> None:
        """Answer the link's next request."""
        asked = unpack_request(self.link.request(self.clock.now))
        now = self.clock.now + AHEAD
        whole: dict[str, Any] = {"complete": True, "ends": [], "descriptions": [], "updates": []}
        whole |= {
            "session": asked.session,
            "round": asked.round,
            "arrived_ns": now,
            "replied_ns": now,
        }
        self.link.answer(pack_round(Round(**(whole | parts))), self.clock.now)

    def describe(self, number: int, topic: str, descriptor: str = "int", **those: Any) -> None:
        given = {"every": False, "retain": False, "buffer_num": 3, "views": 0, "loans": 0}
        given |= {"incarnation": 10, "metadata": {}} | those
        self.codecs[number] = codec_of(descriptor)
        about = Description(topic=topic, descriptor=descriptor, **given)  # type: ignore[arg-type]
        self.round(descriptions=[(number, about)])

    def values(
        self, number: int, *values: Any, last: int, ago_ns: int = 0, first: int = 10
    ) -> None:
        """Send values whose numbers end with `last`, the last one published so long ago."""
        last_ns = self.clock.now + AHEAD - ago_ns
        times = [last_ns - MS * n for n in reversed(range(len(values)))]
        message = pack_values(self.codecs[number], [*values], last, times, first)
        self.round(updates=[(number, message)])

    def counters(self) -> tuple[int, int, int, int]:
        counted = self.incoming
        return counted.received, counted.skipped, counted.lost, counted.refused


@pytest.fixture
def sent() -> Iterator[Sent]:
    found = Sent()
    yield found
    found.link.close()
    assert (found.incoming.open, found.incoming.kept) == (0, 0)


def test_the_offset_is_that_of_the_fastest_round() -> None:
    offset = Offset()
    assert (offset.ns, offset.rtt_ns) == (0, None)
    offset.add(0, 1000 + 50, 1000 + 60, 30)  # 20 of 30 ns under way, 40 there and -20 back
    assert (offset.ns, offset.rtt_ns) == (1040, 20)
    offset.add(100, 1000 + 105, 1000 + 105, 110)
    assert (offset.ns, offset.rtt_ns) == (1000, 10)
    for _ in range(SAMPLES - 1):
        offset.add(200, 1300, 1300, 300)
    assert (offset.ns, offset.rtt_ns) == (1000, 10)
    offset.add(200, 1300, 1300, 300)  # the fast one is too long ago
    assert (offset.ns, offset.rtt_ns) == (1050, 100)


def test_a_topic_comes_and_ends(sent: Sent) -> None:
    sent.describe(1, "speed", "float", retain=False, buffer_num=5, metadata={"description": "m/s"})
    about = inspect("speed")
    assert (about.bridged, about.retain, about.buffer_num) == (True, False, 5)
    assert Path(about.path).stat().st_mode & 0o777 == 0o600
    assert about.metadata["description"] == "m/s"
    with Subscriber("speed", 0.0) as sub:
        assert sub.subscribe() == (0.0, False)
        sent.values(1, 1.5, last=1)
        assert sub.subscribe() == (1.5, True)
        sent.round(ends=[(1, 1)])
        assert sub.subscribe() == (0.0, False)
    assert topics() == []
    assert sent.counters() == (1, 0, 0, 0)


@pytest.mark.parametrize("every", [False, True])
def test_what_does_not_come_is_counted_once(sent: Sent, every: bool) -> None:
    sent.describe(1, "n", every=every)
    sent.describe(2, "m", every=every)  # a publisher that ends without a value that came
    sent.values(1, 7, last=3)  # described while it was there: from now on
    sent.round(ends=[(1, 5)])
    sent.describe(3, "n", every=every, incarnation=11)
    sent.values(3, 8, 9, last=4, first=11)
    sent.values(3, 8, 9, last=4, first=11)
    sent.round(ends=[(3, 6), (2, 2)])
    missed = (0, 8) if every else (8, 0)
    assert sent.counters() == (3, *missed, 0)


def test_times_are_between_the_value_before_and_now(sent: Sent) -> None:
    sent.describe(1, "n", every=True)
    with Subscriber("n", 0) as sub:
        sent.values(1, 1, 2, last=2, ago_ns=5 * MS)
        now = sent.clock.now - UNIX
        assert [sub.recv_sample(1).time_ns for _ in range(2)] == [now - 6 * MS, now - 5 * MS]
        sent.values(1, 3, last=3, ago_ns=-SECOND)  # the clocks are not as they seemed
        sent.values(1, 4, last=4, ago_ns=SECOND)
        assert [sub.recv_sample(1).time_ns for _ in range(2)] == [now, now]


def test_a_new_session_goes_on(sent: Sent) -> None:
    sent.describe(1, "n", every=True)
    sent.describe(2, "m")
    sent.values(1, 1, 2, last=2)
    with Subscriber("n", 0) as sub, Subscriber("m", 0):
        sub.drain()
        sent.link.answer(None, sent.clock.now)
        assert not sent.link.is_connected
        sent.round(complete=False)
        assert {topic.name for topic in topics()} == {"n", "m"}  # until all is described
        sent.codecs[7] = sent.codecs[1]
        about = Description("n", 10, "int", True, False, 3, 0, 0, {})
        sent.round(descriptions=[(7, about)])
        assert [topic.name for topic in topics()] == ["n"]
        sent.values(7, 1, 2, 3, last=3)
        assert sub.drain() == [3]
    assert sent.counters() == (3, 0, 0, 0)


def test_a_publisher_that_came_during_the_gap_takes_over(sent: Sent) -> None:
    sent.describe(1, "n")
    sent.values(1, 1, last=1)
    with Subscriber("n", 0) as sub:
        assert sub.subscribe() == (1, True)
        sent.link.answer(None, sent.clock.now)
        sent.describe(1, "n", incarnation=11)
        sent.values(1, 5, last=1, first=11)  # fewer than before
        assert sub.subscribe() == (5, True)
    assert [topic.name for topic in topics()] == ["n"]


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ({"session": 99}, "found round 0 of session 99; expected round 0 of 2"),
        ({"round": 1}, "found round 1 of session 2"),
        ({"ends": [(1, 0)]}, "the end of publisher 1; expected one described"),
        ({"updates": [(1, bytes(20))]}, "a value of publisher 1; expected one described"),
    ],
)
def test_what_breaks_the_rules_begins_a_new_session(
    sent: Sent, broken: dict[str, Any], says: str, caplog: pytest.LogCaptureFixture
) -> None:
    begun = sent.clock.now
    pauses = []
    for _ in range(7):
        sent.round(**broken)
        pauses.append((sent.link.due_ns - begun) // MS)
        broken = {key: value for key, value in broken.items() if key != "session"} | {"round": 9}
    assert pauses == [50, 100, 200, 400, 800, 1000, 1000]
    assert says in caplog.text
    assert len(caplog.records) == 1  # once, until a round comes
    sent.describe(1, "n")
    assert sent.link.is_connected
    sent.round(round=9)
    assert sent.link.due_ns - sent.clock.now == 50 * MS


def test_patience_grows_with_answers_that_come_too_late(sent: Sent) -> None:
    sent.link.request(sent.clock.now)
    sent.link.answer(None, sent.clock.now + SECOND)  # refused at once: the bridge is busy, or gone
    assert sent.link.patience == 10.0
    for expected in (20.0, 40.0):
        sent.link.request(sent.clock.now)
        sent.link.answer(None, sent.clock.now + int(sent.link.patience * SECOND))
        assert sent.link.patience == expected


def test_a_local_publisher_goes_first(sent: Sent, caplog: pytest.LogCaptureFixture) -> None:
    with Publisher("n", 0) as own:
        own.publish(-1)
        sent.describe(1, "n")
        sent.values(1, 1, last=1)
        sent.values(1, 2, last=2)
        assert Subscriber("n", 0).subscribe() == (-1, True)
        assert sent.counters() == (0, 0, 0, 2)
        assert caplog.text.count("refuses 'n' of bridge 'robot'") == 1
        assert sent.incoming.due() == sent.clock.now + SECOND
        sent.clock.now += SECOND
        sent.incoming.retry(sent.clock.now)  # it is still there
        assert sent.incoming.due() == sent.clock.now + SECOND
        assert len(caplog.records) == 1
    sent.clock.now += SECOND
    sent.incoming.retry(sent.clock.now)
    with Subscriber("n", 0) as sub:
        assert sub.subscribe() == (2, True)  # the newest of those that were refused
    assert sent.counters() == (1, 0, 0, 1)
    assert sent.incoming.due() is None


@pytest.mark.parametrize(
    ("topic", "those", "says"),
    [
        ("other", {"receive": ("n*",)}, "none of those to receive"),
        ("n/no", {"exclude": ("n/*",)}, "none of those to receive"),
        ("n" * 300, {}, "300"),
        ("", {}, "name"),
        ("n/first", {"max_topics": 1}, "there are 1 received topics, the most allowed"),
    ],
)
def test_topics_are_refused(
    topic: str, those: dict[str, Any], says: str, caplog: pytest.LogCaptureFixture
) -> None:
    sent = Sent(**those)
    sent.describe(1, "n")
    sent.describe(2, topic)
    sent.values(2, 5, last=1)
    sent.values(1, 7, last=1)
    assert [found.name for found in topics()] == ["n"]
    assert sent.counters() == (1, 0, 0, 1)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert says in caplog.text
    sent.link.close()


def test_a_type_that_is_unknown_here_is_refused(
    sent: Sent, caplog: pytest.LogCaptureFixture
) -> None:
    about = Description("n", 10, '{"kind":"of tomorrow"}', False, False, 3, 0, 0, {})
    sent.round(descriptions=[(1, about)])
    sent.codecs[1] = codec_of("int")
    sent.values(1, 5, last=1)
    assert topics() == []
    assert sent.counters() == (0, 0, 0, 1)
    assert "of tomorrow" in caplog.text


def test_a_topic_that_is_refused_again_and_again_is_logged_once(
    sent: Sent, caplog: pytest.LogCaptureFixture
) -> None:
    with Publisher("n", 0):
        for incarnation in range(10, 20):
            sent.describe(incarnation, "n", incarnation=incarnation)
            sent.round(ends=[(incarnation, 0)])
    assert len(caplog.records) == 1


def test_a_value_that_is_damaged_is_refused(sent: Sent, caplog: pytest.LogCaptureFixture) -> None:
    sent.describe(1, "n")
    sent.round(updates=[(1, bytes(20))])
    sent.values(1, 5, last=2)
    with Subscriber("n", 0) as sub:
        assert sub.subscribe() == (5, True)
    assert sent.counters()[3] == 1
    assert sent.link.is_connected
    assert "refuses 'n'" in caplog.text


def test_names_get_the_prefix() -> None:
    sent = Sent(prefix="{source}/")
    sent.describe(1, "speed")
    assert [found.name for found in topics()] == ["robot/speed"]
    sent.link.close()


def test_a_retained_value_is_carried_over_once(sent: Sent) -> None:
    sent.describe(1, "n", retain=True)
    sent.values(1, 4, last=3)
    sent.round(ends=[(1, 3)])
    with Subscriber("n", 0) as sub:
        assert sub.subscribe() == (4, True)
        sent.describe(2, "n", retain=True, incarnation=11)
        sent.values(2, 4, last=1, first=11)  # which the new publisher has carried over, too
        assert sub.subscribe() == (4, True)
        sent.values(2, 5, last=2, first=11)
        assert sub.subscribe() == (5, True)
    assert sent.counters() == (3, 0, 0, 0)
    sent.link.close()
    remove("n")
