"""The sending thread with topics of this process, and receivers that only note what they get."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import numpy as np
import pytest
import shm_pub_sub
from shm_pub_sub import Publisher
from shm_pub_sub._network.clock import Clock
from shm_pub_sub._network.messages import Request
from shm_pub_sub._network.replies import AT_ONCE, MOST_PROGRAMS, Replies
from shm_pub_sub._network.sender import Sender
from shm_pub_sub._network.sending import MOST_SESSIONS, Sending
from support import remote
from support.peer import Peer

from ._asking import Asking, Query, options

Start = Callable[..., Sender]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start senders, which end with the test."""
    senders = []

    def started(**those: Any) -> Sender:
        sender = Sender(options(**those), Clock(), "robot")
        sender.start()
        senders.append(sender)
        return sender

    yield started
    for sender in senders:
        sender.stop()
        sender.join(10.0)
        assert not sender.is_alive()
        assert sender.error is None


def test_a_topic_its_values_and_its_end(start: Start) -> None:
    asking = Asking(start())
    with Publisher("speed", 0.0) as pub:
        pub.publish(1.5)
        asking.until(values=1)
        pub.publish(2.5)
        asking.until(values=2)
    asking.until(ends=1)


def test_the_last_value_comes_before_the_end_and_restarts_are_other_publishers(
    start: Start,
) -> None:
    asking = Asking(start())
    asking.until()
    for turn in range(5):
        with Publisher("speed", 0, 3) as pub:
            asking.until(known=1)
            for value in range(10):
                pub.publish(10 * turn + value)
        asking.until(ends=turn + 1)
        assert asking.of("speed")[-1] == 10 * turn + 9
        assert asking.ends[-1] == ("speed", 10)


def test_a_receiver_gets_the_newest_value_of_a_topic_that_was_there(start: Start) -> None:
    sender = start()
    with Publisher("speed", 0, 9) as pub:
        pub.publish_many([1, 2, 3])
        for name in ("laptop", "desk"):
            asking = Asking(sender, name)
            asking.until()
            assert asking.values == [("speed", 3, 3)]
        assert sender.topics == 1
        assert sender.receivers == ["desk", "laptop"]


def test_the_last_value_comes_of_a_fast_publisher(start: Start, peer: Peer) -> None:
    """A value that comes while the one before is read is not forgotten."""
    asking = Asking(start())
    asking.until()
    last, began = 3_000_000, time.monotonic()
    peer.begin(remote.publish_numbers, "C", "speed", 3, last)
    while last not in asking.of("speed")[-1:]:
        assert asking.round() is not None
        assert time.monotonic() - began < 10.0, asking.values[-3:]
    peer.answer()


def test_every_value_comes_if_it_is_asked_for(start: Start) -> None:
    asking = Asking(start(every=("*",)))
    with Publisher("speed", 0, 5000) as pub:
        asking.until(known=1)
        for value in range(10):
            pub.publish(value)
        pub.publish_many([*range(10, 4000)])
        asking.until(values=4000)
    asking.until(ends=1)
    assert asking.values == [("speed", n + 1, n) for n in range(4000)]
    assert asking.ends == [("speed", 4000)]


def test_values_of_every_value_mode_of_a_publisher_that_goes_on_as_another(start: Start) -> None:
    asking = Asking(start(every=("*",)))
    asking.until()
    with Publisher("speed", "", 50) as first:
        asking.until(known=1)
        for value in "abc":
            first.publish(value)
    with Publisher("speed", "", 50) as second:
        second.publish("d")
        asking.until(values=4)
    asking.until(ends=2)
    assert [n for _, n, _ in asking.values] == [1, 2, 3, 1]
    assert asking.ends == [("speed", 3), ("speed", 1)]


def test_a_topic_changes_its_type(start: Start) -> None:
    asking = Asking(start())
    for value in (1, 2.5, "text", np.zeros(3), True):
        with Publisher("topic", value) as pub:
            asking.until(known=1)
            pub.publish(value)
            before = len(asking.values)
            asking.until(values=before + 1)
    asking.until(known=0)
    assert [n for _, n, _ in asking.values] == [1] * 5
    assert asking.ends == [("topic", 1)] * 5


