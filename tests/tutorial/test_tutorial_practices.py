"""The best practices: hierarchical names, a robust subscriber, a managed publisher."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.programs import Program, Start

from ._blocks import ERROR_HANDLING, RESOURCE_MANAGEMENT, TOPIC_NAMING
from ._programs import HOLD, IMPORT, feeder, watcher
from ._reading import Topic, arguments, statements, topics
from ._spec import Spec

PROCESS_DATA = """
import time

processed = set()

def process_data(data):
    if data < 0:
        raise ValueError("negative")
    if data not in processed:
        processed.add(data)
        print("processed", data)
"""
"""The function that the text leaves to its reader. It prints each value once."""

CALL = "\nrobust_subscriber()\n"


@pytest.fixture
def robust(tutorial: Spec, start: Start) -> Iterator[tuple[Topic, Program]]:
    """The topic of the robust subscriber, and its program, which SIGTERM ends."""
    program = tutorial.source(ERROR_HANDLING)
    [topic] = topics(program, "Subscriber")
    running = start(IMPORT + PROCESS_DATA + program + CALL)
    yield topic, running
    running.end_by(signal.SIGTERM, -signal.SIGTERM)


def test_hierarchical_names_are_topics(tutorial: Spec, start: Start) -> None:
    source = tutorial.source(TOPIC_NAMING)

    for topic, opened in zip(topics(source, "Publisher"), statements(source), strict=True):
        publishing = start(IMPORT + opened + "pub.publish(1.5)" + HOLD)
        start(watcher([topic])).wait_for(r", 1\.5, True")
        publishing.finish()


def test_a_publisher_whose_name_is_given_to_the_next_one_ends(
    tutorial: Spec, start: Start, shm_dir: Path
) -> None:
    source = tutorial.source(TOPIC_NAMING)
    first, second = topics(source, "Publisher")
    publishing = start(IMPORT + source + "pub.publish(1.5)" + HOLD)
    publishing.wait_for("held")

    assert len(list(shm_dir.iterdir())) == 1
    start(watcher([first])).wait_for(rf"'{first.name}', {first.default!r}, False")
    start(watcher([second])).wait_for(rf"'{second.name}', 1\.5, True")
    publishing.finish()


def test_the_robust_subscriber_processes_every_value_it_is_given_time_for(
    robust: tuple[Topic, Program], start: Start
) -> None:
    topic, running = robust
    publishing = start(feeder(topic))

    for value in ("1.5", "2.5", "1e300"):
        publishing.tell(value)
        running.wait_for(rf"processed {float(value)!r}".replace("+", r"\+"))

    publishing.finish()


def test_the_robust_subscriber_survives_an_error_in_the_processing(
    robust: tuple[Topic, Program], start: Start
) -> None:
    topic, running = robust
    publishing = start(feeder(topic))

    publishing.tell("-1.5")
    running.wait_for(": negative$", times=2)
    publishing.tell("3.5")
    running.wait_for(r"processed 3\.5")

    publishing.finish()


def test_the_robust_subscriber_reports_a_publisher_of_another_type_and_survives_it(
    robust: tuple[Topic, Program], start: Start
) -> None:
    topic, running = robust
    earlier = start(feeder(topic))
    earlier.tell("1.5")
    running.wait_for(r"processed 1\.5")  # it is made: what follows is of another type for a read
    earlier.finish()

    of_another_type = start(feeder(Topic(topic.name, 0)))
    of_another_type.tell("1")
    reported = running.wait_for("int|float")
    of_another_type.finish()
    assert "int" in reported.string
    assert "float" in reported.string

    publishing = start(feeder(topic))
    publishing.tell("3.5")
    running.wait_for(r"processed 3\.5")

    publishing.finish()


def test_the_managed_publisher_s_value_is_read_while_its_process_lives(
    tutorial: Spec, start: Start, shm_dir: Path
) -> None:
    program = tutorial.source(RESOURCE_MANAGEMENT)
    [topic] = topics(program, "ManagedPublisher")
    [value] = (values[0] for values in arguments(program, "publish"))
    publishing = start(IMPORT + program + HOLD)
    watching = start(watcher([topic]))

    watching.wait_for(rf"'{topic.name}', {value!r}, True")
    publishing.finish()
    watching.wait_for(rf"'{topic.name}', {topic.default!r}, False")

    assert list(shm_dir.iterdir()) == []
