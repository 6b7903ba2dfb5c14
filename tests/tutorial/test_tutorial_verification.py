"""The publisher and the subscriber of the troubleshooting section, in one process and in two."""

from pathlib import Path

import pytest
from support.programs import Start

from ._blocks import VERIFICATION
from ._programs import HOLD
from ._reading import numbers, topics
from ._reading import statements as statements_of
from ._spec import Spec


@pytest.fixture
def halves(tutorial: Spec) -> tuple[str, str]:
    """The publisher's program and the subscriber's: the text gives them one import."""
    statements = statements_of(tutorial.source(VERIFICATION))
    imported, opened, published, subscribed, received = statements
    return imported + opened + published, imported + subscribed + received


@pytest.fixture
def default(tutorial: Spec) -> str:
    [topic] = topics(tutorial.source(VERIFICATION), "Subscriber")
    return repr(topic.default)


def received(lines: list[str]) -> list[tuple[str, bool]]:
    """Each printed value, as it is written, with its success."""
    return [(numbers(line)[0], line.endswith("True")) for line in lines]


def test_the_whole_program_receives_the_newest_value_ten_times(
    tutorial: Spec, start: Start
) -> None:
    lines = start(tutorial.source(VERIFICATION)).finish()

    assert [numbers(line) for line in lines[:10]] == [[str(i)] for i in range(10)]
    assert received(lines[10:]) == [("9", True)] * 10


def test_the_publisher_alone_ends_and_leaves_nothing(
    halves: tuple[str, str], start: Start, shm_dir: Path
) -> None:
    lines = start(halves[0]).finish()

    assert [numbers(line) for line in lines] == [[str(i)] for i in range(10)]
    assert list(shm_dir.iterdir()) == []


def test_the_subscriber_alone_receives_its_default_without_success(
    halves: tuple[str, str], start: Start, default: str
) -> None:
    assert received(start(halves[1]).finish()) == [(default, False)] * 10


def test_a_subscriber_after_the_publisher_s_end_receives_its_default_without_success(
    halves: tuple[str, str], start: Start, default: str
) -> None:
    start(halves[0]).finish()

    assert received(start(halves[1]).finish()) == [(default, False)] * 10


def test_a_subscriber_beside_a_living_publisher_receives_the_newest_value(
    halves: tuple[str, str], start: Start, shm_dir: Path
) -> None:
    publishing = start(halves[0] + HOLD)
    publishing.wait_for("held")
    assert len(list(shm_dir.iterdir())) == 1, "one file a topic"

    assert received(start(halves[1]).finish()) == [("9", True)] * 10
    publishing.finish()


def test_several_subscribers_receive_the_same_value(halves: tuple[str, str], start: Start) -> None:
    publishing = start(halves[0] + HOLD)
    publishing.wait_for("held")

    subscribing = [start(halves[1]) for _ in range(3)]

    assert [received(child.finish()) for child in subscribing] == [[("9", True)] * 10] * 3
    publishing.finish()


def test_the_publisher_can_be_run_again(halves: tuple[str, str], start: Start) -> None:
    first = start(halves[0]).finish()

    assert start(halves[0]).finish() == first
