"""SHM_PUB_SUB_DIR on other file systems than a tmpfs."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import shm_pub_sub
from shm_pub_sub import Publisher, Subscriber
from support.layout import PAGE
from support.programs import Run, run

DIES = """
import os, signal, shm_pub_sub
publisher = shm_pub_sub.Publisher("topic", 0.0, 100)
publisher.publish(1.0)
os.kill(os.getpid(), signal.SIGKILL)
"""

READS = """
import shm_pub_sub
print(shm_pub_sub.Subscriber("topic", -1).subscribe())
"""


def on_disk(folder: Path) -> list[str]:
    return []


def ext4(folder: Path) -> list[str]:
    image = folder / "image"
    with image.open("wb") as file:
        file.truncate(16 << 20)
    subprocess.run(["mkfs.ext4", "-q", image], check=True, capture_output=True)
    return ["-o", "loop", str(image)]


def overlay(folder: Path) -> list[str]:
    for name in ("lower", "upper", "work"):
        (folder / name).mkdir()
    layers = f"lowerdir={folder}/lower,upperdir={folder}/upper,workdir={folder}/work"
    return ["-t", "overlay", "-o", layers, "overlay"]


def ramfs(folder: Path) -> list[str]:
    """A file system that cannot reserve space: zeros are written instead."""
    return ["-t", "ramfs", "ramfs"]


@pytest.fixture(params=[on_disk, ext4, overlay, ramfs], ids=lambda make: make.__name__)
def folder(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A directory on that file system, which is SHM_PUB_SUB_DIR."""
    folder = tmp_path / "folder"
    folder.mkdir()
    monkeypatch.setenv("SHM_PUB_SUB_DIR", str(folder))
    try:
        how = request.param(tmp_path)
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        pytest.skip(f"cannot be made here: {error}")
    if not how:
        yield folder
        return
    done = run("mount", *how, folder)
    if os.geteuid() != 0 or done.returncode != 0:
        pytest.skip(f"mounting is not allowed here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_topics_work_there_as_in_shared_memory(folder: Path, run_python: Run) -> None:
    subscriber = Subscriber("topic", -1)
    for generation in range(3):
        with Publisher("topic", 0, generation + 1) as publisher:
            publisher.publish(generation)
            assert subscriber.subscribe() == (generation, True)
            assert run_python(READS).stdout == f"({generation}, True)\n"
            with pytest.raises(shm_pub_sub.ExistsError):
                Publisher("topic", 0)
        assert subscriber.subscribe() == (-1, False)
    assert run_python(DIES).returncode == -9
    assert subscriber.subscribe() == (-1, False)
    (info,) = shm_pub_sub.topics()
    assert (info.alive, info.type, info.published) == (False, float, 1)
    with Publisher("topic", 0, retain=True) as publisher:  # takes it over
        publisher.publish(7)
        file = Path(shm_pub_sub.inspect("topic").path)
        assert shm_pub_sub.inspect("topic").nbytes == file.stat().st_blocks * 512
        assert file.stat().st_blocks * 512 >= 2 * PAGE, "its space is reserved"
        assert file.stat().st_blocks * 512 < 2 * PAGE + 32768, "and no hole"
    assert subscriber.subscribe() == (7, True)
    shm_pub_sub.remove("topic")
    assert {path.name for path in folder.iterdir()} <= {"lost+found"}
