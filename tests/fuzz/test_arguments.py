"""Any arguments of the constructors make a working object or a documented error."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from shm_pub_sub import (
    CreateError,
    Publisher,
    RangeError,
    Subscriber,
    TopicTypeError,
    TopicValueError,
    inspect,
    remove,
)


class Silent:
    """An object that says nothing of itself."""

    def __repr__(self) -> str:
        raise ZeroDivisionError


class Mock:
    """Stands for an object that claims another class; hypothesis would believe that."""

    def __init__(self, cls: type) -> None:
        self.cls = cls

    def __repr__(self) -> str:
        return f"Mock({self.cls.__name__})"

    def made(self) -> Any:
        return type("Claims", (), {"__class__": self.cls})()


class Text(str):
    def __str__(self) -> str:
        return "something else"

    __repr__ = __str__


class Number(int):
    def __index__(self) -> int:
        return 2**70

    __int__ = __index__


THINGS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**66), 2**66),
    st.floats(),
    st.text(max_size=8),
    st.text(max_size=8).map(Text),
    st.integers(0, 5).map(Number),
    st.binary(max_size=8),
    st.lists(st.none(), max_size=1),
    st.complex_numbers(),
    st.just(10**5000),
    st.builds(Silent),
    st.sampled_from([int, float, str, object, print, Ellipsis]),
    st.builds(Mock, st.sampled_from([bool, int, float, str])),
)
NAMES = st.one_of(st.just("topic"), THINGS)
DEFAULTS = st.one_of(st.sampled_from([False, 0, 0.0]), THINGS)
BUFFERS = st.one_of(st.integers(1, 9), st.sampled_from([2**36, 2**36 + 1, 2**63, 2**64]), THINGS)
MODES = st.one_of(st.just(0o600), st.integers(0, 0o7777), THINGS)
AGES = st.one_of(st.floats(1e-9, 9.2e9), THINGS)
ERRORS = (TopicTypeError, TopicValueError, RangeError)


def attempt(make: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """The object, or None if it was refused as documented."""
    arguments = tuple(real(each) for each in arguments)
    options = {name: real(each) for name, each in options.items()}
    try:
        return make(*arguments, **options)
    except ERRORS:
        return None
    except CreateError as error:
        if "bytes free" not in str(error):  # too many buffers
            raise
        return None


def real(thing: Any) -> Any:
    return thing.made() if isinstance(thing, Mock) else thing


@given(NAMES, DEFAULTS, BUFFERS, MODES, THINGS, THINGS)
@example("topic", 0, int, 0o600, False, False)
@example("topic", 0, 3, int, False, False)
@example("topic", Mock(float), 3, 0o600, False, False)
@example("topic", Number(1), 3, 0o600, False, False)
def test_publisher_works_or_says_why_not(
    shm_dir: Path, name: Any, default: Any, buffers: Any, mode: Any, replace: Any, retain: Any
) -> None:
    options = {"mode": mode, "replace": replace, "retain": retain}
    publisher = attempt(Publisher, name, default, buffers, **options)
    if publisher is None:
        assert list(shm_dir.iterdir()) == []
        return
    with publisher:
        value = publisher._type(1)
        publisher.publish(value)
        info = inspect(publisher.name)
        assert (info.type, info.buffer_num) == (type(value), publisher.buffer_num)
        assert os.stat(info.path).st_mode & 0o777 == mode  # noqa: PTH116
        with Subscriber(publisher.name, value) as subscriber:
            assert subscriber.subscribe() == (value, True)
    if retain:
        remove(publisher.name)
    assert list(shm_dir.iterdir()) == []


@given(NAMES, DEFAULTS, AGES)
@example("topic", Mock(int), None)
@example("topic", 0, Mock(float))
@example("topic", 0, 10**400)
def test_subscriber_works_or_says_why_not(name: Any, default: Any, age: Any) -> None:
    subscriber = attempt(Subscriber, name, default, max_age=age)
    if subscriber is not None:
        with subscriber:
            value, ok = subscriber.subscribe()
            assert not ok
            assert type(value) is subscriber._type
            assert subscriber.buffer_num is None
            assert repr(subscriber)


@given(NAMES)
def test_looking_at_a_topic_works_or_says_why_not(name: Any) -> None:
    for look in (inspect, remove):
        try:
            look(real(name))
        except (LookupError, TopicTypeError, TopicValueError):
            continue
        raise AssertionError("there is no topic")
