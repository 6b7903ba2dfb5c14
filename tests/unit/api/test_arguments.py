"""What the constructors accept, by position and keyword, and what every bad argument gets."""

import math
from pathlib import Path
from typing import Any

import pytest
from shm_pub_sub import Publisher, ShmError, Subscriber, TopicTypeError, TopicValueError

TOO_LONG = 10**10_000  # more digits than Python prints


class Index:
    def __init__(self, value: int) -> None:
        self._value = value

    def __index__(self) -> int:
        return self._value


class NumpyScalar:
    """Resembles numpy.float64 without being a float: no valid default."""

    def __float__(self) -> float:
        return 1.0

    def __index__(self) -> int:
        return 1


def test_publishers_arguments_have_names() -> None:
    with Publisher(name="topic", default_value=0.5, buffer_num=7) as pub:
        assert (pub.name, pub.buffer_num) == ("topic", 7)
    with Publisher("topic", default_value=0.5) as pub:
        assert pub.buffer_num == 3
    with Publisher(
        buffer_num=2, default_value=1, name="topic", mode=0o600, replace=False, retain=False
    ) as pub:
        assert pub.buffer_num == 2


def test_subscribers_arguments_have_names() -> None:
    with Subscriber(name="topic", default_value=0.5, max_age=1.0) as sub:
        assert sub.name == "topic"
    with Subscriber(default_value=True, name="topic") as other:
        assert other.subscribe() == (True, False)


@pytest.mark.parametrize(
    ("cls", "positional", "keywords"),
    [
        (Publisher, (), {}),
        (Publisher, ("topic",), {}),
        (Publisher, ("topic", 0, 3, 0o600), {}),
        (Publisher, ("topic", 0), {"buffers": 3}),
        (Publisher, ("topic", 0), {"name": "topic"}),
        (Subscriber, (), {}),
        (Subscriber, ("topic", 0, 3), {}),
        (Subscriber, ("topic", 0), {"buffer_num": 3}),
        (Subscriber, ("topic", 0), {"retain": True}),
    ],
)
def test_wrong_arguments_are_type_errors(
    cls: Any, positional: tuple[Any, ...], keywords: dict[str, Any], shm_dir: Path
) -> None:
    with pytest.raises(TypeError):
        cls(*positional, **keywords)
    assert list(shm_dir.iterdir()) == []


BAD_DEFAULTS: list[Any] = [[], (1,), object(), int, bytearray(8), NumpyScalar()]


@pytest.mark.parametrize("cls", [Publisher, Subscriber])
@pytest.mark.parametrize("default", BAD_DEFAULTS, ids=lambda default: type(default).__name__)
def test_other_defaults_are_type_errors_with_the_types(
    cls: Any, default: Any, shm_dir: Path
) -> None:
    with pytest.raises(TopicTypeError) as caught:
        cls("my/topic", default)
    text = str(caught.value)
    assert isinstance(caught.value, TypeError)
    for word in ("bool", "int", "float", "my/topic"):
        assert word in text
    found = "None" if default is None else type(default).__name__
    assert found in text
    assert list(shm_dir.iterdir()) == []


@pytest.mark.parametrize("cls", [Publisher, Subscriber])
@pytest.mark.parametrize("default", [2**63, -(2**63) - 1, 10**30, TOO_LONG], ids=range(4))
def test_default_int_beyond_64_bits_is_refused(cls: Any, default: int, shm_dir: Path) -> None:
    with pytest.raises((ValueError, OverflowError), match="64") as caught:
        cls("topic", default)
    assert isinstance(caught.value, ShmError)
    assert list(shm_dir.iterdir()) == []


BUFFERS = [0, -1, -(2**63), 2**40, 2**62, 2**63, 2**64, 10**30, TOO_LONG]


@pytest.mark.parametrize("number", BUFFERS, ids=range(9))
def test_impossible_numbers_of_buffers_are_value_errors(number: int, shm_dir: Path) -> None:
    with pytest.raises(TopicValueError, match="buffer_num") as caught:
        Publisher("topic", 0, number)
    assert isinstance(caught.value, ValueError)
    assert number is TOO_LONG or str(number) in str(caught.value)
    assert list(shm_dir.iterdir()) == []


@pytest.mark.parametrize("number", [3.5, 3.0, True, False, "3", None, [3], math.nan])
def test_buffers_that_are_no_int_are_type_errors(number: Any, shm_dir: Path) -> None:
    with pytest.raises(TopicTypeError, match="buffer_num") as caught:
        Publisher("topic", 0, number)
    assert isinstance(caught.value, TypeError)
    assert list(shm_dir.iterdir()) == []


def test_buffers_may_be_anything_with_index() -> None:
    with Publisher("topic", 0, Index(4)) as pub:
        assert pub.buffer_num == 4
        assert type(pub.buffer_num) is int


@pytest.mark.parametrize("mode", [0, 0o400, 0o200, 0o044, 0o700, 0o777, 0o1600, 0o4600, -1, 2**70])
def test_impossible_modes_are_value_errors(mode: int, shm_dir: Path) -> None:
    with pytest.raises(TopicValueError, match="mode"):
        Publisher("topic", 0, mode=mode)
    assert list(shm_dir.iterdir()) == []


@pytest.mark.parametrize("mode", ["600", "rw", 6.0, None, True])
def test_modes_that_are_no_int_are_type_errors(mode: Any) -> None:
    with pytest.raises(TopicTypeError, match="mode"):
        Publisher("topic", 0, mode=mode)


@pytest.mark.parametrize("cls", [Publisher, Subscriber])
@pytest.mark.parametrize("name", [None, 1, b"topic", ["topic"], Path("topic"), 1.5, object()])
def test_name_that_is_no_str_is_a_type_error(cls: Any, name: Any, shm_dir: Path) -> None:
    with pytest.raises(TopicTypeError, match="str") as caught:
        cls(name, 0)
    assert type(name).__name__ in str(caught.value) or name is None
    assert list(shm_dir.iterdir()) == []


@pytest.mark.parametrize("cls", [Publisher, Subscriber])
@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("", "empty"),
        ("\0", "NUL"),
        ("robot\0arm", "NUL"),
        ("a" * 244, "243"),
        ("a" * 1_000_000, "243"),
        ("é" * 41, "243"),  # six bytes each
        ("/" * 82, "243"),
        ("\ud800", "surrogate"),
    ],
    ids=["empty", "nul", "inner nul", "long", "very long", "accents", "slashes", "surrogate"],
)
def test_unusable_name_is_a_value_error(cls: Any, name: str, rule: str, shm_dir: Path) -> None:
    with pytest.raises(TopicValueError, match=rule) as caught:
        cls(name, 0)
    assert isinstance(caught.value, ValueError)
    assert len(str(caught.value)) < 4000, "a long name is not worth a page"
    assert list(shm_dir.iterdir()) == []


def test_error_about_one_argument_does_not_depend_on_the_others_order(shm_dir: Path) -> None:
    bad: list[Any] = [("", None, 0), ("topic", None, 0), ("topic", 0, 0), ("", 0, 3)]
    for arguments in bad:
        with pytest.raises(ShmError):
            Publisher(*arguments)
    assert list(shm_dir.iterdir()) == []
