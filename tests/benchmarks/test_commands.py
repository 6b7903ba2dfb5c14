"""The measuring programs run and measure every row; never how fast anything is."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from support import programs
from support.lab import Lab

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def run(program: str, folder: Path, *options: str | Path) -> tuple[dict[str, Any], str]:
    """Return the figures of a short run, and what it printed."""
    result = folder / "result.json"
    command = [sys.executable, BENCHMARKS / program, "--quick", "--json", result, *options]
    ended = programs.run(*command, timeout=100)
    assert ended.returncode == 0, ended.stderr
    return json.loads(result.read_text()), ended.stdout


def test_hot_path_measures_every_row_in_every_round(tmp_path: Path) -> None:
    figures, printed = run("hot_path.py", tmp_path)
    rows = {"empty C method, no argument", "publish int", "subscribe float, same value"}
    assert rows <= {*figures["ns"]}
    assert all(len(rounds) == 3 and min(rounds) > 0 for rounds in figures["ns"].values())
    assert "target <= " in printed


PAIRS = """
import json
import sys
from pathlib import Path

import hot_path
from harness.isolation import own_names

with own_names():
    found = hot_path.pairs(Path(sys.executable), Path(sys.executable), 2, 5)
hot_path.show(found)
print(json.dumps(found))
"""


def test_hot_path_compares_two_versions_in_pairs_of_runs() -> None:
    code = [sys.executable, "-c", PAIRS]
    ended = programs.run(*code, timeout=100, env={**os.environ, "PYTHONPATH": str(BENCHMARKS)})
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout.splitlines()[-1])
    assert {"publish bool", "subscribe float, same value", "publish, recv int"} <= {*found}
    assert all(len(runs) == 2 and min(min(runs)) > 0 for runs in found.values())
    assert "medians of 2 pairs" in ended.stdout


def test_budget_compiles_and_measures_every_step(tmp_path: Path) -> None:
    figures, printed = run("budget.py", tmp_path)
    assert all(len(rounds) == 3 for rounds in figures["ns"].values())
    assert "publish() itself" in printed
    assert "recv(), behind a publish()" in printed


def test_waiting_measures_every_kind_of_waiter(tmp_path: Path) -> None:
    figures, _ = run("waiting.py", tmp_path)
    assert figures["troubles"] == {}
    assert {"loop, nobody waits", "paused, blocked waiter", "loop, polling waiter"} <= {
        *figures["ns"]
    }
    assert {*figures["idle"]} >= {"blocked in recv, with a publisher", "asyncio, no publisher"}
    assert {*figures["late"]} >= {"asyncio, 1 topic", "selecting, 1 topic, no futex_waitv"}


def test_rate_measures_loops_drift_and_overruns(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- by benchmarks/rate.py -->\nold\n<!-- to here -->\nafter\n")
    figures, _ = run("rate.py", tmp_path, "--only", "Rate", "--page", page)
    assert {name: len(row["late"]) for name, row in figures["rows"].items()} == {
        "Rate(1000)": 100,
        "Rate in asyncio": 100,
        "Rate(50)": 4,
    }
    assert all(min(row["late"]) >= 0 for row in figures["rows"].values())
    assert {*figures["drift"]} == {"Rate(1000)", "Rate(50)", "time.sleep(0.001)"}
    assert figures["overruns"]["counted"] == figures["overruns"]["true"] > 0
    before, begin, machine, _, head, _, *rows, end, after = page.read_text().splitlines()
    assert (before, after) == ("before", "after")
    assert (begin, end) == ("<!-- by benchmarks/rate.py -->", "<!-- to here -->")
    assert machine.startswith("CPython ")
    assert head.startswith("| Late by us | median |")
    assert [row.split(" | ")[0] for row in rows] == [f"| {name}" for name in figures["rows"]]


def test_alignment_takes_sets_in_every_way(tmp_path: Path) -> None:
    figures, printed = run("alignment.py", tmp_path)
    assert {*figures["ways"]} == {"align", "asyncio", "executor", "in turn"}
    for way in figures["ways"].values():
        assert len(way["ages"]) == len(way["spreads"]) > 0
        assert min(way["ages"]) > 0.005, "the latency of the sensors"
    assert {*figures["idle"]} == {"align", "asyncio"}
    assert min(figures["cost"].values()) > 0
    assert "target for align" in printed


def test_wire_packs_and_unpacks_every_type(tmp_path: Path) -> None:
    pytest.importorskip("cbor2", reason="cbor2 is not installed")
    figures, printed = run("wire.py", tmp_path)
    assert len(figures["ns"]) == 20
    assert all(len(rounds) == 3 and min(rounds) > 0 for rounds in figures["ns"].values())
    assert "unpack 480x640x3 bytes" in printed


def run_network(folder: Path, *rows: str) -> tuple[dict[str, Any], str]:
    pytest.importorskip("zenoh", reason="eclipse-zenoh is not installed")
    Lab(2).end()  # skips if the kernel forbids it
    return run("network.py", folder, *rows)


def test_network_measures_bridges_beside_zenoh_alone(tmp_path: Path) -> None:
    found, printed = run_network(tmp_path, "latency", "every")
    assert {*found} == {"latency", "every"}
    latency = {figure["what"]: figure for figure in found["latency"]["figures"]}
    assert latency["bridges, median"]["value"] > 0
    assert latency["bridges / Zenoh alone"]["value"] > 0
    lost = {figure["what"]: figure["value"] for figure in found["every"]["figures"]}
    assert lost["values that did not come"] == 0
    assert "<= 2.5" in printed


@pytest.mark.soak
@pytest.mark.parametrize(
    "rows", [("many", "camera", "10mbit"), ("10kbit",), ("100kbit",), ("ends", "fleet")]
)
def test_network_measures_every_row(tmp_path: Path, rows: tuple[str, ...]) -> None:
    found, _ = run_network(tmp_path, *rows)
    for row in rows:
        for figure in found[row]["figures"]:
            # So few robots and so short a time tell nothing of a thousand.
            is_line = any(word in figure["what"] for word in ("1,000 robots", "a robot more"))
            least = float("-inf") if is_line else 0.0
            assert figure["value"] >= least, (row, figure)


@pytest.mark.soak
def test_recording_counts_every_value(tmp_path: Path) -> None:
    pytest.importorskip("mcap")
    figures, printed = run("recording.py", tmp_path)
    assert {*figures} == {"images", "disk", "scalars", "topics", "records"}
    for name, expected in (("images", 120), ("scalars", 200_000), ("records", 100_000)):
        assert figures[name]["values"] + figures[name]["lost"] == expected
        assert 0 < figures[name]["processor"] < 2 * figures[name]["seconds"]
    disk = figures["disk"]
    assert disk["lost"] > 0
    assert disk["peak"] < 150, "MB: --memory is 64"
    assert "| one float at 100 kHz | 200000 |" in printed
