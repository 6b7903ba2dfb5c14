"""File systems for a test, for errors that only a file system can raise."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.programs import run

from ._probe import Prober

Mount = Callable[[str], Path]


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prober]:
    """probe(path): what each operation on a topic's file comes to, in a process of its own."""
    prober = Prober(tmp_path_factory.mktemp("probe"))
    yield prober
    prober.end()


@pytest.fixture
def mount_tmpfs(shm_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mount]:
    """mount_tmpfs("size=64k"): a tmpfs that is SHM_PUB_SUB_DIR until the test's end."""
    mounted: list[Path] = []

    def mount(options: str) -> Path:
        if os.geteuid() != 0:
            pytest.skip("only root can mount a tmpfs")
        folder = shm_dir / f"tmpfs{len(mounted)}"
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        done = run(*command)
        if done.returncode:
            folder.rmdir()
            pytest.skip(f"mounting is not allowed here: {done.stderr.strip()}")
        mounted.append(folder)
        monkeypatch.setenv("SHM_PUB_SUB_DIR", str(folder))
        return folder

    yield mount
    for folder in mounted:
        # Lazily: the traceback of a failed test may hold a publisher.
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        folder.rmdir()


def remount_read_only(folder: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
