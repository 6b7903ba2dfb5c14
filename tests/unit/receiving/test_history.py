"""history=: which earlier values a new subscriber receives first."""

from typing import Any

import pytest
from shm_pub_sub import Publisher, Subscriber, TopicTypeError, TopicValueError


def test_a_new_subscriber_begins_with_the_newest_value() -> None:
    with Publisher("topic", 0, 5) as pub:
        for n in range(4):
            pub.publish(n)
        with Subscriber("topic", 0) as sub:
            assert sub.drain() == [3]
            assert sub.lost == 0


@pytest.mark.parametrize("history", range(7))
def test_history_values_come_first_as_far_as_they_are_kept(history: int) -> None:
    with Publisher("topic", 0, 5) as pub:
        for n in range(20):
            pub.publish(n)
        with Subscriber("topic", 0, history=history) as sub:
            pub.publish(20)
            assert sub.drain() == list(range(20 - min(history, 5), 21))[-5:]


@pytest.mark.parametrize("history", [0, 1, 2, 3, 2**36, 2**100])
def test_history_is_at_most_what_was_published(history: int) -> None:
    with Publisher("topic", 0, 50) as pub:
        pub.publish(1)
        pub.publish(2)
        with Subscriber("topic", 0, history=history) as sub:
            assert sub.drain() == [1, 2][2 - min(history, 2) :]


@pytest.mark.parametrize("history", [0, 1, 5])
def test_all_of_a_later_publisher_s_values_are_new(history: int) -> None:
    with Subscriber("topic", 0, history=history) as sub:
        for generation in range(3):
            with Publisher("topic", 0, 5) as pub:
                for n in range(3):
                    pub.publish(10 * generation + n)
                assert sub.drain() == [10 * generation + n for n in range(3)]


def test_without_history_a_retained_value_stays_unreceived_when_it_is_carried_over() -> None:
    with Publisher("topic", 0, retain=True) as pub:
        pub.publish(1)
        with Subscriber("topic", 0, history=0) as sub:
            assert sub.drain() == []
            pub.close()
            with Publisher("topic", 0) as later:
                assert sub.drain() == []
                later.publish(2)
                assert sub.drain() == [2]


def test_wrong_histories_are_refused() -> None:
    for history in (-1, -(2**70)):
        with pytest.raises(TopicValueError, match="found history -"):
            Subscriber("topic", 0, history=history)
    wrong: Any
    for wrong in (1.0, True, "1", None):
        with pytest.raises(TopicTypeError, match="history: found"):
            Subscriber("topic", 0, history=wrong)
