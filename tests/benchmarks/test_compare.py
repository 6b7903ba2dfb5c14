"""compare.py measures every part, and says why a peer is missing; ours behaves as promised."""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import compare
import pytest
from behaviour.cells import COLUMNS
from parts import array_trips, arrays, records
from report import page
from support import programs

PEER = "mp_pipe"  # needs no installation
ROWS = {"ours", PEER}


def run(output: Path, *arguments: str, **environment: str) -> dict[str, Any]:
    command = [sys.executable, compare.__file__, "--quick", "--here", "--output", output]
    ended = programs.run(*command, *arguments, env={**os.environ, **environment}, timeout=110)
    assert ended.returncode == 0, ended.stderr
    results: dict[str, Any] = json.loads((output / "results.json").read_text())
    return results


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """All parts, by two runs at the same time: they mostly wait."""

    def half(wanted: tuple[str, ...]) -> dict[str, Any]:
        folder = tmp_path_factory.mktemp("compared")
        results = run(folder, f"--peer={PEER}", *(f"--only={part}" for part in wanted))
        text = (folder / "results.md").read_text()
        assert text == page.markdown(results), "the page is not made of the JSON alone"
        assert text.count("**shm_pub_sub**") >= len(wanted)
        assert results["versions"]["shm_pub_sub"]
        found: dict[str, Any] = results["parts"]
        return found

    with ThreadPoolExecutor() as pool:
        first, second = pool.map(half, (compare.PARTS[::2], compare.PARTS[1::2]))
    return first | second


def test_calls_of_every_row(parts: dict[str, Any]) -> None:
    calls = parts["calls"]
    assert {*calls["rows"]} == ROWS
    for row in calls["rows"].values():
        assert row["trouble"] == ""
        assert all(0 <= found["min"] <= found["median"] for found in row["ns"].values())
    assert len(calls["rows"]["ours"]["ns"]) == 6
    assert {"loop", "clock", "ring_writes", "ring_reads"} <= {*calls["floors"]}


def test_round_trips_in_every_setting(parts: dict[str, Any]) -> None:
    settings = parts["round_trips"]["settings"]
    assert "blocking, on one processor" in settings
    for title, rows in settings.items():
        assert {*rows} == {"floor", *ROWS}, title
        for row in rows.values():
            assert row["trouble"] == ""
            assert 0 < row["min"] <= row["median"] <= row["p99"] <= row["p99.9"]


def test_a_stream_is_received_in_order_or_known_to_be_lost(parts: dict[str, Any]) -> None:
    rows = parts["streams"]["rows"]
    assert {*rows} == ROWS
    for name in ROWS:
        row = rows[name]
        assert row["received"] + row["lost"] == row["published"] > 0
        assert row["backwards"] == row["doubled"] == row["wrong"] == 0


def test_batches_and_subscribers_of_every_count(parts: dict[str, Any]) -> None:
    for rows in parts["batches"]["sizes"].values():
        assert {*rows} == ROWS
        assert all(found["min"] > 0 for row in rows.values() for found in row["ns"].values())
    rows = parts["subscribers"]["rows"]
    assert {*rows["ours"]["counts"]} == {*rows["ours, blocked"]["counts"]} == {"1", "4", "16"}
    assert "one receiver" in rows[PEER]["trouble"]


def test_arrays_of_every_size_beside_their_floors(parts: dict[str, Any]) -> None:
    found = parts["arrays"]
    assert found["trouble"] == ""
    kinds = {figure.partition(":")[0] for figure in found["figures"]}
    assert kinds == {*arrays.KINDS}
    for figure, row in found["figures"].items():
        kind = arrays.KINDS[figure.partition(":")[0]]
        assert row["ns"]["min"] >= 0
        assert ("floor" in row) == bool(kind.floor)
        assert ("ours / target" in row) == bool(kind.target())


def test_records_beside_their_floors(parts: dict[str, Any]) -> None:
    found = parts["records"]
    assert found["trouble"] == ""
    assert {*found["figures"]} == {*records.KINDS}
    for figure, row in found["figures"].items():
        kind = records.KINDS[figure]
        assert row["ns"]["min"] >= 0
        assert ("floor" in row) == bool(kind.floor)
        assert ("ours / target" in row) == bool(kind.target())


