"""sample() and recv_sample(): values with their numbers and times."""

import pickle
import time

import pytest
from shm_pub_sub import Publisher, Sample, Subscriber


def test_sample_is_the_newest_value_and_takes_nothing() -> None:
    with Publisher("topic", 0.0, 5) as pub, Subscriber("topic", 0.0) as sub:
        assert sub.sample() is None
        before = time.monotonic_ns()
        pub.publish(1.5)
        pub.publish(2.5)
        after = time.monotonic_ns()
        found = sub.sample()
        assert isinstance(found, Sample)
        assert (found.value, found.sequence) == (2.5, 2)
        assert before <= found.time_ns <= after
        assert 0 <= found.age <= (time.monotonic_ns() - found.time_ns) / 1e9
        assert sub.drain() == [1.5, 2.5]
        again = sub.sample()
        assert again is not None
        assert again[:3] == found[:3]
        assert again.age > found.age


def test_sample_is_none_whenever_subscribe_is_not_ok() -> None:
    with Subscriber("topic", 0, max_age=1e-9) as old, Subscriber("topic", 0) as sub:
        assert sub.sample() is None
        with Publisher("topic", 0) as pub:
            pub.publish(1)
            assert old.sample() is None
            assert sub.sample() is not None
        assert sub.sample() is None


def test_samples_are_received_in_turn() -> None:
    with Publisher("topic", 0, 3) as pub, Subscriber("topic", 0) as sub:
        for n in range(5):
            pub.publish(n)
        samples = [sub.recv_sample(), sub.recv_sample(0), sub.recv_sample(timeout=1)]
        assert [(found.value, found.sequence) for found in samples] == [(2, 3), (3, 4), (4, 5)]
        times = [found.time_ns for found in samples]
        assert times == sorted(times)
        with pytest.raises(TimeoutError):
            sub.recv_sample(0)


def test_numbers_begin_again_with_every_publisher() -> None:
    with Subscriber("topic", True) as sub:
        for _ in range(2):
            with Publisher("topic", True) as pub:
                pub.publish(False)
                assert sub.recv_sample()[:2] == (False, 1)


def test_a_sample_is_a_tuple_that_cannot_be_changed() -> None:
    with Publisher("topic", 0) as pub, Subscriber("topic", 0) as sub:
        pub.publish(1)
        found = sub.recv_sample()
        value, sequence, time_ns, age = found
        assert (value, sequence) == (1, 1)
        assert found == (value, sequence, time_ns, age)
        assert "value=1, sequence=1, time_ns=" in repr(found)
        with pytest.raises(AttributeError):
            found.value = 2  # type: ignore[misc]
        assert pickle.loads(pickle.dumps(found)) == found
