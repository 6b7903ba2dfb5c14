"""A subscriber of another type than its publisher."""

from typing import Any

import pytest
from shm_pub_sub import Publisher, ShmError, Subscriber, TopicTypeError, remove
from support.programs import Run

TYPES = [bool, int, float]
PAIRS = [(pub, sub) for pub in TYPES for sub in TYPES if pub is not sub]


@pytest.mark.parametrize(("published", "wanted"), PAIRS)
def test_subscribing_to_another_type_is_an_error_with_both(published: Any, wanted: Any) -> None:
    with Publisher("my/topic", published(1)) as pub:
        pub.publish(published(1))
        with pytest.raises(TypeError) as caught:
            Subscriber("my/topic", wanted(1))
        text = str(caught.value)
        assert isinstance(caught.value, TopicTypeError)
        assert isinstance(caught.value, ShmError)
        assert not isinstance(caught.value, RuntimeError)
        for word in ("my/topic", published.__name__, wanted.__name__):
            assert word in text


@pytest.mark.parametrize(("published", "wanted"), PAIRS)
def test_a_publisher_that_comes_later_shows_at_the_first_read(published: Any, wanted: Any) -> None:
    sub = Subscriber("my/topic", wanted(0))
    assert sub.subscribe() == (wanted(0), False)
    with Publisher("my/topic", published(1)) as pub:
        for publish in (False, True):
            if publish:
                pub.publish(published(1))
            with pytest.raises(TopicTypeError, match=f"{published.__name__}.*{wanted.__name__}"):
                sub.subscribe()
    assert sub.subscribe() == (wanted(0), False)
    with Publisher("my/topic", wanted(0)) as good:
        good.publish(wanted(1))
        value, ok = sub.subscribe()
        assert (value, ok) == (wanted(1), True)
        assert type(value) is wanted


def test_publisher_that_changes_the_type_shows_at_the_next_read() -> None:
    sub = Subscriber("topic", -1)
    with Publisher("topic", 0) as pub:
        pub.publish(1)
        assert sub.subscribe() == (1, True)
        with Publisher("topic", 0.0, replace=True), pytest.raises(TopicTypeError):
            sub.subscribe()
    assert sub.subscribe() == (-1, False)


def test_subscriber_is_usable_and_printable_while_the_type_is_wrong() -> None:
    with Subscriber("topic", 1) as sub, Publisher("topic", 0.5):
        for _ in range(3):
            with pytest.raises(TopicTypeError):
                sub.subscribe()
        assert sub.publisher_alive is True
        assert sub.buffer_num is None or sub.buffer_num == 3
        assert "topic" in repr(sub)
        assert not sub.closed


def test_dead_publishers_type_does_not_matter(run_python: Run) -> None:
    early = Subscriber("topic", 1)
    run_python(
        "import os, shm_pub_sub\n"
        "pub = shm_pub_sub.Publisher('topic', 0.5)\n"
        "pub.publish(0.5)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    assert early.subscribe() == (1, False)
    assert Subscriber("topic", 1).subscribe() == (1, False)
    with Publisher("topic", 0) as pub:
        pub.publish(5)
        assert early.subscribe() == (5, True)


def test_retained_value_of_another_type_is_no_live_publisher() -> None:
    sub = Subscriber("topic", True)
    with Publisher("topic", 0, retain=True) as pub:
        assert sub.publisher_alive is True
        pub.publish(1)
    assert sub.publisher_alive is False
    with pytest.raises(TopicTypeError):
        sub.subscribe()
    remove("topic")
    assert sub.publisher_alive is False