def test_arrays_between_processes_of_every_row(parts: dict[str, Any]) -> None:
    for rows in parts["array_messages"]["sizes"].values():
        assert {name: row["trouble"] for name, row in rows.items()} == dict.fromkeys(ROWS, "")
        assert {*rows["ours"]["ns"]} == {"publish", "copy", "view"}
        assert {*rows[PEER]["ns"]} == {"publish", "copy"}
    for part in parts["array_trips"]["sizes"].values():
        own = {array_trips.ours(number) for number in array_trips.BUFFERS}
        assert {PEER, *own} < {*part["rows"]}
        assert [row["trouble"] for row in part["rows"].values()] == [""] * len(part["rows"])
        assert all(part["ours / unprotected"].values())


def test_our_topic_takes_two_pages_and_a_descriptor_for_each_end(parts: dict[str, Any]) -> None:
    for row in parts["topics"]["rows"].values():
        assert {*row["counts"]} == {"1", "100"}
        assert all(run["ok"] and not run["stopped"] for (run,) in row["counts"].values())
    for number, (run,) in parts["topics"]["rows"]["ours"]["counts"].items():
        assert run["publishers"]["made"] == run["readers"]["made"] == int(number)
        assert run["elsewhere"]["made"] == int(number)
        assert run["taken"]["shared"] == 8192 * int(number)
        # Go's runtime may open some of its own, once.
        assert 0 <= run["taken"]["descriptors"] - 2 * int(number) <= 4


def test_importing_ours_starts_no_thread(parts: dict[str, Any]) -> None:
    rows = parts["footprint"]["rows"]
    assert {name: row["trouble"] for name, row in rows.items()} == dict.fromkeys(ROWS, "")
    assert rows["ours"]["import"]["threads"] == 0
    assert rows["ours"]["use"]["threads"] > 0  # Go's


def test_ours_behaves(parts: dict[str, Any]) -> None:
    tables = parts["behaviour"]["rows"]["ours"]["tables"]
    start, kill, fork = (tables[title] for title in COLUMNS)
    full = "raises CreateError" if parts["behaviour"]["private"] else "-"
    refused = ["raises ExistsError", "reader raises TopicTypeError", full]
    assert [*start.values()] == ["gets it", "works", "reports it", *refused]
    assert [*kill.values()][:4] == ["starts", "yes", "yes", "none"]
    assert kill["the reader learns of the death"].startswith("in 0.")
    assert kill["is left in memory"].startswith("1 file")
    assert [*fork.values()] == ["raises ForkedError", "works", "works"]


FAILING = """
import os
import time

TITLE, KIND, REQUIREMENTS = "failing", "topic", []


def publisher(topic, shared):
    return lambda value: {action}


def poller(topic, shared):
    return lambda: None
"""


def test_a_peer_that_fails_is_a_row_that_says_why(tmp_path: Path) -> None:
    peers = tmp_path / "peers"
    peers.mkdir()
    actions = {"raises": "1 / 0", "hangs": "time.sleep(99)", "dies": "os.kill(os.getpid(), 9)"}
    for name, action in actions.items():
        (peers / f"{name}.py").write_text(FAILING.format(action=action))
    (peers / "broken.py").write_text("import nothing_of_this_name")
    (peers / "missing.py").write_text(FAILING.replace("[]", "['no-such-library>=1']"))
    names = [f"--peer={name}" for name in (*actions, "broken", "missing")]
    results = run(tmp_path, "--only", "streams", *names, BENCHMARK_PEERS=str(peers))
    rows = results["parts"]["streams"]["rows"]
    assert {name: row["trouble"] for name, row in rows.items()} == {
        "ours": "",
        "raises": "ZeroDivisionError: division by zero",
        "hangs": "no answer within 3 s",
        "dies": "it ended by SIGKILL",
    }
    assert "nothing_of_this_name" in results["troubles"]["broken"]
    assert results["troubles"]["missing"] == "no-such-library is not installed"
