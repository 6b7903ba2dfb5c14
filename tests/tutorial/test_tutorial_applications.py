"""The two applications: endless programs, watched from another process, ended by Ctrl-C."""

from pathlib import Path

from ._blocks import ANALYTICS, ROBOT_NETWORK
from ._programs import feeder, watcher
from ._reading import arguments, topics
from ._spec import Specification
from .conftest import Start


def test_every_sensor_of_the_robot_is_seen_by_another_process(
    tutorial: Specification, start: Start
) -> None:
    network = tutorial.source(ROBOT_NETWORK)
    sensors = topics(network, "Publisher")
    watching = start(watcher(sensors))
    running = start(network)

    for sensor, (low, high) in zip(sensors, arguments(network, "uniform"), strict=True):
        matches = watching.read_until(rf"'{sensor.name}', (\S+), True", times=5)
        assert all(low <= float(match[1]) <= high for match in matches), sensor.name

    running.interrupt()
    assert running.lines == []


def test_ctrl_c_ends_the_robot_s_topics_and_leaves_nothing(
    tutorial: Specification, start: Start, tutorial_dir: Path
) -> None:
    network = tutorial.source(ROBOT_NETWORK)
    running = start(network)
    for sensor in topics(network, "Publisher"):
        start(watcher([sensor])).read_until("True")
    [command] = topics(network, "Subscriber")

    running.interrupt()

    assert list(tutorial_dir.iterdir()) == []
    for topic in (*topics(network, "Publisher"), command):
        start(watcher([topic])).read_until(rf"'{topic.name}', {topic.default!r}, False")


def test_the_analytics_average_what_another_process_publishes(
    tutorial: Specification, start: Start
) -> None:
    program = tutorial.source(ANALYTICS)
    [source] = topics(program, "Subscriber")
    [result] = topics(program, "Publisher")
    running = start(program)
    watching = start(watcher([result]))
    publishing = start(feeder(source))

    for value in ("2.5", "4.75"):
        publishing.tell(value)
        running.read_until(rf"= {float(value):.3f}$")
        watching.read_until(rf"'{result.name}', {value}, True")

    running.interrupt()
    watching.read_until(rf"'{result.name}', {result.default!r}, False")
    publishing.finish()


def test_the_analytics_say_nothing_while_nothing_is_published(
    tutorial: Specification, start: Start
) -> None:
    program = tutorial.source(ANALYTICS)
    [source] = topics(program, "Subscriber")
    running = start(program)
    publishing = start(feeder(source))
    publishing.read_until("ready")

    publishing.tell("7.5")
    running.read_until(r"= 7\.500$", times=3)

    running.interrupt()
    publishing.finish()
    assert all(line.endswith("= 7.500") for line in running.lines), "only what was published"
