"""That topics, footprint and behaviour find what must hold for ours; never how fast it is."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

COMPARE = Path(__file__).parents[2] / "benchmarks" / "compare.py"
PEER = "mp_raw_value"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str]:
    """Run the three in short: all figures, and the report."""
    folder = tmp_path_factory.mktemp("results")
    only = [f"--only={part}" for part in ("topics", "footprint", "behaviour")]
    options: list[str | Path] = ["--quick", "--here", *only, f"--peer={PEER}", "--output", folder]
    ended = subprocess.run(
        [sys.executable, COMPARE, *options],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads((folder / "results.json").read_text()), (folder / "results.md").read_text()


def rows(results: tuple[dict[str, Any], str], part: str) -> dict[str, Any]:
    found: dict[str, Any] = results[0]["parts"][part]["rows"]
    assert {*found} == {"ours", PEER}
    assert [row["trouble"] for row in found.values()] == ["", ""]
    return found


def test_topics_measures_every_count(results: tuple[dict[str, Any], str]) -> None:
    for row in rows(results, "topics").values():
        assert {*row["counts"]} == {"1", "100"}
        for number, runs in row["counts"].items():
            for run in runs:
                assert run["stopped"] == ""
                assert run["publishers"]["made"] == run["readers"]["made"] == int(number)
                assert run["ok"]
                assert all(min(passes) > 0 for passes in run["ns"].values())


def test_a_topic_of_ours_takes_two_pages_and_a_descriptor_for_each_end(
    results: tuple[dict[str, Any], str],
) -> None:
    for number, runs in rows(results, "topics")["ours"]["counts"].items():
        for run in runs:
            assert run["taken"]["shared"] == 8192 * int(number)
            # Go's runtime may open some of its own, once.
            assert 0 <= run["taken"]["descriptors"] - 2 * int(number) <= 4
            assert run["elsewhere"]["made"] == int(number)
            assert run["elsewhere"]["ok"]
            assert "close s" in run


def test_footprint_measures_imports_and_first_uses(results: tuple[dict[str, Any], str]) -> None:
    found = rows(results, "footprint")
    assert found["ours"]["imports"] == "import shm_pub_sub"
    assert found[PEER]["imports"] == "import multiprocessing"
    for row in found.values():
        assert len(row["runs"]) == len(row["outside"]) == 3
        for run in row["runs"]:
            assert run["import"]["s"] > 0
            assert run["use"]["s"] > 0
            assert run["import"]["rss"] > 0


def test_importing_ours_starts_no_thread(results: tuple[dict[str, Any], str]) -> None:
    runs = rows(results, "footprint")["ours"]["runs"]
    assert {run["import"]["threads"] for run in runs} == {0}
    assert min(run["use"]["threads"] for run in runs) > 0  # Go's


def test_ours_behaves(results: tuple[dict[str, Any], str]) -> None:
    scenes = rows(results, "behaviour")["ours"]["scenes"]
    assert not [seen for played in scenes.values() for seen in played if seen.get("trouble")]
    assert scenes["late"][0]["ended"] is not None
    assert scenes["first"][0]["ended"] is not None
    assert scenes["empty"] == [{"value": "None"}]
    assert scenes["two"][0]["second trouble"].startswith("raises ExistsError: ")
    assert scenes["other"][0]["reader trouble"].startswith("raises TopicTypeError: ")
    assert len(scenes["left"][0]["files"]) == 1


def test_ours_is_repaired_after_a_kill(results: tuple[dict[str, Any], str]) -> None:
    kills = rows(results, "behaviour")["ours"]["scenes"]["kill"]
    assert len(kills) == 4
    for seen in kills:
        for trouble in ("watch trouble", "restart trouble", "old trouble", "new trouble"):
            assert seen[trouble] == ""
        assert "learns" in seen
        for watched in ("before", "old", "new"):
            assert seen[watched]["ended"] is not None
        for watched in ("before", "watch", "old", "new"):
            assert seen[watched]["garbage"] == []


def test_ours_is_defined_after_fork(results: tuple[dict[str, Any], str]) -> None:
    (seen,) = rows(results, "behaviour")["ours"]["scenes"]["fork"]
    assert seen["publish trouble"].startswith("raises ForkedError: ")
    assert seen["read trouble"] == seen["parent trouble"] == ""
    for watched in ("read", "after", "own"):
        assert seen[watched]["ended"] is not None


def test_ours_says_when_memory_is_full(results: tuple[dict[str, Any], str]) -> None:
    if not results[0]["parts"]["behaviour"]["private"]:
        pytest.skip("needs user and mount namespaces (unshare -rm)")
    (seen,) = rows(results, "behaviour")["ours"]["scenes"]["full"]
    assert seen["made"].startswith("raises CreateError: Failed to create shared memory: ")


def test_the_report_has_a_table_of_each(results: tuple[dict[str, Any], str]) -> None:
    for words in ("late joiner", "the parent goes on", "first use", "all in turn"):
        assert f"| {words} |" in results[1]
