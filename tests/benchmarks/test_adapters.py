"""That each adapter of benchmarks/peers delivers what was published, where its library is there."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("adapter.py")
BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
sys.path.append(str(BENCHMARKS))

import peers  # noqa: E402 - found by the line above
from harness.rows import load, names  # noqa: E402

FUNCTIONS = ("reader", "poller", "receiver", "batch_receiver")


def _installed(requirement: str) -> bool:
    try:
        distribution(re.split(r"[\s\[<>=!~;]", requirement)[0])
    except PackageNotFoundError:
        return False
    return True


def _all() -> Iterator[tuple[str, str]]:
    for name in names():
        peer = load(name)
        if all(map(_installed, peer.REQUIREMENTS)):
            yield from ((name, each) for each in FUNCTIONS if hasattr(peer, each))


@pytest.mark.parametrize("processes", ["one", "two"])
@pytest.mark.parametrize(("name", "function"), [*_all()])
def test_delivers_what_was_published(
    name: str, function: str, processes: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = f"test{os.getpid()}"
    monkeypatch.setenv("BENCHMARK_RUN", run)
    monkeypatch.setenv("BENCHMARK_FOLDER", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(BENCHMARKS))
    try:
        ended = subprocess.run(
            [sys.executable, PROGRAM, name, function, processes],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        assert not [*Path("/dev/shm").glob(f"*{run}*")], "left in shared memory"
    finally:
        peers.sweep()
