"""Go and Python, each as publisher and as subscriber of the other."""

import re
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pytest
import shm_pub_sub
from support.programs import Program, Start

from ._order import appear_in_order


@dataclass
class Command:
    """That of go/arm."""

    stamp: int = 0
    velocity: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(7))


def check_pair(publisher: Program, subscriber: Program) -> None:
    """The subscriber gets the publisher's values in order, and notices its end."""
    for _ in range(4):
        subscriber.wait_for(r"(^air |, ) *-?\d+\.\d\d")
    published = [line.split()[1] for line in publisher.interrupt()]
    subscriber.wait_for("no sensor")
    words = [line.split() for line in subscriber.interrupt()]
    seen = [word[1] for word in words if word[0] != "vent:" and word[-1] != "sensor"]
    assert len(seen) >= 4
    assert appear_in_order(seen[:-1], published)


def test_go_publishes_and_python_reads(start_go: Start, start_example: Start) -> None:
    watch = start_example("greenhouse_watch.py")
    check_pair(start_go("publisher"), watch)


def test_python_publishes_and_go_reads(start_go: Start, start_example: Start) -> None:
    subscriber = start_go("subscriber")
    check_pair(start_example("greenhouse_sensor.py"), subscriber)


def test_go_publishes_and_go_reads(start_go: Start) -> None:
    subscriber = start_go("subscriber", "-topic", "a/b")
    check_pair(start_go("publisher", "-topic", "a/b"), subscriber)


def test_go_publisher_ends_by_ctrl_c_and_python_takes_its_topic(start_go: Start) -> None:
    publisher = start_go("publisher", "-topic", "a")
    publisher.wait_for("air")
    with pytest.raises(RuntimeError, match=f"already exists: .* {publisher.pid} "):
        shm_pub_sub.Publisher("a", 0.0)
    publisher.interrupt()
    shm_pub_sub.Publisher("a", 0.0).close()


def test_go_publisher_names_the_owner_of_its_topic(start_go: Start) -> None:
    with shm_pub_sub.Publisher("a", 0.0):
        (line,) = start_go("publisher", "-topic", "a").finish(status=1)
    assert line.startswith("Shared memory already exists: ")


def test_go_subscriber_tells_a_hanging_publisher_and_one_of_another_type(start_go: Start) -> None:
    with shm_pub_sub.Publisher("a", 0.0) as publisher:
        publisher.publish(0.5)
        subscriber = start_go("subscriber", "-topic", "a", "-max-age", "300ms")
        publisher.publish(1.5)
        subscriber.wait_for(r"air +1\.50 °C")
        subscriber.wait_for("no sensor")  # nothing newer comes
    with shm_pub_sub.Publisher("a", True):
        subscriber.wait_for("bool.*float")
    subscriber.interrupt()


def test_go_records_every_value_of_each_publisher(start_go: Start, start_example: Start) -> None:
    recorder = start_go("recorder")
    recorder.wait_for("recording greenhouse/north_bed/air_celsius")
    published = start_example("greenhouse_sensor.py", "--seconds", 0.5).finish()
    published += start_go("publisher", "-seconds", 0.5).finish()
    recorder.wait_for(rf"^ +\d+ +{published[-1].split()[1]}  ")
    _, *recorded, end = recorder.interrupt()
    assert [line.split()[1] for line in recorded] == [line.split()[1] for line in published]
    assert end == f"{len(published)} received, 0 lost"


def test_go_recorder_says_that_the_type_is_another(start_go: Start) -> None:
    recorder = start_go("recorder", "-topic", "a")
    recorder.wait_for("recording a")
    with shm_pub_sub.Publisher("a", True):
        *_, end, error = recorder.finish(status=1)
    assert end == "0 received, 0 lost"
    assert "bool" in error


def test_go_camera_fills_frames_that_python_views(start_go: Start, start_example: Start) -> None:
    viewer = start_example("viewer.py")
    viewer.wait_for("no camera")
    camera = start_go("camera")
    columns = set()
    while len(columns) < 3:
        found = viewer.wait_for(r"bar at columns (\d+) to (\d+), 0 copied")
        assert int(found[2]) - int(found[1]) == 39
        columns.add(found[1])
    camera.interrupt()
    viewer.wait_for("no camera")
    viewer.interrupt()


def test_go_controller_answers_states_and_takes_targets_meanwhile(
    start_go: Start, start_example: Start
) -> None:
    controller = start_go("controller")
    controller.wait_for("waiting for the arm")
    arm = start_example("joints.py", "arm")
    with (
        shm_pub_sub.Publisher("arm/target", 0.0) as target,
        shm_pub_sub.Subscriber("arm/command", Command(), history=0) as commands,
    ):
        target.publish(3.0)
        controller.wait_for(r"target \+3\.00 rad")
        command = commands.recv(timeout=30)
        while not (command.velocity > 2).all():  # positions are -1 to 1
            command = commands.recv(timeout=30)
        assert command.stamp > 0
    arm.interrupt()
    controller.interrupt()


def test_go_controller_ends_with_the_error_of_either_topic(start_go: Start) -> None:
    with shm_pub_sub.Publisher("arm/joints", 0.0):
        (line,) = start_go("controller").finish(status=1)
    assert re.search("arm/joints.*float.*stamp", line)


def test_go_policy_gets_samples_of_one_instant(start_go: Start, start_example: Start) -> None:
    policy = start_go("policy")
    policy.wait_for("waiting for the robot")
    robot = start_example("policy_aligned.py", "robot")
    found = policy.wait_for(r"set 15, \d\S* old, spread ([\d.]+)(ms|µs|s), dropped \[\d+ \d+\]")
    assert float(found[1]) * {"s": 1e3, "ms": 1, "µs": 1e-3}[found[2]] <= 10
    robot.interrupt()
    policy.interrupt()
