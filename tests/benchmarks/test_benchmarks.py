"""That the benchmarks run and measure what they say; never how fast anything is."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
HOT_PATH, WAITING = BENCHMARKS / "hot_path.py", BENCHMARKS / "waiting.py"


def run(program: Path, folder: Path) -> tuple[dict[str, Any], str]:
    """Run a benchmark in short, and return its figures and what it printed."""
    result = folder / "result.json"
    ended = subprocess.run(
        [sys.executable, program, "--quick", "--json", result],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(result.read_text()), ended.stdout


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler for the floor")
def test_hot_path_measures_every_row_in_every_round(tmp_path: Path) -> None:
    figures, printed = run(HOT_PATH, tmp_path)
    figures = figures["ns"]
    assert {"empty C method, no argument", "publish int", "subscribe float, same value"} <= {
        *figures
    }
    assert all(len(rounds) == 3 and min(rounds) > 0 for rounds in figures.values())
    assert "target <= " in printed


def test_waiting_measures_every_part(tmp_path: Path) -> None:
    """Without an earlier version."""
    figures, printed = run(WAITING, tmp_path)
    assert figures["troubles"] == {}
    assert {"loop, nobody waits", "paused, blocked waiter", "loop, polling waiter"} <= {
        *figures["ns"]
    }
    assert {*figures["idle"]} >= {"blocked in recv, with a publisher", "asyncio, no publisher"}
    assert "a waiting subscriber while nothing is published" in printed
