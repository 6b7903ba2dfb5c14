"""This tree's wheel and source distribution, and copies of the tree to build elsewhere."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.paths import ROOT
from support.programs import run

sys.path.insert(0, str(ROOT / ".ci"))

import build_machine


def pip_wheel(source: Path, wheels: Path, **options: object) -> Path:
    """Build a wheel as a user does, isolated from what is installed here."""
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(wheels), "."]
    done = run(*command, cwd=source, timeout=1800, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = wheels.glob("*.whl")
    return wheel


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that is tested; .ci/checks.py has built it already."""
    if built := os.environ.get("SHM_PUB_SUB_WHEEL"):
        return Path(built)
    return pip_wheel(ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution, by the call that every build front end makes."""
    folder = tmp_path_factory.mktemp("sdist")
    make = f"import setuptools.build_meta as made; made.build_sdist({str(folder)!r})"
    command = [sys.executable, "-c", make]
    (ROOT / "build").mkdir(exist_ok=True)
    with (ROOT / "build/sdist.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # setuptools collects the files in a folder of this name
        done = run(*command, cwd=ROOT, timeout=300)
    assert done.returncode == 0, done.stderr
    (archive,) = folder.glob("*.tar.gz")
    return archive


@pytest.fixture
def source(sdist: Path, tmp_path: Path) -> Iterator[Path]:
    """Its files, unpacked with umask 077 into a folder of this test."""
    subprocess.run(["tar", "xzf", sdist], cwd=tmp_path, umask=0o077, check=True)
    (folder,) = tmp_path.glob("shm_pub_sub-*")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def go_environment() -> dict[str, str]:
    return build_machine.go_environment()
