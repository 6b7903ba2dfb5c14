"""Names can be any text, with slashes as hierarchy; no two topics share a file."""

import enum
import random
from pathlib import Path

import pytest
from shm_pub_sub import Publisher, Subscriber, TopicValueError, topics

GROUPS = {
    "encoding": ["a/b", "a_b", "a%2Fb", "a%2fb", "a%252Fb", "a b", "a.b", "a-b", "a~b", "a\\b"],
    "slashes": ["a", "/a", "a/", "//a", "/a/", "a//b", "a/b", "/"],
    "dots": [".", "..", "...", "../a", "./a", "a/../a", "..%2Fa", "/etc/passwd"],
    "case": ["topic", "Topic", "TOPIC", "tOPIC"],
    "unicode": ["ü", "u\u0308", "u", "機器人", "🤖", "🤖/🦾", "\u202e", "ﬁ"],
    "white space": [" ", "  ", "\t", "\n", "a\n", "\r\n", "a ", " a"],
    "shells": ["*", "?", "[a]", "$HOME", "`id`", "'", '"', "-rf", "a;b", "#", "\x7f", "\x01"],
    "own": ["shm_pub_sub.a", "shm_pub_sub", "a", "A#", "shm_pub_sub#A"],
    "numbers": ["0", "00", "0x0", "-0", "\u0661"],
}


@pytest.mark.parametrize("names", GROUPS.values(), ids=GROUPS)
def test_similar_names_are_different_topics(names: list[str], shm_dir: Path) -> None:
    subs = [Subscriber(name, -1) for name in names]
    pubs = [Publisher(name, 0) for name in names]
    for value, pub in enumerate(pubs):
        pub.publish(value)
    assert [sub.subscribe() for sub in subs] == [(value, True) for value in range(len(names))]
    assert [pub.name for pub in pubs] == [sub.name for sub in subs] == names
    assert [topic.name for topic in topics()] == sorted(names, key=str.encode)
    assert len(list(shm_dir.iterdir())) == len(names), "flat files, one each"
    assert all(path.parent == shm_dir and path.is_file() for path in shm_dir.iterdir())


def test_files_are_named_after_the_topic(shm_dir: Path) -> None:
    with Publisher("robot/arm_1.x~y-Z ü", 0):
        (path,) = shm_dir.iterdir()
        assert path.name == "shm_pub_sub.robot%2Farm_1.x~y-Z%20%C3%BC"


@pytest.mark.parametrize(
    "name", ["a" * 243, "é" * 40 + "abc", "/" * 81, "🤖" * 20 + "abc"], ids=["a", "é", "/", "🤖"]
)
def test_longest_names_work(name: str) -> None:
    with Publisher(name, 0) as pub, Subscriber(name, -1) as sub:
        pub.publish(1)
        assert sub.subscribe() == (1, True)
        with pytest.raises(TopicValueError, match="243"):
            Publisher(name + "/", 0)


def test_names_that_differ_at_the_end_only_are_different_topics() -> None:
    with Publisher("a" * 242 + "b", 0) as pub, Subscriber("a" * 242 + "c", -1) as sub:
        pub.publish(1)
        assert sub.subscribe() == (-1, False)


def test_name_may_be_an_enums_member_that_is_a_str() -> None:
    class Topic(str, enum.Enum):
        ARM = "robot/arm"

    assert str(Topic.ARM) != "robot/arm"
    with Publisher(Topic.ARM, 0) as pub, Subscriber("robot/arm", -1) as sub:
        pub.publish(1)
        assert sub.subscribe() == (1, True)
        assert pub.name == "robot/arm"


def test_random_names_come_back_from_the_list() -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    ranges = [(1, 0x7F), (0x80, 0xD7FF), (0xE000, 0x10FFFF)]
    for _ in range(200):
        length = rng.randint(1, 20)
        name = "".join(chr(rng.randint(*rng.choice(ranges))) for _ in range(length))
        with Publisher(name, 0) as pub, Subscriber(name, -1) as sub:
            pub.publish(1)
            assert sub.subscribe() == (1, True), repr(name)
            assert [topic.name for topic in topics()] == [name]
