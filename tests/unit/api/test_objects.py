"""Publishers and subscribers as Python objects: repr, pickle, copy, properties, generics."""

import copy
import inspect as introspection
import pickle
from enum import IntEnum
from typing import Any

import pytest
import shm_pub_sub
from shm_pub_sub import Publisher, ShmError, Subscriber

VALUES = [True, 5, 2.5]


@pytest.mark.parametrize("value", VALUES)
def test_repr_of_a_publisher_says_topic_type_buffers_and_state(value: Any) -> None:
    with Publisher("robot/arm", value, 7) as pub:
        text = repr(pub)
        for words in ("Publisher", "robot/arm", type(value).__name__, "7 buffers", "open"):
            assert words in text
        assert str(pub) == text
    assert "closed" in repr(pub)
    assert "robot/arm" in repr(pub)


@pytest.mark.parametrize("value", VALUES)
def test_repr_of_a_subscriber_says_topic_type_buffers_and_state(value: Any) -> None:
    sub = Subscriber("robot/arm", value)
    for words in ("Subscriber", "robot/arm", type(value).__name__, repr(value), "no publisher"):
        assert words in repr(sub)
    with Publisher("robot/arm", value, 7):
        for words in ("7 buffers", "publisher alive"):
            assert words in repr(sub)
    assert "no publisher" in repr(sub)
    sub.close()
    for words in ("Subscriber", "robot/arm", "closed"):
        assert words in repr(sub)


@pytest.mark.parametrize("cls", [Publisher, Subscriber])
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickling_is_a_type_error_that_says_to_pass_the_name(cls: Any, protocol: int) -> None:
    with cls("my/topic", 0) as one, pytest.raises(TypeError, match=r"my/topic.*name"):
        pickle.dumps(one, protocol)


@pytest.mark.parametrize("cls", [Publisher, Subscriber])
@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
def test_copying_is_a_type_error(cls: Any, duplicate: Any) -> None:
    with cls("my/topic", 0) as one, pytest.raises(TypeError, match="my/topic"):
        duplicate(one)


@pytest.mark.parametrize("cls", [Publisher, Subscriber])
def test_error_classes_can_be_pickled(cls: Any) -> None:
    with pytest.raises(ShmError) as caught:
        cls("", 0)
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is type(caught.value)
    assert str(again) == str(caught.value)


def test_properties_of_a_publisher() -> None:
    with Publisher("robot/arm", 0.0, 7) as pub:
        assert (pub.name, pub.buffer_num) == ("robot/arm", 7)
        assert (pub.type, pub.default_value) == (float, 0.0)
        Publisher.__init__(pub, "robot/arm", True)  # type: ignore[call-overload]
        assert (pub.type, pub.default_value) == (bool, True)
        assert (pub.closed, pub.publisher_alive) == (False, True)


def test_properties_of_a_subscriber() -> None:
    with Subscriber("robot/arm", 0.0) as sub:
        assert (sub.name, sub.closed) == ("robot/arm", False)
        assert (sub.type, sub.default_value) == (float, 0.0)
        assert (sub.buffer_num, sub.publisher_alive) == (None, False)
        with Publisher("robot/arm", 0.0, 7):
            assert (sub.buffer_num, sub.publisher_alive) == (7, True)
        assert (sub.buffer_num, sub.publisher_alive) == (None, False)


@pytest.mark.parametrize("cls", [Publisher, Subscriber])
@pytest.mark.parametrize(
    "name", ["name", "type", "default_value", "buffer_num", "closed", "publisher_alive"]
)
def test_properties_cannot_be_set(cls: Any, name: str) -> None:
    with cls("topic", 0) as one, pytest.raises(AttributeError):
        setattr(one, name, 1)


@pytest.mark.parametrize("cls", [Publisher, Subscriber])
def test_attributes_cannot_be_made_up(cls: Any) -> None:
    with cls("topic", 0) as one, pytest.raises(AttributeError):
        one.publsh = 1


