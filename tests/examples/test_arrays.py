"""The examples with arrays and text."""

import re

import pytest
import shm_pub_sub
from support.programs import Start


@pytest.mark.parametrize("first", ["camera.py", "viewer.py"])
def test_viewer_follows_the_bar_without_a_copy(start_example: Start, first: str) -> None:
    parts = {first: start_example(first)}
    if first == "viewer.py":
        parts["viewer.py"].wait_for("no camera")
    second = "viewer.py" if first == "camera.py" else "camera.py"
    parts[second] = start_example(second)
    columns = set()
    while len(columns) < 3:
        found = parts["viewer.py"].wait_for(r"bar at columns (\d+) to (\d+), 0 copied")
        assert int(found[2]) - int(found[1]) == 39
        columns.add(found[1])
    parts["camera.py"].interrupt()
    parts["viewer.py"].wait_for("no camera")
    parts["viewer.py"].interrupt()


@pytest.mark.parametrize("first", ["scan", "nearest"])
def test_scans_have_varying_numbers_of_points(start_example: Start, first: str) -> None:
    second = "nearest" if first == "scan" else "scan"
    parts = {part: start_example("lidar.py", part) for part in (first, second)}
    counts = set()
    while len(counts) < 3:
        count, metres = parts["nearest"].wait_for(r"(\d+) points, .* at (.*) m").groups()
        assert 1 <= int(count) <= 2000
        assert float(metres) >= 1.0
        counts.add(count)
    parts["scan"].interrupt()
    parts["nearest"].wait_for("no lidar")
    parts["nearest"].interrupt()


@pytest.mark.parametrize("first", ["play", "meter"])
def test_blocks_carry_a_whole_signal(start_example: Start, first: str) -> None:
    second = "meter" if first == "play" else "play"
    parts = {part: start_example("audio_blocks.py", part) for part in (first, second)}
    for _ in range(5):
        parts["meter"].wait_for(r"\d+ blocks")
    parts["play"].interrupt()
    parts["meter"].wait_for("silence")
    lines = [line for line in parts["meter"].interrupt() if "blocks" in line]
    found = [re.search(r"(\d+) lost, rms (\S+)", line) for line in lines]
    # Nothing is lost, unless it stalled for more than the second that is kept.
    assert found[0]
    assert found[0][1] == "0"
    assert all(one and 0.0 <= float(one[2]) <= 0.72 for one in found)


@pytest.mark.parametrize("first", ["write", "read"])
def test_tokens_arrive_in_order_until_the_answer_ends(start_example: Start, first: str) -> None:
    second = "read" if first == "write" else "write"
    parts = {part: start_example("llm_tokens.py", part) for part in (first, second)}
    parts["read"].wait_for(r"^Shared memory is fast: 世界 in one copy\.$")
    parts["write"].interrupt()
    parts["read"].interrupt()


def test_tokens_end_with_their_time(start_example: Start) -> None:
    start_example("llm_tokens.py", "read", "--seconds", 0.2).finish()


def test_configuration_outlives_its_publisher(start_example: Start) -> None:
    def config(*args: object) -> list[str]:
        return start_example("retained_config.py", *args).finish()

    assert config("show") == ["{'speed': 0.5} (factory setting)"]
    watching = start_example("retained_config.py", "show", "--seconds", 600)
    watching.wait_for("factory setting")
    assert config("set", '{"speed": 1.25, "name": "grüezi"}') == []
    watching.wait_for(r"\{'speed': 1\.25, 'name': 'grüezi'\} \(set\)")
    watching.interrupt()
    assert config("show") == ["{'speed': 1.25, 'name': 'grüezi'} (set)"]
    shm_pub_sub.remove("robot/config")
