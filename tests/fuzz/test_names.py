"""Any text is a topic of its own, or a clear error."""

from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st
from shm_pub_sub import Publisher, ShmError, Subscriber, TopicValueError, inspect, remove, topics

# Lone surrogates too, which UTF-8 lacks; and many characters with an encoding of their own.
TEXT = st.one_of(
    st.text(max_size=100),
    st.text(st.characters(categories=["Cs", "Lu", "Po"]), max_size=10),
    st.text("aA/_%2f.~-#\0 é", max_size=12),
    st.text("ab/", min_size=70, max_size=300),
)


def encodable(name: str) -> bool:
    """Report whether it can be a topic's name, according to the documentation."""
    if not name or "\0" in name or any("\ud800" <= letter <= "\udfff" for letter in name):
        return False
    plain = sum(letter.isascii() and (letter.isalnum() or letter in "-._~") for letter in name)
    return plain + 3 * (len(name.encode()) - plain) <= 243


def check(publisher: Publisher, name: str, number: int) -> None:
    publisher.publish(number)
    with Subscriber(name, -1) as subscriber:
        assert subscriber.subscribe() == (number, True)
        assert subscriber.name == publisher.name == name
    info = inspect(name)
    assert (info.name, info.published) == (name, 1)


@given(st.lists(TEXT, min_size=1, max_size=4, unique=True))
@example(["a/b", "a_b", "a%2Fb", "a%2fb"])
@example(["a" * 243, "a" * 244, "/" * 81, "/" * 82])
@example(["é", "e\u0301", "E\u0301", "\ufffd"])
def test_every_name_is_a_topic_of_its_own_or_an_error(shm_dir: Path, names: list[str]) -> None:
    publishers = []
    try:
        for number, name in enumerate(names):
            try:
                publishers.append((Publisher(name, 0), name, number))
                assert encodable(name)
            except TopicValueError:
                assert not encodable(name)
        for each in publishers:
            check(*each)
        usable = [name for _, name, _ in publishers]
        assert [topic.name for topic in topics()] == sorted(usable, key=str.encode)
        files = {path.name for path in shm_dir.iterdir()}
        assert files == {Path(inspect(name).path).name for name in usable}
        assert len(files) == len(usable), "two names share a file"
    finally:
        for publisher, _, _ in publishers:
            publisher.close()
    assert list(shm_dir.iterdir()) == []


@given(TEXT)
def test_every_call_judges_a_name_alike(name: str) -> None:
    errors = set()
    for take in (lambda: Publisher(name, 0), lambda: Subscriber(name, 0)):
        try:
            with take():
                errors.add(None)
        except ShmError as error:
            errors.add(type(error))
    for look in (inspect, remove):
        try:
            look(name)
        except LookupError:
            errors.add(None)
        except ShmError as error:
            errors.add(type(error))
    assert errors == ({None} if encodable(name) else {TopicValueError})
