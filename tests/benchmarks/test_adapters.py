"""Each adapter of benchmarks/peers whose library is installed delivers what was published."""

import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from importlib.metadata import distribution as installed
from pathlib import Path

import peers
import pytest
from harness.rows import distribution, load, names

PROGRAM = Path(__file__).with_name("adapter.py")
FUNCTIONS = ("reader", "poller", "receiver", "batch_receiver", "array_poller", "array_viewer")


def _is_there(name: str) -> bool:
    try:
        return all(installed(distribution(need)) for need in load(name).REQUIREMENTS)
    except PackageNotFoundError:
        return False


@pytest.mark.parametrize("name", [*filter(_is_there, names())])
def test_delivers_what_was_published(name: str, tmp_path: Path) -> None:
    """Every way of reading, within a process and between two, all at the same time."""
    runs = [
        (f"test{os.getpid()}n{number}e", function, processes)
        for number, (function, processes) in enumerate(
            (f, p) for f in FUNCTIONS if hasattr(load(name), f) for p in ("one", "two")
        )
    ]
    started = []
    try:
        for run, function, processes in runs:
            folder = tmp_path / run
            folder.mkdir()
            own = {"BENCHMARK_RUN": run, "BENCHMARK_FOLDER": str(folder)}
            own |= {
                "SHM_PUB_SUB_DIR": str(folder),
                "PYTHONPATH": str(Path(peers.__file__).parents[1]),
            }
            command = [sys.executable, PROGRAM, name, function, processes]
            started.append(
                subprocess.Popen(
                    command, stderr=subprocess.PIPE, text=True, env={**os.environ, **own}
                )
            )
        for process in started:
            _, errors = process.communicate(timeout=60)
            assert process.returncode == 0, f"{process.args}: {errors}"
        left = [path for run, *_ in runs for path in Path("/dev/shm").glob(f"*{run}*")]
        assert not left, "left in shared memory"
    finally:
        for process in started:
            process.kill()
            process.communicate()
        for run, *_ in runs:
            peers.remove_named(run)
