"""A domain of its own for every test, and child processes that do not outlive theirs."""

import gc
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.forked import fork_child
from support.peer import new_peer, peer
from support.strictly import OPTIONS

__all__ = ["fork_child", "new_peer", "peer"]  # fixtures

SHM = Path("/dev/shm")
DOMAINS = f"shm_pub_sub-test-{os.getpid()}-"  # shm_domain's

# No child outlives a killed test run for long. One line, so line numbers shift by no more.
PRELUDE = '__import__("signal").alarm(170)\n'


def _outside_domains() -> set[str]:
    """What tests could have left in /dev/shm itself."""
    return {path.name for path in SHM.iterdir() if path.name.startswith(("shm_pub_sub.", DOMAINS))}


@pytest.fixture(scope="session", autouse=True)
def _shared_memory_as_before() -> Iterator[None]:
    """Nothing is left outside the tests' own directories, which are gone as well."""
    import shm_pub_sub  # noqa: PLC0415 - tests that need no library still run without it

    before = _outside_domains()
    yield
    gc.collect()
    live = {Path(t.path).name for t in shm_pub_sub.topics(directory=SHM) if t.alive}
    left = _outside_domains() - before - live  # live ones are some other program's
    assert not left, "left in /dev/shm"


@pytest.fixture(autouse=True)
def shm_dir(shm_domain: Path) -> Path:
    """SHM_PUB_SUB_DIR of this test alone, where nothing may be left at its end."""
    return shm_domain


class Python:
    """Starts Python programs in the test's domain, with warnings as errors."""

    def __init__(self, folder: Path) -> None:
        self.processes: list[subprocess.Popen[str]] = []
        self._folder = folder

    def start(self, code: str, *args: object, **options: object) -> subprocess.Popen[str]:
        """Starts a program. stdin and stdout are pipes; stderr is the test's, unless given."""
        script = self._folder / f"program{len(self.processes)}.py"
        script.write_text(PRELUDE + code, encoding="utf-8")
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "encoding": "utf-8"}
        process: subprocess.Popen[str] = subprocess.Popen(
            [sys.executable, *OPTIONS, "-u", str(script), *map(str, args)],
            **{**pipes, **options},  # type: ignore[call-overload]
        )
        self.processes.append(process)
        return process

    def run(
        self, code: str, *args: object, timeout: float = 30, **options: object
    ) -> subprocess.CompletedProcess[str]:
        """Runs a program to its end, whatever that is."""
        process = self.start(code, *args, stderr=subprocess.PIPE, **options)
        out, err = process.communicate(timeout=timeout)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def end(self) -> None:
        for process in self.processes:
            process.kill()  # nothing where it has been waited for
            process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream is not None:
                    stream.close()


@pytest.fixture
def _python(shm_dir: Path, tmp_path: Path) -> Iterator[Python]:
    python = Python(tmp_path)
    yield python
    python.end()


@pytest.fixture
def run_python(_python: Python) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """run_python(code, *args, timeout=30): a program's stdout, stderr and returncode."""
    return _python.run


@pytest.fixture
def start_python(_python: Python) -> Callable[..., "subprocess.Popen[str]"]:
    """start_python(code, *args, **popen_options): a Popen that the test's end kills."""
    return _python.start