def test_a_publisher_takes_over_without_a_value(start: Start) -> None:
    asking = Asking(start())
    with Publisher("speed", 0) as pub:
        pub.publish(1)
        asking.until(values=1)
    with Publisher("speed", 0, unit="m"):
        asking.until(ends=1, known=1)
        (description,) = asking.known.values()
        assert description.metadata["unit"] == "m"
    asking.until(ends=2)
    assert asking.ends == [("speed", 1), ("speed", 0)]


def test_a_retained_value_is_sent_without_a_publisher_and_ends_at_once(start: Start) -> None:
    with Publisher("goal", "", retain=True) as pub:
        pub.publish("home")
    sender = start()
    for name in ("laptop", "desk"):
        asking = Asking(sender, name)
        asking.until(ends=1)
        assert asking.values == [("goal", 1, b"home")]
        assert asking.ends == [("goal", 1)]
    with Publisher("goal", "", retain=True) as pub:  # carries the value over
        asking.until(values=2)
        pub.publish("away")
        asking.until(values=3)
        (description,) = asking.known.values()
        assert description.retain
    asking.until(ends=2)
    shm_pub_sub.remove("goal")


def test_bridged_topics_are_not_sent_even_if_they_take_over(start: Start) -> None:
    asking = Asking(start())
    with Publisher("a", 0, bridged=True) as pub, Publisher("b", 0) as other:
        pub.publish(1)
        other.publish(2)
        asking.until(values=1)
    asking.until(ends=1)
    with Publisher("a", 0) as pub:
        pub.publish(3)
        asking.until(values=2)
    with Publisher("a", 0, bridged=True) as pub:
        pub.publish(4)
        asking.until(ends=2)
    with Publisher("a", 0) as pub:
        pub.publish(5)
        asking.until(values=3)
    assert {value for _, _, value in asking.values} == {2, 3, 5}


def test_a_killed_publisher_ends(start: Start, start_python: Any) -> None:
    asking = Asking(start())
    program = start_python(
        "from shm_pub_sub import Publisher\n"
        "pub = Publisher('speed', 0)\n"
        "pub.publish(7)\n"
        "print('there')\n"
        "input()\n"
    )
    assert program.line() == "there"
    asking.until(values=1)
    program.kill()
    asking.until(ends=1)
    assert asking.ends == [("speed", 1)]
    shm_pub_sub.remove("speed")


def test_large_values_are_encoded_at_once_and_sent_in_a_thread_of_their_own(start: Start) -> None:
    sender = start()
    image = np.arange(1 << 18, dtype="u1").reshape(512, 512)
    with Publisher("camera", image, 3) as pub:
        pub.publish(image)
        for name in ("laptop", "desk"):
            asking = Asking(sender, name)
            asking.until(values=1)
            assert bytes(asking.values[0][2]) == image.tobytes()
        image = image + np.uint8(1)
        pub.publish(image)
        asking.until(values=2)
        assert bytes(asking.values[1][2]) == image.tobytes()
    asking.until(ends=1)


def test_any_program_may_ask_for_the_newest_values(start: Start) -> None:
    cbor2 = pytest.importorskip("cbor2", reason="cbor2 is not installed")
    sender = start(every=("robot/*",))
    asking = Asking(sender)
    asking.until()
    with Publisher("robot/arm", 0, 9) as arm, Publisher("speed", 0.0) as speed:
        arm.publish_many([1, 2])
        speed.publish(1.5)
        asking.until(values=3)
        for key, expected in (
            ("shmps/1/v/robot/**", {"shmps/1/v/robot/robot/arm": 2, "shmps/1/v/robot/speed": 1.5}),
            ("shmps/1/v/robot/speed", {"shmps/1/v/robot/speed": 1.5}),
            ("shmps/1/v/robot/none", {}),
        ):
            query = Query(b"", key, 0)
            sender.on_value(query)
            found = {}
            while (reply := query.replies.get(timeout=10.0)) is not None:
                found[reply[1]] = cbor2.loads(reply[0])["v"]
            assert found == expected


