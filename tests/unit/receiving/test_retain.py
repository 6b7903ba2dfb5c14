"""retain=True: the last value outlives its publisher."""

import gc
from pathlib import Path
from typing import Any

import pytest
from shm_pub_sub import Publisher, Subscriber, inspect, remove
from support.programs import Run


@pytest.fixture(autouse=True)
def _removed() -> Any:
    yield
    gc.collect()
    remove("topic")


@pytest.mark.parametrize(("value", "default"), [(True, False), (5, 0), (2.5, 0.0)])
def test_retained_value_is_read_after_close(value: Any, default: Any) -> None:
    sub = Subscriber("topic", default)
    with Publisher("topic", default, retain=True) as pub:
        pub.publish(value)
        assert sub.subscribe() == (value, True)
    assert sub.subscribe() == (value, True)
    assert Subscriber("topic", default).subscribe() == (value, True)
    assert sub.publisher_alive is False


def test_retained_value_is_read_after_garbage_collection() -> None:
    sub = Subscriber("topic", 0)
    Publisher("topic", 0, retain=True).publish(5)
    gc.collect()
    assert sub.subscribe() == (5, True)


@pytest.mark.parametrize("end", ["pass", "pub.close()", "os.kill(os.getpid(), 9)", "os._exit(0)"])
def test_retained_value_is_read_after_the_processs_end(run_python: Run, end: str) -> None:
    before = Subscriber("topic", 0)
    run_python(
        "import os, shm_pub_sub\n"
        "pub = shm_pub_sub.Publisher('topic', 0, retain=True)\n"
        f"pub.publish(5)\n{end}\n"
    )
    assert before.subscribe() == (5, True)
    assert Subscriber("topic", 0).subscribe() == (5, True)
    assert not before.publisher_alive


def test_nothing_is_retained_where_nothing_was_published() -> None:
    Publisher("topic", 0, retain=True).close()
    assert Subscriber("topic", 7).subscribe() == (7, False)


@pytest.mark.parametrize("retain", [False, True])
def test_retained_value_is_read_until_the_next_publisher_publishes(retain: bool) -> None:
    sub = Subscriber("topic", 7)
    with Publisher("topic", 0, retain=True) as pub:
        pub.publish(1)
    with Publisher("topic", 0, 20, retain=retain) as pub:
        assert sub.subscribe() == (1, True)
        assert Subscriber("topic", 7).subscribe() == (1, True)
        assert sub.publisher_alive
        for value in range(2, 50):
            pub.publish(value)
            assert sub.subscribe() == (value, True)
    assert sub.subscribe() == ((49, True) if retain else (7, False))
    if not retain:
        Publisher("topic", 0, retain=True).close()  # for the fixture to remove


def test_retained_value_passes_through_publishers_that_publish_nothing() -> None:
    sub = Subscriber("topic", 7)
    with Publisher("topic", 0, retain=True) as pub:
        pub.publish(1)
    for buffers in (1, 50, 2):
        with Publisher("topic", 0, buffers, retain=True):
            assert sub.subscribe() == (1, True)
        assert sub.subscribe() == (1, True)


def test_publisher_of_another_type_does_not_inherit_the_retained_value() -> None:
    with Publisher("topic", 5, retain=True) as pub:
        pub.publish(1)
    with Publisher("topic", 0.5, retain=True), Subscriber("topic", 7.5) as sub:
        assert sub.subscribe() == (7.5, False)


def test_retained_value_keeps_its_age_with_the_next_publisher() -> None:
    with Publisher("topic", 0, retain=True) as pub:
        pub.publish(1)
    before = inspect("topic").age
    with Publisher("topic", 0, retain=True):
        age = inspect("topic").age
        assert age is not None
        assert before is not None
        assert age >= before


def test_subscriber_follows_from_a_retained_topic_to_one_that_is_not() -> None:
    sub = Subscriber("topic", 7)
    with Publisher("topic", 0, retain=True) as pub:
        pub.publish(1)
    assert sub.subscribe() == (1, True)
    with Publisher("topic", 0) as pub:
        pub.publish(2)
        assert sub.subscribe() == (2, True)
    assert sub.subscribe() == (7, False)
    Publisher("topic", 0, retain=True).close()  # for the fixture to remove


def test_removal_of_a_retained_value_shows_soon(shm_dir: Path) -> None:
    sub = Subscriber("topic", 7)
    with Publisher("topic", 0, retain=True) as pub:
        pub.publish(1)
    assert sub.subscribe() == (1, True)
    assert inspect("topic").retain is True
    assert inspect("topic").alive is False
    remove("topic")
    assert sub.subscribe() == (7, False)
    assert list(shm_dir.iterdir()) == []
    Publisher("topic", 0, retain=True).close()  # for the fixture to remove


def test_retained_topic_of_another_type_is_a_type_error() -> None:
    with Publisher("topic", 0, retain=True) as pub:
        pub.publish(1)
    with pytest.raises(TypeError, match=r"int.*float"):
        Subscriber("topic", 0.0)
