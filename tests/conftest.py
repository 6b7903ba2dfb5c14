"""A domain of its own for every test, and child processes that do not outlive theirs."""

import gc
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.forked import fork_child
from support.paths import ROOT
from support.peer import new_peer, peer
from support.programs import Check, Programs, Run, Start

__all__ = ["fork_child", "new_peer", "peer"]  # fixtures

SHM = Path("/dev/shm")
DOMAINS = f"shm_pub_sub-test-{os.getpid()}-"  # shm_domain's


def _outside_domains() -> set[str]:
    """Return the topics in /dev/shm itself, and directories of this process's tests."""
    return {
        path.name
        for path in SHM.iterdir()
        if path.name.startswith(DOMAINS)
        or (path.name.startswith("shm_pub_sub.") and not path.is_dir())
    }


@pytest.fixture(scope="session", autouse=True)
def _shared_memory_as_before() -> Iterator[None]:
    """Nothing is left outside the tests' own directories, which are gone as well."""
    import shm_pub_sub  # noqa: PLC0415 - tests that need no library still run without it

    before = _outside_domains()
    yield
    gc.collect()
    left = _outside_domains() - before
    # Other programs' topics are alive, or gone by the time of the second look.
    left -= {Path(t.path).name for t in shm_pub_sub.topics(directory=SHM) if t.alive}
    left &= _outside_domains()
    assert not left, "left in /dev/shm"


@pytest.fixture(autouse=True)
def shm_dir(shm_domain: Path) -> Path:
    """SHM_PUB_SUB_DIR of this test alone, where nothing may be left at its end."""
    return shm_domain


@pytest.fixture(scope="session")
def build_go(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """build_go(package): the folder with its programs; of the module in another folder."""

    def build(package: str, module: Path = ROOT) -> Path:
        folder = tmp_path_factory.mktemp("go")
        go = shutil.which("go") or pytest.skip("no go on PATH")
        # Without what only a debugger reads; the libraries are those of other builds.
        command = [go, "build", "-gcflags=-dwarf=false", "-o", f"{folder}{os.sep}", package]
        env = {**os.environ, "CGO_ENABLED": "0"}
        subprocess.run(command, check=True, cwd=module, env=env, timeout=300)
        return folder

    return build


@pytest.fixture
def programs(shm_dir: Path, tmp_path: Path) -> Iterator[Programs]:
    programs = Programs(tmp_path)
    yield programs
    programs.end()


@pytest.fixture
def run_python(programs: Programs) -> Run:
    """run_python(code, *args, timeout=30): a program's stdout, stderr and returncode."""
    return programs.run_python


@pytest.fixture
def check_python(programs: Programs) -> Check:
    """check_python(code, *args, timeout=30): the stdout of a program that must succeed."""
    return programs.check_python


@pytest.fixture
def start_python(programs: Programs) -> Start:
    """start_python(code, *args, **popen_options): a Program, which the test's end kills."""
    return programs.start_python


@pytest.fixture
def start_command(programs: Programs) -> Start:
    """start_command(*command, **popen_options): the same for any command."""
    return programs.start_command
