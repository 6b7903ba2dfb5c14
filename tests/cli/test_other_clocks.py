"""Topics whose newest value is from before this boot, or from another time namespace."""

import json
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from shm_pub_sub import Publisher
from shm_pub_sub._cli.measure import _print_text
from shm_pub_sub._cli.verbs.delay import Ages
from support.layout import FIRST_SLOT, topic_file, write_at

from .conftest import RunCli

SLOT_1_TIME = FIRST_SLOT + 32 + 8
AHEAD = 30 * 86400 * 10**9


@pytest.fixture(autouse=True)
def _topic(shm_dir: Path) -> Iterator[None]:
    """A topic "old": 1.5, published in a month from now."""
    with Publisher("old", 0.0) as pub:
        pub.publish(1.5)
        later = struct.pack("<q", time.monotonic_ns() + AHEAD)
        write_at(topic_file(shm_dir, "old"), SLOT_1_TIME, later)
        yield


@pytest.mark.parametrize(
    "command",
    [("list", "-v"), ("info", "old"), ("top", "-n", "2", "-i", "0.1"), ("plot", "old", "--once")],
    ids=lambda command: command[0],
)
def test_they_are_shown(run_cli: RunCli, command: tuple[str, ...]) -> None:
    options = ("--window", "0.2") if command[0] == "plot" else ()
    done = run_cli(*command, *options)
    assert (done.returncode, done.stderr) == (0, "")
    assert "old" in done.stdout
    if command[0] != "plot":
        assert "an unknown time" in done.stdout


@pytest.mark.parametrize("command", [("list", "-v"), ("info", "old")], ids=["list", "info"])
def test_in_json_they_are_infinitely_old(run_cli: RunCli, command: tuple[str, ...]) -> None:
    done = run_cli(*command, "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout.splitlines()[0])["age"] == "Infinity"


def test_the_delay_of_such_values_is_infinite(capsys: pytest.CaptureFixture[str]) -> None:
    ages = Ages(3)
    sample: Any = (1.5, 1, 0, float("inf"))
    ages.add([sample, sample])
    topic: Any = type("Topic", (), {"name": "old", "lost": 0, "alive": True})
    _print_text(topic, ages.figures(), 2, several=False, title="delay")
    assert "average delay: inf" in capsys.readouterr().out