def test_a_program_that_takes_no_replies_holds_up_no_receiver(start: Start) -> None:
    class Stuck(Query):
        is_free = threading.Event()
        began = threading.Event()

        def reply(self, payload: bytes, key: str | None = None) -> None:
            self.began.set()
            assert self.is_free.wait(60.0)
            super().reply(payload, key)

    sender = start()
    with Publisher("n", 0) as pub:
        pub.publish(1)
        asking = Asking(sender)
        asking.until(values=1)
        stuck = [Stuck(b"", "shmps/1/v/robot/**", 0) for _ in range(MOST_PROGRAMS + 10)]
        sender.on_value(stuck[0])
        assert Stuck.began.wait(30.0)
        for query in stuck[1:]:
            sender.on_value(query)
        pub.publish(2)
        asking.until(values=2)
        # The one that is being answered, and as many as may wait; the others get nothing.
        refused = [query for query in stuck if not query.replies.empty()]
        assert len(refused) == 9
        Stuck.is_free.set()
        answers = [query.replies.get(timeout=30.0) for query in stuck]
        assert [answer is None for answer in answers].count(True) == 9


def test_patterns_of_the_receiver_and_of_the_sender(start: Start) -> None:
    sender = start(send=("robot/*", "a"), exclude=("*/secret",))
    with ExitStack() as stack:
        for name in ("robot/arm", "robot/leg", "robot/secret", "a", "b"):
            stack.enter_context(Publisher(name, 0)).publish(1)
        Asking(sender).until(values=3)
        for patterns, names in (
            (("*",), {"robot/arm", "robot/leg", "a"}),
            (("robot/a*", "b"), {"robot/arm"}),
            ((), set()),
        ):
            asking = Asking(sender, "laptop", patterns)
            asking.until()
            assert {name for name, _, _ in asking.values} == names


def test_a_request_out_of_order_and_one_that_is_damaged_get_no_answer(start: Start) -> None:
    sender = start()
    asking = Asking(sender)
    asking.until()
    other = Asking(sender, "laptop")
    other.until()
    assert asking.round() is None  # the other one has taken its place
    query = Query(b"\xff", "round", 0)
    sender.on_request(query)
    assert query.replies.get(timeout=10.0) is None


def test_a_session_ends_with_the_token_and_its_query_with_the_sender(start: Start) -> None:
    sender = start(lease=0.2)
    asking = Asking(sender)
    asking.until()
    sender.on_token("laptop", "1", True)
    sender.on_token("laptop", "2", True)
    sender.on_token("laptop", "1", False)
    asking.ask()
    assert asking.round() is not None  # after HOLD
    asking.ask()
    sender.on_token("laptop", "2", False)
    assert asking.round() is None
    other = Asking(sender)
    other.until()
    other.ask()
    sender.stop()
    assert other.round() is None


def test_receivers_beyond_the_most_are_refused() -> None:
    sending = Sending(itertools.count(1).__next__, 1)
    request = Request(1, 0, 0, "", ("*",), ())
    for number in range(MOST_SESSIONS):
        assert sending.request(request._replace(name=f"laptop{number}"), object()) == []
    query = object()
    assert sending.request(request._replace(name="another"), query) == [query]
    assert (
        len(sending.request(request._replace(name="laptop1", session=2), query)) == 1
    )  # the old one
    sending.forget("laptop1")
    assert sending.request(request._replace(name="another"), query) == []


def test_threads_of_receivers_that_are_gone_end() -> None:
    replies = Replies()
    query = Query(b"", "", 0)
    replies.send("laptop", query, bytes(AT_ONCE + 1))
    (thread,) = [thread for thread in threading.enumerate() if thread.name.endswith("to laptop")]
    replies.keep({"laptop"})
    replies.keep(())
    thread.join(30.0)
    assert not thread.is_alive()
    assert query.replies.get(timeout=0) is not None
    assert query.replies.get(timeout=0) is None
