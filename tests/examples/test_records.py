"""The examples with records: what belongs together stays together, in both languages."""

import re
from pathlib import Path

import pytest
from support.programs import Program, Start


def both(start: Start, program: str, first: str, second: str) -> dict[str, Program]:
    return {part: start(program, part) for part in (first, second)}


@pytest.mark.parametrize("first", ["sensor", "tilt"])
def test_imu_comes_a_thousand_times_per_second(start_example: Start, first: str) -> None:
    parts = both(start_example, "imu.py", first, "tilt" if first == "sensor" else "sensor")
    for _ in range(3):
        hertz, degrees = parts["tilt"].wait_for(r"(\d+) Hz, \d+ lost, tilt (\S+)°").groups()
        assert 0 < int(hertz) <= 1100
        assert abs(float(degrees)) <= 29  # 0.5 rad
    parts["sensor"].interrupt()
    parts["tilt"].wait_for("no IMU")
    parts["tilt"].interrupt()


def test_a_struct_of_go_is_a_dataclass_of_python(start_example: Start, start_go: Start) -> None:
    watch = start_example("joints.py", "watch")
    watch.wait_for("no arm")
    for start, program, arguments in (
        (start_go, "joints", ()),
        (start_example, "joints.py", ("arm",)),
    ):
        arm = start(program, *arguments)
        at, speed = watch.wait_for(r"^swing: joint 6 at (\S+), (\S+) rad/s$").groups()
        assert float(at) ** 2 + (float(speed) / 7) ** 2 == pytest.approx(1, abs=0.05)
        arm.interrupt()
        watch.wait_for("no arm")
    watch.interrupt()


def test_go_reads_what_a_dataclass_publishes(start_example: Start, start_go: Start) -> None:
    watch = start_go("joints", "-watch")
    arm = start_example("joints.py", "arm")
    at, speed = watch.wait_for(r"^swing: joint 0 at (\S+), (\S+) rad/s$").groups()
    assert float(at) ** 2 + float(speed) ** 2 == pytest.approx(1, abs=0.05)
    watch.interrupt()
    arm.interrupt()


@pytest.mark.parametrize("first", ["detect", "print"])
def test_detections_are_as_many_as_there_are(start_example: Start, first: str) -> None:
    second = "print" if first == "detect" else "detect"
    parts = both(start_example, "detections.py", first, second)
    counts = set()
    while len(counts) < 3:
        line = parts["print"].wait_for(r"^\w+ \(90 %\)(, \w+ \(90 %\))*$|nothing in sight")[0]
        counts.add(line.count("%"))
    parts["detect"].interrupt()
    parts["print"].wait_for("no detector")
    parts["print"].interrupt()


@pytest.mark.parametrize("first", ["camera", "measure"])
def test_parameters_come_with_the_topic(start_example: Start, first: str) -> None:
    second = "measure" if first == "camera" else "camera"
    parts = both(start_example, "camera_parameters.py", first, second)
    found = parts["measure"].wait_for(r"\((-\d+), (-\d+), (\d+)\) mm in camera_depth_optical_frame")
    x, y, z = (int(number) for number in found.groups())
    assert 1000 <= z <= 3000
    assert (x / z, y / z) == pytest.approx((-320 / 615, -240 / 615), abs=0.01)
    parts["camera"].interrupt()
    parts["measure"].wait_for("no camera")
    parts["measure"].interrupt()


@pytest.mark.parametrize("first", ["robot", "policy"])
def test_a_policy_sees_whole_observations(start_example: Start, first: str) -> None:
    words = {"robot": ("robot", "--hertz", 2000), "policy": ("policy",)}
    second = "policy" if first == "robot" else "robot"
    parts = {part: start_example("policy.py", *words[part]) for part in (first, second)}
    steps = set()
    while len(steps) < 5:
        before, last = parts["policy"].wait_for(r"steps \[ *(\d+) +(\d+)\], 0 torn").groups()
        assert int(last) == int(before) + 1
        steps.add(last)
    parts["robot"].interrupt()
    parts["policy"].wait_for("no robot")
    parts["policy"].interrupt()


def test_a_time_budget_protects_nobody(start_example: Start, shm_dir: Path) -> None:
    policy = start_example("policy_ring.py", "policy", "--held-up", 0.1)
    policy.wait_for("no robot")
    robot = start_example("policy_ring.py", "robot", "--hertz", 2000)
    policy.wait_for("no observation, 0 torn, 3 timed out")
    policy.interrupt()
    policy = start_example("policy_ring.py", "policy", "--held-up", 0.02)
    policy.wait_for("[1-9] torn")
    policy.interrupt()
    robot.interrupt()
    assert [*shm_dir.iterdir()] == []


def test_a_dataset_has_batches(start_example: Start) -> None:
    """With a stand-in for torch, unless torch is installed."""
    robot = start_example("policy.py", "robot")
    lines = start_example("torch_dataset.py", "--batches", 2).finish()
    shapes = "rgb (8, 240, 320, 3), joints (8, 14), step (8,)"
    assert lines == [f"batch {number}: {shapes}" for number in (1, 2)]
    robot.interrupt()


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_a_dataset_has_workers(start_example: Start, start: str) -> None:
    robot = start_example("policy.py", "robot")
    dataset = start_example("torch_dataset.py", "--workers", 2, "--start", start)
    for number in range(1, 5):
        dataset.wait_for(rf"^batch {number}: rgb \(8, 240, 320, 3\)")
    dataset.interrupt()
    robot.interrupt()


def test_a_dataset_ends_with_its_time(start_example: Start) -> None:
    assert start_example("torch_dataset.py", "--seconds", 0.2, "--workers", 2).finish() == []
    policy = start_example("policy.py", "policy", "--seconds", 0.2).finish()
    assert all(re.fullmatch("no robot", line) for line in policy)
