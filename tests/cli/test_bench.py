"""shm-pub-sub bench."""

import json
import re
from pathlib import Path

import pytest
import shm_pub_sub
from shm_pub_sub._cli.verbs import bench
from support.programs import Ended
from support.waiting import until

from ._reading import interrupt
from .conftest import Cli, RunCli


def test_table_says_what_each_costs_and_on_what_machine(run_cli: RunCli) -> None:
    ended = run_cli("bench", "--duration", 0.02, timeout=60)
    assert ended.returncode == 0
    machine, empty, head, *rows = ended.stdout.splitlines()
    assert machine.startswith(f"shm_pub_sub {shm_pub_sub.__version__}, CPython 3.")
    assert (empty, head.split()) == ("", ["median", "p99", "per", "second"])
    assert len(rows) == 6
    time = r"[\d.]+ [num]?s"
    assert all(re.fullmatch(rf"\S.*  {time} +{time} +[\d,]+", row) for row in rows)
    assert re.fullmatch("(shm-pub-sub: expected two idle processors.*\n)?", ended.stderr)


def test_json_has_all_figures_in_seconds(run_cli: RunCli, shm_dir: Path) -> None:
    with shm_pub_sub.Publisher("benchmark", 0.0):  # a topic of the user's own is not touched
        ended = run_cli("bench", "--duration", 0.02, "--format", "json", timeout=60)
        assert [topic.name for topic in shm_pub_sub.topics()] == ["benchmark"]
        assert len(list(shm_dir.iterdir())) == 1
    found = json.loads(ended.stdout)
    assert list(found) == ["machine", "seconds"]
    assert list(found["machine"]) == ["library", "python", "kernel", "processors"]
    assert len(found["seconds"]) == 6
    for figures in found["seconds"].values():
        # A call takes no less than a nanosecond, and no more than a processor's turn.
        assert 1e-9 < figures["median"] <= figures["p99"] < 10


@pytest.mark.parametrize("count", [1, 2, 3, 99, 100, 101, 1000])
def test_no_percentile_is_below_the_median(count: int) -> None:
    times = [float(ns) for ns in range(1, count + 1)]
    found = bench._figures(times)
    assert found["median"] <= found["p99"]
    assert sum(ns <= found["p99"] * 1e9 + 0.5 for ns in times) >= 0.99 * count


def test_ctrl_c_leaves_nothing_behind(cli: Cli, shm_dir: Path) -> None:
    bench = cli.start("bench", "--duration", 60)
    bench.line()
    until(lambda: any(shm_dir.glob("*/shm_pub_sub.*")))
    interrupt(bench)
    assert list(shm_dir.iterdir()) == []


def test_a_wrong_time_is_wrong_usage(run_cli: RunCli) -> None:
    assert run_cli("bench", "--duration", "0").returncode == 2


def test_other_process_that_dies_is_an_error(cli: Cli, run_python: Ended) -> None:
    ended = run_python(  # type: ignore[operator]
        "from shm_pub_sub._cli import main\nfrom shm_pub_sub._cli.verbs import bench\n"
        "import sys\n"
        'bench.PARTNER = bench.PARTNER.replace(\'answer({way!r})\', """\n'
        "import os, shm_pub_sub\n"
        "pub = shm_pub_sub.Publisher('back', 0.0)\n"
        "sub = shm_pub_sub.Subscriber('there', 0.0)\n"
        "pub.publish(sub.recv())\n"
        'os._exit(1)""")\n'
        "sys.exit(main(['bench', '--duration', '0.02']))\n"
    )
    assert ended.returncode == 3
    assert "the other process has ended" in ended.stderr
