"""shm_pub_sub.testing.wait_for(): which values count, and the text of its failure."""

import math
import re
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import shm_pub_sub
from shm_pub_sub.testing import wait_for

Pair = tuple["shm_pub_sub.Publisher[int]", "shm_pub_sub.Subscriber[int]"]


@pytest.fixture
def pair() -> Iterator[Pair]:
    with shm_pub_sub.Publisher("speed", 0, 100) as pub, shm_pub_sub.Subscriber("speed", 0) as sub:
        yield pub, sub


def failure(*arguments: Any) -> str:
    with pytest.raises(AssertionError) as error:
        wait_for(*arguments)
    return str(error.value)


def test_a_value_that_is_there_counts_again_and_again(pair: Pair) -> None:
    pub, sub = pair
    pub.publish(3)
    assert [wait_for(sub, 3), wait_for(sub, 3), sub.recv(), wait_for(sub, 3)] == [3] * 4


def test_each_value_in_turn_counts_though_newer_ones_are_there(pair: Pair) -> None:
    pub, sub = pair
    pub.publish_many(range(1, 11))
    assert wait_for(sub, 4) == 4
    assert wait_for(sub, lambda value: value > 5) == 10  # the newest is looked at first
    assert wait_for(sub, lambda value: 5 < value < 10) == 6
    assert sub.drain() == [7, 8, 9, 10]


def test_a_value_that_comes_later_and_passes_at_once_is_seen(pair: Pair) -> None:
    pub, sub = pair
    timer = threading.Timer(0.1, pub.publish_many, [[5, 6, 7]])
    timer.start()
    assert wait_for(sub, 6, timeout=30) == 6
    timer.join()


def test_the_publisher_may_come_later() -> None:
    done = threading.Event()

    def publish() -> None:
        with shm_pub_sub.Publisher("late", 0.0) as late:
            late.publish(0.1 + 0.2)
            done.wait(30)

    publisher = threading.Timer(0.1, publish)
    publisher.start()
    with shm_pub_sub.Subscriber("late", 0.0) as sub:
        assert wait_for(sub, pytest.approx(0.3), timeout=30) == 0.1 + 0.2
    done.set()
    publisher.join()


def test_the_default_does_not_count(pair: Pair) -> None:
    assert "newest value: none yet\n" in failure(pair[1], 0, 0.05)


def test_a_failure_says_what_was_received_and_that_the_publisher_lives(pair: Pair) -> None:
    pub, sub = pair
    pub.publish_many([1, 2])
    text = failure(sub, 3, 0.05)
    assert text.startswith("wait for 3 of 'speed': not seen within 0.05 s\n  received: 1, 2\n")
    assert re.search(r"\n  newest value: number 2, \d\.\d+ s old\n", text)
    assert re.search(r"\n  publisher: process \d+ is alive$", text)


def test_a_failure_shows_the_last_of_many_values_and_how_many_were_lost(pair: Pair) -> None:
    pub, sub = pair
    pub.publish_many(range(120))
    text = failure(sub, math.isnan, 0.05)
    last = ", ".join(map(str, range(112, 120)))
    assert "wait for isnan() of 'speed'" in text
    assert f"received: 100 values, the last of them {last}; 20 were lost\n" in text


def test_a_failure_without_a_publisher_says_which_topics_there_are(pair: Pair) -> None:
    with shm_pub_sub.Subscriber("sped", 0) as sub:
        text = failure(sub, 3, 0.05)
    assert "received: nothing\n" in text
    assert "publisher: none, no topic of this name; in /dev/shm/" in text
    assert text.endswith("there is: 'speed'")


def test_a_failure_says_that_the_publisher_has_ended() -> None:
    shm_pub_sub.Publisher("kept", 1, retain=True).close()
    with shm_pub_sub.Subscriber("kept", 1) as sub:
        assert failure(sub, 3, 0.05).endswith(" has ended")
    shm_pub_sub.remove("kept")


def test_a_publisher_that_never_pauses_does_not_hold_it_up(pair: Pair) -> None:
    pub, sub = pair
    stop = threading.Event()

    def publish() -> None:
        while not stop.is_set():
            pub.publish_many([1] * 50)

    publisher = threading.Thread(target=publish)
    publisher.start()
    begin = time.monotonic()
    text = failure(sub, 2, 0.2)
    assert time.monotonic() - begin < 20
    stop.set()
    publisher.join()
    assert re.search(r"received: \d+ values, the last of them 1, 1, 1, 1, 1, 1, 1, 1", text)


def test_arrays_are_equal_in_shape_and_all_elements() -> None:
    with (
        shm_pub_sub.Publisher("points", np.zeros((0, 2)), 10, max_size=9) as pub,
        shm_pub_sub.Subscriber("points", np.zeros((0, 2)), history=10) as sub,
    ):
        pub.publish(np.ones((1, 2)))
        pub.publish(np.ones((2, 2)))
        assert wait_for(sub, np.ones((1, 2))).shape == (1, 2)
        assert wait_for(sub, pytest.approx(np.ones((2, 2)))).shape == (2, 2)
        assert wait_for(sub, lambda points: len(points) == 2).shape == (2, 2)
        assert "received: float64[2,2], min 1, max 1, mean 1\n" in failure(sub, np.ones(2), 0.05)
    with shm_pub_sub.Publisher("frame", np.zeros(4, "u1")) as small:
        small.publish(np.arange(4, dtype="u1"))
        text = failure(shm_pub_sub.Subscriber("frame", np.zeros(4, "u1")), np.zeros(4), 0.05)
    assert "received: uint8[4], [0, 1, 2, 3]\n" in text


def test_text_and_lists_are_waited_for() -> None:
    with (
        shm_pub_sub.Publisher("status", "") as status,
        shm_pub_sub.Publisher("joints", [0.0], max_size=3) as joints,
    ):
        status.publish("driving")
        joints.publish([0.5, 1.5])
        assert wait_for(shm_pub_sub.Subscriber("status", ""), "driving") == "driving"
        wait_for(shm_pub_sub.Subscriber("joints", [0.0]), pytest.approx([0.5, 1.5]))
        text = failure(shm_pub_sub.Subscriber("status", ""), "parked", 0.05)
    assert "wait for 'parked' of 'status'" in text
    assert "received: 'driving'\n" in text


def test_another_type_is_a_type_error(pair: Pair) -> None:
    with pytest.raises(shm_pub_sub.TopicTypeError, match=r"speed"):
        wait_for(shm_pub_sub.Subscriber("speed", 0.0), 1.0)


def test_a_closed_subscriber_is_an_error(pair: Pair) -> None:
    pair[1].close()
    with pytest.raises(shm_pub_sub.ClosedError):
        wait_for(pair[1], 1)


def test_an_error_of_the_function_comes_out(pair: Pair) -> None:
    pair[0].publish(1)
    function: Callable[[int], bool] = lambda value: value / 0 > 1  # noqa: E731
    with pytest.raises(ZeroDivisionError):
        wait_for(pair[1], function)
