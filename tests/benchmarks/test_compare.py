"""That compare.py measures every row in every round, and says why where it cannot."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
PARTS = ("calls", "round_trips", "streams", "batches", "subscribers")
OWN = {"ours", "mp_pipe", "mp_queue", "mp_raw_value"}
"""Need no installation; all of them would take long."""

pytestmark = pytest.mark.skipif(
    shutil.which("cc") is None, reason="needs a C compiler for the floors"
)


def compare(output: Path, *arguments: str, **environment: str) -> dict[str, Any]:
    command = [sys.executable, BENCHMARKS / "compare.py", "--quick", "--here", "--output", output]
    ended = subprocess.run(
        [*command, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    results: dict[str, Any] = json.loads((output / "results.json").read_text())
    return results


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compared")
    wanted = [argument for part in PARTS for argument in ("--only", part)]
    compare(folder, *wanted, *(argument for name in OWN for argument in ("--peer", name)))
    return folder


@pytest.fixture(scope="module")
def results(output: Path) -> dict[str, Any]:
    results: dict[str, Any] = json.loads((output / "results.json").read_text())
    return results


def test_says_what_it_was_measured_on(results: dict[str, Any]) -> None:
    assert {"processor", "kernel", "python", "commit", "date"} <= {*results["machine"]}
    assert results["versions"]["shm_pub_sub"]
    assert {*results["rows"]} == OWN


def test_calls_of_every_row_in_every_round(results: dict[str, Any]) -> None:
    calls = results["parts"]["calls"]
    assert {*calls["rows"]} == OWN
    for row in calls["rows"].values():
        assert row["trouble"] == ""
        assert {len(rounds) for rounds in row["ns"].values()} == {3}
        assert min(row["ns"]["publish"]) > 0
    assert {*calls["rows"]["ours"]["ns"]} == {
        "publish",
        "read_new",
        "read_same",
        "read_miss",
        "next",
        "next_none",
    }
    assert {"loop", "clock", "ring_writes", "ring_reads"} <= {*calls["floors"]["ns"]}


def test_round_trips_of_every_row_that_can_wait(results: dict[str, Any]) -> None:
    settings = results["parts"]["round_trips"]["settings"]
    assert "blocking, on one processor" in settings
    for title, setting in settings.items():
        blocking = title.startswith("blocking")
        assert {*setting["rows"]} == (OWN - {"mp_raw_value"} if blocking else OWN)
        for row in (setting["floor"], *setting["rows"].values()):
            assert row["trouble"] == ""
            assert len(row["medians"]) == 3
            assert 0 < row["min"] <= row["median"] <= row["p99"] <= row["p99.9"] <= row["max"]


def test_a_stream_is_received_in_order_or_known_to_be_lost(results: dict[str, Any]) -> None:
    rows = results["parts"]["streams"]["rows"]
    assert {*rows} == OWN
    assert all(row["trouble"] == "" and len(row["turns"]) == 3 for row in rows.values())
    for name in ("ours", "mp_pipe", "mp_queue"):
        for turn in rows[name]["turns"]:
            assert turn["received"] + turn["lost"] == turn["published"] > 0
            assert turn["backwards"] == turn["doubled"] == turn["wrong"] == 0


def test_batches_of_every_size(results: dict[str, Any]) -> None:
    rows = results["parts"]["batches"]["rows"]
    for name in ("ours", "mp_queue"):
        assert {*rows[name]["sizes"]} == {"10", "1000"}
        for size in rows[name]["sizes"].values():
            assert size["trouble"] == ""
            assert all(len(rounds) == 3 and min(rounds) > 0 for rounds in size["ns"].values())
    assert rows["mp_raw_value"]["trouble"] == "has no batches"


def test_subscribers_beside_each_other(results: dict[str, Any]) -> None:
    rows = results["parts"]["subscribers"]["rows"]
    for name in ("ours", "ours, blocked"):
        counts = rows[name]["counts"]
        assert {*counts} == {"1", "4", "16"}
        assert all(len(count["ns"]) == 3 for count in counts.values())
    assert "one receiver" in rows["mp_pipe"]["trouble"]


def test_a_table_for_each_part_with_ours_marked(output: Path) -> None:
    text = (output / "results.md").read_text()
    assert text.count("\n## ") == len(PARTS) + 1
    assert text.count("**shm_pub_sub**") >= len(PARTS)


FAILING = """
import os
import time

TITLE, KIND, REQUIREMENTS = "failing", "topic", []


def publisher(topic, shared):
    return lambda value: {action}


def poller(topic, shared):
    return lambda: None
"""

ACTIONS = {
    "raises": "1 / 0",
    "hangs": "time.sleep(1000)",
    "dies": "os.kill(os.getpid(), 9)",
}


def test_a_peer_that_fails_is_a_row_that_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    peers = tmp_path / "peers"
    peers.mkdir()
    for name, action in ACTIONS.items():
        (peers / f"{name}.py").write_text(FAILING.format(action=action))
    (peers / "broken.py").write_text("import nothing_of_this_name")
    (peers / "missing.py").write_text(
        FAILING.format(action="None").replace("[]", "['no-such-library>=1']")
    )
    names = [argument for name in (*ACTIONS, "broken", "missing") for argument in ("--peer", name)]
    results = compare(tmp_path, "--only", "streams", *names, BENCHMARK_PEERS=str(peers))
    rows = results["parts"]["streams"]["rows"]
    assert {name: row["trouble"] for name, row in rows.items()} == {
        "ours": "",
        "raises": "ZeroDivisionError: division by zero",
        "hangs": "no answer within 9 s",
        "dies": "it ended by SIGKILL",
    }
    assert "nothing_of_this_name" in results["troubles"]["broken"]
    assert results["troubles"]["missing"] == "no-such-library is not installed"
    assert len(rows["ours"]["turns"]) == 3
