"""Which publisher's file a value is from: what the network's bridge tells publishers apart by."""

import numpy as np
import pytest
from shm_pub_sub import Publisher, Subscriber, _hot
from shm_pub_sub._follow import Follower


def test_each_publisher_has_another_file_and_a_value_is_of_the_one_it_was_taken_from() -> None:
    with Subscriber("topic", 0) as sub:
        assert (sub._present, sub._taken_from) == (0, 0)
        with Publisher("topic", 0, 5) as first:
            first.publish_many([1, 2, 3])
            assert sub.recv(0) == 1
            number = sub._present
            assert sub._taken_from == number > 0
        with Publisher("topic", 0, 5) as second:
            second.publish_many([4, 5])
            taken = [(sub.recv(0), sub._taken_from) for _ in range(4)]
            other = sub._present
        assert taken == [(2, number), (3, number), (4, other), (5, other)]
        assert other > number
        assert sub.publisher_alive is False
        assert sub._present == 0


def test_values_that_a_publisher_left_are_judged_by_its_own_flag() -> None:
    with Subscriber("topic", 0) as sub:
        with Publisher("topic", 0, 5, bridged=True) as first:
            first.publish_many([1, 2])
            assert (sub.recv(0), sub._bridged) == (1, True)
        with Publisher("topic", 0, 5) as second:
            second.publish(3)
            assert [(sub.recv(0), sub._bridged) for _ in range(2)] == [(2, True), (3, False)]


def test_skipping_leaves_the_newest_value_of_each_publisher() -> None:
    with Subscriber("topic", 0) as sub:
        sub._skip_each()  # nothing is there
        with Publisher("topic", 0, 5) as first:
            first.publish_many([1, 2, 3])
            assert sub.recv(0) == 1
        with Publisher("topic", 0, 5) as second:
            second.publish_many([4, 5])
            assert sub.subscribe() == (5, True)  # maps the second one's file
            sub._skip_each()
            assert sub.drain() == [3, 5]
            sub._skip_each()
            assert sub.try_recv() is None
        assert sub.lost == 0


def test_skipping_is_for_values_of_every_type() -> None:
    with Subscriber("topic", np.zeros(3)) as sub, Publisher("topic", np.zeros(3)) as pub:
        assert sub.try_recv() is None
        for value in range(3):
            pub.publish(np.full(3, float(value)))
        sub._skip_each()
        assert [value[0] for value in sub.drain()] == [2.0]


def test_a_follower_may_hear_of_a_topic_once_until_its_values_are_taken() -> None:
    follower = Follower(["topic"], once=True)
    with Publisher("topic", 0) as pub:
        follower.look()
        for value in (1, 2):
            pub.publish(value)
            (topic,) = follower.wait(10.0)
            assert follower.wait(0.0) == []
            assert [sample.value for sample in topic.take()] == [value]
    follower.close()


def test_many_subscribers_are_looked_at_in_one_call() -> None:
    with Subscriber("a", 0) as a, Subscriber("b", "") as b, Subscriber("c", 0) as c:
        every = (a, b, c)
        assert _hot.stirred(every, False) == []
        assert _hot.stirred(every, True) == [0, 1, 2]  # no publisher, or another one
        with Publisher("a", 0) as first, Publisher("b", "") as second, Publisher("c", 0):
            assert [each.try_recv() for each in every] == [None] * 3
            assert _hot.stirred(every, True) == _hot.stirred(every, False) == []
            second.publish("text")
            assert _hot.stirred(every, False) == [1]
            first.publish(1)
            assert _hot.stirred(every, False) == [0, 1]
            assert _hot.stirred(every, True) == []
            assert b.recv(0) == "text"
            assert _hot.stirred(every, False) == [0]
        assert _hot.stirred(every, False) == _hot.stirred(every, True) == [0, 1, 2]  # all ended
    assert _hot.stirred(every, True) == [0, 1, 2]  # they are closed
    with pytest.raises(TypeError, match="expected a subscriber"):
        _hot.stirred((1,), False)


def test_a_descriptor_stays_as_it_is_while_it_is_not_armed() -> None:
    with Subscriber("topic", 0) as sub, Publisher("topic", 0) as pub:
        poll = _hot.Poll()
        poll.add(sub.fileno(), True)
        pub.publish(1)
        assert poll.wait(10.0) == [sub.fileno()]
        sub._arm(False)
        assert sub.recv(0) == 1
        pub.publish(2)
        assert poll.wait(0.01) == []
        assert _hot.stirred((sub,), False) == [0]
        assert sub.recv(0) == 2
        sub._arm(True)
        pub.publish(3)
        assert poll.wait(10.0) == [sub.fileno()]
        poll.close()
