"""shm-pub-sub hz."""

import json
import math
import time

import pytest
import shm_pub_sub
from shm_pub_sub._intervals import Intervals

from ._reading import figures, interrupt
from .conftest import Cli, RunCli


def sample(sequence: int, ms: float) -> shm_pub_sub.Sample[int]:
    return shm_pub_sub.Sample((0, sequence, round(ms * 1e6), 0.0))


def test_intervals_are_those_between_publications() -> None:
    intervals = Intervals(100)
    assert intervals.figures() is None
    intervals.add([sample(7, 1000)])
    assert intervals.figures() is None
    intervals.add([sample(8, 1010), sample(9, 1040)])
    found = intervals.figures()
    assert found == {
        "rate": pytest.approx(50),
        "min": pytest.approx(0.010),
        "max": pytest.approx(0.030),
        "std_dev": pytest.approx(0.010),
        "window": 2,
    }


@pytest.mark.parametrize(
    ("kept", "samples", "expected"),
    [
        (100, [(1, 0), (2, 10), (6, 50)], {"rate": 100, "max": 0.010}),
        (
            2,
            [*((n, 1000 * n) for n in range(1, 10)), (10, 9001), (11, 9002)],
            {"rate": 1000, "window": 2},
        ),
        (10, [(1, 0), (2, 10), (1, 5000), (2, 5010)], {"rate": 100, "window": 2}),
        (10, [(1, 5), (2, 5)], {"rate": math.inf}),
    ],
    ids=["lost values count", "of the newest", "not between publishers", "a batch of one time"],
)
def test_interval_figures(
    kept: int, samples: list[tuple[int, float]], expected: dict[str, float]
) -> None:
    intervals = Intervals(kept)
    for some in (samples[:2], samples[2:]):
        intervals.add([sample(*one) for one in some])
    found = intervals.figures()
    assert found is not None
    assert {name: found[name] for name in expected} == pytest.approx(expected)


def test_measurements_of_one_time_have_no_interval(cli: Cli) -> None:
    with shm_pub_sub.Publisher("robot/speed", 0, 100) as pub:
        measured = time.monotonic_ns()
        hz = cli.start("hz", "robot/speed", "--format", "json", "-i", 0.1)
        while (found := json.loads(hz.line()))["window"] < 2:
            pub.publish_at(1, measured)
        assert (found["min"], found["max"], found["std_dev"]) == (0, 0, 0)
        assert shm_pub_sub.inspect("robot/speed").rate is None
        interrupt(hz)


def test_rates_are_those_of_the_measurements(cli: Cli) -> None:
    with shm_pub_sub.Publisher("robot/speed", 0, 100) as pub:
        measured = time.monotonic_ns() - 5 * 10**9
        hz = cli.start("hz", "robot/speed", "--format", "json", "-i", 0.1)
        while (found := json.loads(hz.line()))["window"] < 3:
            measured += 10**7
            pub.publish_at(1, measured)
        assert found["rate"] == pytest.approx(100)
        assert shm_pub_sub.inspect("robot/speed").rate == pytest.approx(100)
        interrupt(hz)


def test_reports_have_the_shape_of_ros2s(cli: Cli) -> None:
    pub = cli.start("pub", "robot/speed", "1.5", "-r", 50, "-q", "--buffers", 10_000)
    hz = cli.start("hz", "robot/speed", "-w", 20, "-i", 0.3)
    for _ in range(4):
        average, least, most, window = figures(hz, r"rate: (\d+\.\d{3})")
        assert least - 0.001 <= 1 / average <= most + 0.001
        assert 1 <= window <= 20
    interrupt(hz)
    interrupt(pub)


def test_several_topics_are_named_and_silence_is_told(run_cli: RunCli) -> None:
    with shm_pub_sub.Publisher("robot/a", 0), shm_pub_sub.Publisher("robot/b", 0):
        ended = run_cli("hz", "robot/*", "-i", 0.1, "--count", 1)
    assert (ended.returncode, ended.stderr.count("has published nothing yet")) == (0, 2)
    assert ended.stdout == "robot/a\nno new messages\nrobot/b\nno new messages\n"


