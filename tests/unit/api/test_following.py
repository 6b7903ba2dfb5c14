"""_follow: the one place that finds topics for echo, hz, delay, record, top and plots."""

from pathlib import Path

import numpy as np
import pytest
import shm_pub_sub
from shm_pub_sub import Publisher, TopicValueError
from shm_pub_sub._follow import Follower
from shm_pub_sub._followed import GONE, OPENED, REFUSED


@pytest.fixture(autouse=True)
def _eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look is one."""
    monkeypatch.setattr("shm_pub_sub._opening.LOOK", 0.0)
    monkeypatch.setattr("shm_pub_sub._directory.SCAN", 0.0)


def events(follower: Follower) -> list[tuple[str, str]]:
    return [(event.what, event.topic.name) for event in follower.look()]


def test_topics_are_opened_when_they_appear_and_go(capfd: pytest.CaptureFixture[str]) -> None:
    follower = Follower(["named", "robot/*"])
    assert events(follower) == []
    assert follower.unmatched() == ["named", "robot/*"]
    with Publisher("named", 0), Publisher("robot/arm", 0.5) as arm, Publisher("other", 0):
        assert sorted(events(follower)) == [(OPENED, "named"), (OPENED, "robot/arm")]
        assert events(follower) == []
        assert follower.unmatched() == []
        arm.publish(1.5)
        (ready,) = follower.wait(10.0)
        assert (ready.name, ready.by_pattern) == ("robot/arm", True)
        assert [sample.value for sample in ready.take()] == [1.5]
    assert sorted(events(follower)) == [(GONE, "named"), (GONE, "robot/arm")]
    follower.close()
    assert capfd.readouterr() == ("", "")


def test_history_is_for_topics_that_are_there_and_later_for_those_that_come() -> None:
    follower = Follower(["*"], history=1, later=5)
    with Publisher("early", 0, 5) as early:
        early.publish_many([1, 2, 3])
        follower.look()
        with Publisher("late", 0, 5) as late:
            late.publish_many([1, 2, 3])
            follower.look()
            taken = {t.name: [s.value for s in t.take()] for t in follower.topics.values()}
        follower.close()
    assert taken == {"early": [3], "late": [1, 2, 3]}


def test_a_topic_is_followed_to_another_type() -> None:
    follower = Follower(["topic"])
    (topic,) = follower.topics.values()
    for value in (1, 2.5, True):
        with Publisher("topic", value) as pub:
            pub.publish(value)
            while topic.subscriber is None or topic.newest() is None:
                follower.look()
            assert topic.info is not None
            assert (topic.newest().value, topic.info.type) == (value, type(value))  # type: ignore[union-attr]
    follower.close()


def test_values_that_are_kept_are_copies_and_those_glanced_at_are_not() -> None:
    with Publisher("topic", np.zeros(1000)) as pub:
        pub.publish(np.ones(1000))
        for glance in (None, np.copy):
            follower = Follower(["topic"], glance=glance)
            follower.look()
            (topic,) = follower.topics.values()
            assert topic.subscriber.recv().flags.owndata is (glance is None)
            follower.close()


def test_lost_values_count_over_all_publishers() -> None:
    follower = Follower(["topic"], history=0)
    (topic,) = follower.topics.values()
    lost = 0
    for value in (1, 2.5):
        with Publisher("topic", value, 3) as pub:
            while topic.subscriber is None or topic.newest() is None:
                follower.look()
                pub.publish(value)
            topic.take()
            pub.publish_many([value] * 10)
            topic.take()
            lost += 7
            assert topic.lost >= lost
    follower.close()


@pytest.mark.shm_leaves_files("the test damages it")
def test_what_cannot_be_read_is_refused_and_opened_when_it_can(shm_dir: Path) -> None:
    path = shm_dir / "shm_pub_sub.topic"
    path.write_bytes(b"nonsense" * 10000)
    follower = Follower(["topic"])
    (topic,) = follower.topics.values()
    assert events(follower) == [(REFUSED, "topic")]
    assert 'expected "SHMPUBSB"' in str(topic.error)
    assert events(follower) == [], "once"
    with Publisher("topic", 0):
        assert (OPENED, "topic") in events(follower)
        assert topic.error is None
    follower.close()


@pytest.mark.shm_leaves_files("the test damages it")
def test_what_fails_later_on_is_tried_once_more(shm_dir: Path) -> None:
    """It may have been about to change its type."""
    follower = Follower(["topic"])
    assert events(follower) == []
    (shm_dir / "shm_pub_sub.topic").write_bytes(b"nonsense" * 10000)
    (topic,) = follower.topics.values()
    assert events(follower) == []
    assert topic.in_doubt is not None
    assert events(follower) == [(REFUSED, "topic")]
    assert topic.in_doubt is None


def test_more_topics_than_are_followed_are_named() -> None:
    pubs = [Publisher(f"topic/{n}", 0) for n in range(5)]
    follower = Follower(most=3)
    follower.look()
    assert (sorted(follower.topics), follower.beyond) == (
        ["topic/0", "topic/1", "topic/2"],
        ["topic/3", "topic/4"],
    )
    pubs[0].close()
    follower.look()
    follower.forget(follower.topics["topic/0"])
    assert events(follower) == [(OPENED, "topic/3")]
    assert follower.beyond == ["topic/4"]
    follower.close()


def test_names_may_look_like_patterns() -> None:
    with Publisher("a1", 0), Publisher("a[1]", 0):
        follower = Follower([], names=["a[1]"])
        assert events(follower) == [(OPENED, "a[1]")]
        follower.close()


def test_a_directory_may_come_and_go(tmp_path: Path) -> None:
    below = tmp_path / "below"
    follower = Follower(["topic"], directory=below)
    assert events(follower) == []
    below.mkdir()
    with Publisher("topic", 0, directory=below):
        assert events(follower) == [(OPENED, "topic")]
    follower.close()


def test_words_are_checked() -> None:
    with pytest.raises(shm_pub_sub.TopicTypeError, match="topic name: found int"):
        Follower([1])  # type: ignore[list-item]
    with pytest.raises(shm_pub_sub.TopicValueError, match="found a NUL"):
        Follower(["a\0b"])


@pytest.mark.parametrize("name", ["", "x" * 300])
def test_a_word_that_no_topic_can_have_as_its_name_is_refused(name: str) -> None:
    with pytest.raises(TopicValueError, match="topic name"):
        Follower(["*", name])
    Follower(["*" * 300]).close()
