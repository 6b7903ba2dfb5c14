"""The examples of samples that belong together, and of every topic."""

import re

import pytest
import shm_pub_sub
from support.programs import Start


@pytest.mark.parametrize("first", ["robot", "policy"])
def test_a_policy_gets_samples_of_one_instant(start_example: Start, first: str) -> None:
    second = "policy" if first == "robot" else "robot"
    parts = {part: start_example("policy_aligned.py", part) for part in (first, second)}
    for _ in range(2):
        found = parts["policy"].wait_for(r"^(\S+) Hz, (\d+) ms old, spread (\S+) ms, dropped (.*)$")
        assert 0 < float(found[1]) <= 33
        assert int(found[2]) >= 25  # the camera's delay
        assert 0 <= float(found[3]) <= 20
        assert len(found[4].split(", ")) == 3
    parts["robot"].interrupt()
    parts["policy"].wait_for("no robot")
    parts["policy"].interrupt()


def test_a_camera_says_when_frames_were_exposed(start_example: Start) -> None:
    camera = start_example("camera.py")
    with shm_pub_sub.Subscriber("robot/camera") as viewer:
        first, second = (viewer.recv_sample(timeout=30) for _ in range(2))
    assert 0 < first.time_ns < second.time_ns
    camera.interrupt()


@pytest.mark.parametrize("newest", [(), ("--newest",)], ids=["all", "newest"])
def test_a_logger_follows_topics_that_match(start_example: Start, newest: tuple[str, ...]) -> None:
    logger = start_example("follow_all.py", "cart/*", "other", *newest)
    logger.wait_for("following")
    with shm_pub_sub.Publisher("elsewhere", 0) as other, shm_pub_sub.Publisher("other", 0) as pub:
        other.publish(1)
        pub.publish(2)
        logger.wait_for(r"^\d+\.\d{3} other #1: 2$")
        sensor = start_example("safe_stop.py", "sensor")
        logger.wait_for(r" cart/front/clearance_metres #\d+: [123]\.\d+$")
        pub.publish(3)
        logger.wait_for(" other #2: 3$")
    sensor.interrupt()
    logger.wait_for("^silence; ")
    lines = logger.interrupt()
    assert not [line for line in lines if "elsewhere" in line]
    numbers = [int(n) for n in re.findall(r"metres #(\d+)", "\n".join(lines))]
    assert numbers == sorted(set(numbers))
    assert newest or numbers == [*range(numbers[0], numbers[-1] + 1)]


def test_they_end_with_their_time(start_example: Start) -> None:
    start_example("policy_aligned.py", "robot", "--seconds", 0.2).finish()
    start_example("policy_aligned.py", "policy", "--seconds", 0.2).finish()
    start_example("follow_all.py", "--seconds", 0.2).finish()