def test_publishers_end_is_told(cli: Cli) -> None:
    with shm_pub_sub.Publisher("robot/a", 0):
        hz = cli.start("hz", "robot/a", "-i", 0.1)
        assert hz.line() == "no new messages"
    while (line := hz.line()) == "no new messages":
        pass
    assert line == "no new messages: no live publisher"
    interrupt(hz)


def test_json(cli: Cli) -> None:
    pub = cli.start("pub", "robot/speed", "1", "-r", 100, "-q")
    hz = cli.start("hz", "robot/speed", "--format", "json", "-i", 0.3)
    while (found := json.loads(hz.line()))["rate"] is None:
        assert found["window"] == 0
    figures = ["rate", "min", "max", "std_dev", "window", "bytes_per_second"]
    assert sorted(found) == sorted(["topic", *figures, "new", "lost"])
    assert found["bytes_per_second"] is None  # of a number
    assert 10 < found["rate"] < 1000
    interrupt(hz)
    interrupt(pub)


@pytest.mark.parametrize("verb", ["hz", "delay"])
def test_topic_that_is_not_there_is_exit_code_3(run_cli: RunCli, verb: str) -> None:
    with shm_pub_sub.Publisher("robot/a", 0):
        for topics, code in (["no"], 3), (["no*"], 3), (["robot/a", "no"], 3), (["robot/*"], 0):
            ended = run_cli(verb, *topics, "--count", 1, "-i", 0.1)
            assert ended.returncode == code
            assert ended.stderr.count("waiting: ") == len(topics)
            assert ("no new messages" in ended.stdout) == ("no" not in topics[0])


def test_nothing_in_time_is_exit_code_3(run_cli: RunCli) -> None:
    ended = run_cli("hz", "robot/speed", "--timeout", 0.2, "-i", 0.1)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert "waiting: no topic 'robot/speed' in" in ended.stderr


def test_bytes_are_those_published_and_not_the_most_there_could_be(cli: Cli) -> None:
    np = pytest.importorskip("numpy")
    with (
        shm_pub_sub.Publisher("cloud", np.zeros((0, 4), "f4"), 200, max_size=100_000) as cloud,
        shm_pub_sub.Publisher("imu", {"ax": 0.0, "n": 0}, 200) as imu,
        shm_pub_sub.Publisher("status", "", 200) as status,
        shm_pub_sub.Publisher("speed", 0.0, 200) as speed,
    ):
        measuring = cli.start("hz", "*", "-i", 0.2, "--format", "json")
        measuring.line()
        found: dict[str, dict[str, float]] = {}
        while len(found) < 4:
            for n in range(5):
                cloud.publish(np.zeros((50, 4), "f4"))
                imu.publish({"ax": 1.0, "n": n})
                status.publish("grüezi")
                speed.publish(1.0)
            line = json.loads(measuring.line())
            if line["new"] and line["rate"]:
                found[line["topic"]] = line
        interrupt(measuring)
    sizes = {
        n: f["bytes_per_second"] and f["bytes_per_second"] / f["rate"] for n, f in found.items()
    }
    assert sizes == {
        "cloud": pytest.approx(800),
        "imu": pytest.approx(16),
        "status": pytest.approx(7),
        "speed": None,
    }


@pytest.mark.parametrize(
    ("size", "amount"), [(1_500_000, "150.000 MB/s"), (16, "1.600 kB/s"), (1, "0.100 kB/s")]
)
def test_bytes_per_second_are_printed_beside_the_rate(cli: Cli, size: int, amount: str) -> None:
    with shm_pub_sub.Publisher("data", b"", 100, max_size=2_000_000) as pub:
        measuring = cli.start("hz", "data", "-i", 0.1)
        line, time_ns = "", time.monotonic_ns() - 20 * 10**9
        while not line.startswith("average rate: "):
            for _ in range(2):
                pub.publish_at(bytes(size), time_ns)
                time_ns += 10_000_000
            line = measuring.line()
        interrupt(measuring)
    assert line == f"average rate: 100.000 {amount}"