def test_classes_can_be_subscripted() -> None:
    annotation = Publisher[float]
    with annotation("topic", 0.0) as pub, Subscriber[float]("topic", 0.0) as sub:
        pub.publish(1.0)
        assert sub.subscribe() == (1.0, True)
        assert isinstance(pub, Publisher)


@pytest.mark.parametrize("cls", [Publisher, Subscriber])
def test_objects_are_what_they_look_like(cls: Any) -> None:
    with cls("topic", 0) as one:
        assert isinstance(one, cls)
        assert not isinstance(one, {Publisher: Subscriber, Subscriber: Publisher}[cls])
        assert one.__class__.__name__ == cls.__name__
        assert one.__class__.__module__ == cls.__module__
        assert hash(one) == hash(one)
        assert bool(one) is True


def test_publish_and_subscribe_are_the_c_methods() -> None:
    with Publisher("topic", 0) as pub, Subscriber("topic", 0) as sub:
        assert introspection.isbuiltin(pub.publish)
        assert introspection.isbuiltin(sub.subscribe)


def test_public_objects_are_documented() -> None:
    for name in shm_pub_sub.__all__:
        found = getattr(shm_pub_sub, name)
        if not name.startswith("__"):
            assert found.__doc__, name
    for cls in (Publisher, Subscriber):
        for name in ("close", "publisher_alive", "name", "buffer_num", "closed"):
            assert getattr(cls, name).__doc__
    assert "TopicTypeError" in (Publisher.publish.__doc__ or "")
    assert "max_age" in (Subscriber.subscribe.__doc__ or "")
    parameters = introspection.signature(Publisher).parameters
    assert list(parameters)[:3] == ["name", "default_value", "buffer_num"]
    assert parameters["buffer_num"].default == 3


@pytest.mark.parametrize("cls", [Publisher, Subscriber])
def test_object_that_was_never_made_is_an_error_not_a_crash(cls: Any) -> None:
    one = cls.__new__(cls)
    assert one.closed is True
    assert repr(one)
    one.close()
    with pytest.raises(ShmError):
        one.publish(1) if cls is Publisher else one.subscribe()
    with pytest.raises(TypeError):
        pickle.dumps(one)


@pytest.mark.parametrize("cls", [Publisher, Subscriber])
def test_object_made_twice_lets_go_of_the_first(cls: Any, shm_dir: Any) -> None:
    one = cls("first", 0)
    one.__init__("second", 0.5)
    assert one.name == "second"
    if cls is Publisher:
        assert [path.name for path in shm_dir.iterdir()] == ["shm_pub_sub.second"]
    else:
        with Publisher("second", 0.5) as pub:
            pub.publish(1.5)
            assert one.subscribe() == (1.5, True)


@pytest.mark.parametrize("cls", [Publisher, Subscriber])
def test_object_whose_making_failed_is_an_error_not_a_crash(cls: Any) -> None:
    one = cls("topic", 0)
    for bad in [("", 0), ("topic", ()), ("a" * 300, 0)]:
        with pytest.raises(ShmError):
            one.__init__(*bad)
        assert repr(one)
    one.close()
    with pytest.raises(ShmError):
        one.publish(1) if cls is Publisher else one.subscribe()


class Colour(IntEnum):
    RED = 5


@pytest.mark.parametrize("cls", [Publisher, Subscriber])
@pytest.mark.parametrize("default", [True, Colour.RED, 2.5])
def test_type_and_default_are_known_and_make_the_like(cls: Any, default: Any) -> None:
    with cls("topic", default) as one:
        assert one.default_value == default
        assert type(one.default_value) is one.type
        assert one.type in (bool, int, float)
        with Subscriber("topic", one.type()) as other, Subscriber("topic", one.default_value):
            assert other.type is one.type
            if cls is Publisher:
                assert shm_pub_sub.inspect("topic").type is one.type
    assert (one.type, one.default_value) == (type(one.default_value), default), "when closed too"
