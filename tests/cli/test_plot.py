"""shm-pub-sub plot."""

import json
import math
import os
import re
import signal
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import shm_pub_sub
from shm_pub_sub._cli.screen.braille import Dots, picture
from shm_pub_sub._followed import Topic
from shm_pub_sub._plot.collector import Collector
from shm_pub_sub._plot.curve import Curve
from shm_pub_sub._plot.feed import Feed

from .conftest import Cli, RunCli, StartTerminal, check_failure

SECOND = 1_000_000_000


def test_one_picture_of_what_a_topic_has(run_cli: RunCli) -> None:
    with (
        shm_pub_sub.Publisher("robot/arm", 0.0, 50) as arm,
        shm_pub_sub.Publisher("on", True) as on,
    ):
        on.publish(True)
        for n in range(50):
            arm.publish(n / 10)
        ended = run_cli("plot", "robot/*", "on", "--window", "0.5", "--once")
    assert (ended.returncode, ended.stderr) == (0, "")
    lines = ended.stdout.splitlines()
    assert all(len(line) <= 100 for line in lines)
    assert lines[0].startswith("on: True")
    assert any(line.startswith("robot/arm: 4.9") for line in lines)
    assert re.fullmatch(r" +-0.5 s +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+", lines[-1])
    assert any("⠁" <= sign <= "⣿" for sign in ended.stdout)


def test_parts_of_records_and_arrays(run_cli: RunCli) -> None:
    scan = np.arange(300.0) % 50
    with (
        shm_pub_sub.Publisher("imu", {"ax": 0.0, "stamp": 0}, 9) as imu,
        shm_pub_sub.Publisher("scan", scan) as lidar,
        shm_pub_sub.Publisher("arm", {"position": np.zeros(3)}) as arm,
    ):
        imu.publish({"ax": 1.5, "stamp": 1})
        lidar.publish(scan)
        arm.publish({"position": np.arange(3.0)})
        words = ("imu.ax", "arm.position[2]", "scan", "--duration", 0.1)
        ended = run_cli("plot", *words)
        as_json = run_cli("plot", *words, "--format", "json")
    assert (ended.returncode, ended.stderr) == (0, "")
    headings = [line for line in ended.stdout.splitlines() if ": " in line[:20]]
    assert [line.split(",")[0] for line in headings] == [
        "imu.ax: 1.5",
        "arm.position[2]: 2",
        "scan: 300 elements",
    ]
    ax, position, elements = map(json.loads, as_json.stdout.splitlines())
    assert [ax["name"], position["name"]] == ["imu.ax", "arm.position[2]"]
    assert [ax["points"][-1][1], position["points"][-1][1]] == [1.5, 2]
    assert elements == {"name": "scan", "count": 300, "elements": [*scan]}


