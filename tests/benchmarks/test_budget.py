"""That the budget's steps compile against the library's headers and are all measured."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BUDGET = Path(__file__).parents[2] / "benchmarks" / "budget.py"


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
def test_budget_measures_every_step() -> None:
    ended = subprocess.run(
        [sys.executable, BUDGET, "--quick"],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "publish() itself" in ended.stdout
    assert "recv(), behind a publish()" in ended.stdout
    assert ended.stdout.splitlines()[-1].split()[0] == "1000000"
