"""That the benchmarks run and measure what they say; never how fast anything is."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HOT_PATH = Path(__file__).parents[2] / "benchmarks" / "hot_path.py"


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler for the floor")
def test_hot_path_measures_every_row_in_every_round(tmp_path: Path) -> None:
    result = tmp_path / "result.json"
    ended = subprocess.run(
        [sys.executable, HOT_PATH, "--quick", "--json", result],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    figures = json.loads(result.read_text())["ns"]
    assert {"empty C method, no argument", "publish int", "subscribe float, same value"} <= {
        *figures
    }
    assert all(len(rounds) == 3 and min(rounds) > 0 for rounds in figures.values())
    assert "target <= " in ended.stdout
