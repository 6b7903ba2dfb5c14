"""Several users in one directory, as /dev/shm is: who reads, who writes, and who is told what."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Start = Callable[..., "subprocess.Popen[str]"]

OWNER, MEMBER, NEWGRP, OUTSIDER = 61001, 61002, 61003, 61004
GROUP, OTHER_GROUP = 62001, 62002

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become other users")

# The library is loaded first: its files may be in a place that only root can read.
BECOME = """
import logging, os, sys, shm_pub_sub
from shm_pub_sub import *
topics()
def become(user, group, *groups):
    os.setgroups(groups)
    os.setresgid(group, group, group)
    os.setresuid(user, user, user)
def attempt(use):
    try:
        print("done", use())
    except RuntimeError as error:
        print(type(error).__name__, error)
become(*map(int, sys.argv[1].split(",")))
"""

PUBLISH = (
    BECOME
    + """
publisher = Publisher("topic", 0, mode=int(sys.argv[2], 8))
publisher.publish(1)
print("ready", flush=True)
input()
publisher.close()
"""
)

LOOK = (
    BECOME
    + """
attempt(lambda: Subscriber("topic", -1).subscribe())
attempt(lambda: Publisher("topic", 0).publish(2))
attempt(lambda: remove("topic"))
print([topic.name for topic in topics()])
try:
    open(sys.argv[2], "r+b")
    print("may write")
except PermissionError:
    print("may not write")
"""
)


def who(*ids: int) -> str:
    return ",".join(map(str, ids))


@pytest.fixture(autouse=True)
def _open_to_all(shm_dir: Path) -> None:
    shm_dir.chmod(0o1777)


def test_mode_0640_lets_the_group_read_and_nobody_else(
    start_python: Start, run_python: Run, shm_dir: Path
) -> None:
    owner = start_python(PUBLISH, who(OWNER, GROUP), "640")
    assert owner.stdout is not None
    assert owner.stdout.readline() == "ready\n"
    path = shm_dir / "shm_pub_sub.topic"

    for ids in [(MEMBER, OTHER_GROUP, GROUP), (NEWGRP, GROUP)]:
        ended = run_python(LOOK, who(*ids), path)
        assert ended.returncode == 0, ended.stderr
        read, publish, remove, listed, write = ended.stdout.splitlines()
        assert read == "done (1, True)"
        for refused in (publish, remove):
            assert refused.startswith("ExistsError ")
            assert f"process {owner.pid} " in refused
        assert listed == "['topic']"
        assert write == "may not write"

    ended = run_python(LOOK, who(OUTSIDER, OTHER_GROUP), path)
    assert ended.returncode == 0, ended.stderr
    read, publish, remove, listed, write = ended.stdout.splitlines()
    assert read.startswith("OpenError Failed to open shared memory: ")
    assert publish.startswith("CreateError Failed to create shared memory: ")
    for refused in (read, publish, remove):
        assert f"this process is user {OUTSIDER}" in refused
        assert f"user {OWNER}'s and group {GROUP}'s with mode 0640" in refused
    assert listed == "[]"
    assert write == "may not write"

    assert owner.communicate("\n", timeout=20)[0] == ""
    assert list(shm_dir.iterdir()) == []


@pytest.mark.parametrize("mode", ["600", "666"])
def test_another_users_dead_topic_stays_and_the_error_says_whose_it_is(
    mode: str, start_python: Start, run_python: Run, shm_dir: Path
) -> None:
    """The directory's sticky bit keeps it, even where everybody may write to the file."""
    owner = start_python(PUBLISH, who(OWNER, GROUP), mode)
    assert owner.stdout is not None
    assert owner.stdout.readline() == "ready\n"
    owner.send_signal(signal.SIGKILL)
    owner.wait(20)
    path = shm_dir / "shm_pub_sub.topic"

    ended = run_python(LOOK, who(OUTSIDER, OTHER_GROUP), path)
    assert ended.returncode == 0, ended.stderr
    read, publish, remove, *_ = ended.stdout.splitlines()
    assert read.startswith("OpenError " if mode == "600" else "done (-1, False)")
    assert publish.startswith("CreateError Failed to create shared memory: ")
    assert remove.startswith("OpenError ")
    for refused in (publish, remove):
        assert f"user {OWNER}'s and group {GROUP}'s with mode 0{mode}" in refused
    assert [left.name for left in shm_dir.iterdir()] == [path.name], "and nothing else is left"

    again = start_python(PUBLISH, who(OWNER, GROUP), mode)  # its owner takes it over
    assert again.communicate("\n", timeout=20)[0] == "ready\n"
    assert list(shm_dir.iterdir()) == []


def test_own_file_without_any_permission_is_a_clear_error(run_python: Run, shm_dir: Path) -> None:
    path = shm_dir / "shm_pub_sub.topic"
    path.touch()
    os.chown(path, OWNER, GROUP)
    path.chmod(0)
    ended = run_python(LOOK, who(OWNER, GROUP), path)
    assert ended.returncode == 0, ended.stderr
    read, publish, remove, listed, write = ended.stdout.splitlines()
    for kind, refused in zip(
        ("OpenError", "CreateError", "OpenError"), (read, publish, remove), strict=True
    ):
        assert refused.startswith(f"{kind} ")
        assert f"user {OWNER}'s and group {GROUP}'s with mode 0;" in refused
    assert (listed, write) == ("[]", "may not write")
    path.unlink()
