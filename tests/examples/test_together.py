"""The examples of samples that belong together, and of every topic."""

import re

import shm_pub_sub
from support.programs import Start


def test_a_policy_gets_samples_of_one_instant(start_example: Start) -> None:
    policy = start_example("policy_aligned.py", "policy")
    robot = start_example("policy_aligned.py", "robot")
    for _ in range(2):
        found = policy.wait_for(r"^(\S+) Hz, (\d+) ms old, spread (\S+) ms, dropped (.*)$")
        assert 0 < float(found[1]) <= 60
        assert int(found[2]) >= 25  # the camera's delay
        assert 0 <= float(found[3]) <= 20
        assert len(found[4].split(", ")) == 3
    robot.interrupt()
    policy.wait_for("no robot")
    policy.interrupt()


def test_a_camera_says_when_frames_were_exposed(start_example: Start) -> None:
    camera = start_example("camera.py")
    with shm_pub_sub.Subscriber("robot/camera") as viewer:
        first, second = (viewer.recv_sample(timeout=30) for _ in range(2))
    assert 0 < first.time_ns < second.time_ns
    camera.interrupt()


def test_a_logger_follows_topics_that_match(start_example: Start) -> None:
    logger = start_example("follow_all.py", "cart/*", "other")
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


def test_they_end_with_their_time(start_example: Start) -> None:
    start_example("policy_aligned.py", "robot", "--seconds", 0.2).finish()
    start_example("policy_aligned.py", "policy", "--seconds", 0.2).finish()
    assert start_example("follow_all.py", "--newest", "--seconds", 0.2).finish()[0] == "following"
