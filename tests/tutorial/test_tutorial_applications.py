"""The two applications: endless programs, watched from another process, ended by Ctrl-C."""

from pathlib import Path

from support.programs import Start

from ._blocks import ANALYTICS, ROBOT_NETWORK
from ._programs import feeder, interrupt, watcher
from ._reading import arguments, topics
from ._spec import Spec


def test_every_sensor_of_the_robot_is_seen_by_another_process(tutorial: Spec, start: Start) -> None:
    network = tutorial.source(ROBOT_NETWORK)
    sensors = topics(network, "Publisher")
    watching = start(watcher(sensors))
    running = start(network)

    for sensor, (low, high) in zip(sensors, arguments(network, "uniform"), strict=True):
        matches = [watching.wait_for(rf"'{sensor.name}', (\S+), True") for _ in range(5)]
        assert all(low <= float(match[1]) <= high for match in matches), sensor.name

    interrupt(running)
    assert running.lines == []


def test_ctrl_c_ends_the_robot_s_topics_and_leaves_nothing(
    tutorial: Spec, start: Start, shm_dir: Path
) -> None:
    network = tutorial.source(ROBOT_NETWORK)
    running = start(network)
    for sensor in topics(network, "Publisher"):
        start(watcher([sensor])).wait_for("True")
    [command] = topics(network, "Subscriber")

    interrupt(running)

    assert list(shm_dir.iterdir()) == []
    for topic in (*topics(network, "Publisher"), command):
        start(watcher([topic])).wait_for(rf"'{topic.name}', {topic.default!r}, False")


def test_the_analytics_average_what_another_process_publishes(tutorial: Spec, start: Start) -> None:
    program = tutorial.source(ANALYTICS)
    [source] = topics(program, "Subscriber")
    [result] = topics(program, "Publisher")
    running = start(program)
    watching = start(watcher([result]))
    publishing = start(feeder(source))

    for value in ("2.5", "4.75"):
        publishing.tell(value)
        running.wait_for(rf"= {float(value):.3f}$")
        watching.wait_for(rf"'{result.name}', {value}, True")

    interrupt(running)
    watching.wait_for(rf"'{result.name}', {result.default!r}, False")
    publishing.finish()


def test_the_analytics_say_nothing_while_nothing_is_published(tutorial: Spec, start: Start) -> None:
    program = tutorial.source(ANALYTICS)
    [source] = topics(program, "Subscriber")
    running = start(program)
    publishing = start(feeder(source))
    publishing.wait_for("ready")

    publishing.tell("7.5")
    running.wait_for(r"= 7\.500$", times=3)

    interrupt(running)
    publishing.finish()
    assert all(line.endswith("= 7.500") for line in running.lines), "only what was published"