def test_a_picture_goes_to_a_file_and_not_to_a_terminal(run_cli: RunCli, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / "camera.png"
    frame = np.zeros((48, 64, 3), "u1")
    frame[:] = (255, 0, 0)
    with shm_pub_sub.Publisher("camera", frame) as camera:
        camera.publish(frame)
        check_failure(run_cli("plot", "camera"), "found a picture (uint8[48,64,3]); write it", 2)
        ended = run_cli("plot", "camera", "--duration", 0.1, "-o", path)
    assert (ended.returncode, ended.stderr) == (0, "")
    pixels = np.asarray(pytest.importorskip("PIL.Image").open(path).convert("RGB"))
    assert (pixels == (255, 0, 0)).all(axis=2).mean() > 0.2


def test_what_is_no_number_and_a_field_that_is_not_there_are_usage_errors(run_cli: RunCli) -> None:
    with shm_pub_sub.Publisher("t/imu", {"ax": 0.0}), shm_pub_sub.Publisher("t/text", ""):
        check_failure(run_cli("plot", "t/text"), "topic 't/text': found str <= 4096; expected", 2)
        check_failure(
            run_cli("plot", "t/imu.ay"), "found no field 'ay' in a record; expected ax", 2
        )
        ended = run_cli("plot", "t/*", "--duration", 0.1)
        assert "left out: t/text: topic 't/text': found str" in ended.stderr
        ended = run_cli("plot", "t/*", "--exclude", "t/text", "--duration", 0.1)
        assert "t/text" not in ended.stderr


def test_an_output_that_lacks_braille_gets_ascii(run_cli: RunCli) -> None:
    with shm_pub_sub.Publisher("ü", 0) as pub:
        pub.publish(1)
        environment = os.environ | {"PYTHONIOENCODING": "ascii", "LINES": "8", "COLUMNS": "40"}
        ended = run_cli("plot", "ü", "--window", "0.2", env=environment)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert re.match(r"\\xfc: 1(, .* old)?\n", ended.stdout)  # on a busy machine
    assert ended.stdout.isascii()


def test_json_has_the_points_of_each_topic(run_cli: RunCli) -> None:
    with shm_pub_sub.Publisher("topic", 0.0, 3) as pub:
        for value in (1.0, math.nan, 3.0):
            pub.publish(value)
            time.sleep(0.002)  # so that each has a moment of its own
        ended = run_cli(
            "plot", "topic", "none", "--window", "2", "--duration", "0.1", "--format", "json"
        )
    assert ended.returncode == 0
    topic, none = map(json.loads, ended.stdout.splitlines())
    assert (topic["name"], topic["type"], topic["lost"]) == ("topic", "float", 0)
    assert [value for _, value in topic["points"]] == [1.0, "NaN", 3.0]
    assert all(-2 <= at <= 0 for at, _ in topic["points"])
    assert none == {"name": "none", "type": None, "lost": 0, "points": []}


def test_nothing_in_time_is_code_3(run_cli: RunCli) -> None:
    check_failure(
        run_cli("plot", "topic", "--duration", "0.1"), "no value of 'topic' arrived within 0.1 s", 3
    )


@pytest.mark.parametrize("arguments", [[], ["t", "--window", "0"], ["t", "--window", "x"]])
def test_wrong_usage_is_code_2(run_cli: RunCli, arguments: list[str]) -> None:
    assert run_cli("plot", *arguments).returncode == 2


@pytest.mark.parametrize(("ending", "begins"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_a_file(run_cli: RunCli, tmp_path: Path, ending: str, begins: bytes) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / f"plot.{ending}"
    with shm_pub_sub.Publisher("topic", 0) as pub:
        pub.publish(1)
        ended = run_cli("plot", "topic", "--duration", "0.1", "-o", path)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert path.read_bytes().startswith(begins)


def test_a_file_that_cannot_be_is_an_error_at_once(run_cli: RunCli, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    for path, words in (("plot.foo", "found 'foo'; expected "), ("no/plot.png", "no/plot.png")):
        began = time.monotonic()
        ended = run_cli("plot", "topic", "--duration", "60", "-o", tmp_path / path)
        assert ended.returncode == 1
        assert words in ended.stderr
        assert "Traceback" not in ended.stderr
        assert time.monotonic() - began < 30


def test_a_file_without_matplotlib_says_what_to_install(run_cli: RunCli, tmp_path: Path) -> None:
    (tmp_path / "matplotlib").mkdir()
    (tmp_path / "matplotlib" / "__init__.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'matplotlib'\", name='matplotlib')"
    )
    check_failure(
        run_cli("plot", "topic", "-o", "x.png", env=os.environ | {"PYTHONPATH": str(tmp_path)}),
        "pip install matplotlib",
    )


def test_ctrl_c_without_a_terminal_is_code_130(cli: Cli) -> None:
    child = cli.start("plot", "topic", "--duration", "100")
    wait_until_it_reads(child.pid)
    child.send_signal(signal.SIGINT)
    assert child.communicate(timeout=30) == ("", "")
    assert child.returncode == 130


def wait_until_it_reads(pid: int) -> None:
    """Wait until the process has loaded Go, as it does when it first looks at a topic."""
    end = time.monotonic() + 30
    while "_shmpubsub" not in Path(f"/proc/{pid}/maps").read_text():
        assert time.monotonic() < end
        time.sleep(0.02)
    time.sleep(0.1)


@pytest.fixture
def start(terminal: StartTerminal) -> StartTerminal:
    return partial(terminal, "plot", columns=80)


def shows(lines: list[str], label: str, count: tuple[int, int]) -> bool:
    """Report whether a whole picture of so many lines is there."""
    return len(lines) in count and lines[0].startswith(label) and "-2 s" in lines[-1]


def test_live_in_a_terminal_until_ctrl_c(start: StartTerminal) -> None:
    with shm_pub_sub.Publisher("topic", 0) as pub:
        terminal = start("topic", "--window", "2")
        pub.publish(1)
        terminal.wait_for(lambda lines: shows(lines, "topic: 1", (22, 23)))
        pub.publish(2)
        terminal.wait_for(lambda lines: shows(lines, "topic: 2", (22, 23)))
        terminal.resize(12, 40)
        lines = terminal.wait_for(lambda lines: shows(lines, "topic: 2", (10, 11)))
        assert max(map(len, lines)) <= 40
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.end() == 0
    assert terminal.is_as_before()
    after = terminal.written.split("\033[?1049l")[1]
    assert "topic: 2" in after, "the last picture stays"
    assert "Traceback" not in terminal.written


def test_live_ends_after_its_duration(start: StartTerminal) -> None:
    with shm_pub_sub.Publisher("topic", 0) as pub:
        pub.publish(1)
        assert start("topic", "--duration", "0.3").end() == 0


def test_dots_of_a_line() -> None:
    dots = Dots(2, 1)
    dots.line((0, 0), (3, 3))
    assert dots.braille() == ["⠑⢄"]
    assert dots.ascii() == ["'."]
    dots = Dots(1, 1)
    dots.line((-(10**30), -(10**30)), (1, 3))  # from far outside, and soon done
    assert dots.braille() != [" "]


def drawn(*curves: Curve, columns: int = 40, lines: int = 12) -> list[str]:
    collector = Collector([curve.name for curve in curves], 10)
    collector._feeds.clear()
    for curve in curves:
        topic = Topic(curve.name, False, set(), set())
        feed = Feed(topic, 10 * SECOND, [], shm_pub_sub._topics.inspect_typed, pictures=False)
        feed.curves = [curve]
        collector._feeds["", curve.name] = feed
    return picture(
        collector, (10 * SECOND, "2026-01-02 03:04:05 UTC"), columns, lines, ascii_only=True
    )


def test_a_picture_has_steps_for_bools_and_gaps_for_nan() -> None:
    flag, number = Curve("flag", 10 * SECOND), Curve("number", 10 * SECOND)
    flag.type, flag.alive, number.type = bool, True, float
    for n, value in enumerate((False, True), 1):
        flag.add(n, n * 3 * SECOND, value)
    for n, value in enumerate((1.0, math.nan, 1.0), 1):
        number.add(n, n * 3 * SECOND, value)
    text = drawn(flag)
    assert re.fullmatch(r" {14}-10 s +03:04:05", text[-1])
    assert "False |" in text[-2]
    assert re.search(r"True \|.*''+$|True \|.*::+$", text[1]), text
    dots = [line.split("|")[1].replace(" ", "") for line in drawn(number) if "|" in line]
    assert sum(map(len, dots)) == 2, "two dots, with nothing between them"


def test_what_has_no_room_is_counted() -> None:
    curves = [Curve(f"topic{n}", 10 * SECOND) for n in range(9)]
    text = drawn(*curves, lines=12)
    assert "7 more; a taller terminal shows them" in text
    assert len(text) <= 12
