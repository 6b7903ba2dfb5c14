"""Owners and modes of the files; a subscriber cannot write."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from shm_pub_sub import Publisher, Subscriber
from support.programs import Check, Run, Start

from ._users import BECOME, NOBODY, needs_root, who

AS_NOBODY = who(NOBODY, NOBODY)


@pytest.fixture
def _umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.usefixtures("_umask")
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o777])
@pytest.mark.parametrize("mode", [None, 0o600, 0o640, 0o644, 0o660, 0o666])
def test_mode_is_exact_whatever_the_umask(umask: int, mode: int | None, shm_dir: Path) -> None:
    os.umask(umask)
    options: dict[str, Any] = {} if mode is None else {"mode": mode}
    with Publisher("topic", 0, **options) as pub, Subscriber("topic", -1) as sub:
        assert os.umask(umask) == umask, "it is the process's, and was left alone"
        (path,) = shm_dir.iterdir()
        assert stat.S_IMODE(path.stat().st_mode) == (mode or 0o600)
        pub.publish(1)
        assert sub.subscribe() == (1, True)


def test_directory_without_permission_says_whose_it_is(shm_dir: Path, run_python: Run) -> None:
    shm_dir.chmod(0o555)
    become = BECOME if os.geteuid() == 0 else "from shm_pub_sub import *\nimport os\n"
    ended = run_python(
        become + "try: Publisher('topic', 0)\n"
        "except RuntimeError as error: print(type(error).__name__, error)\n"
        "print(Subscriber('topic', 7).subscribe())",
        AS_NOBODY,
    )
    shm_dir.chmod(0o700)
    assert ended.returncode == 0, ended.stderr
    error, missing = ended.stdout.splitlines()
    assert error.startswith("CreateError Failed to create shared memory: ")
    for words in (str(shm_dir), f"user {os.geteuid()}", "0555", "SHM_PUB_SUB_DIR"):
        assert words in error
    assert missing == "(7, False)"


@needs_root
def test_another_users_topic_is_a_clear_error(shm_dir: Path, check_python: Check) -> None:
    shm_dir.chmod(0o1777)
    program = BECOME + (
        "for use in (lambda: Publisher('topic', 0), lambda: Subscriber('topic', 0),\n"
        "            lambda: inspect('topic'), lambda: remove('topic')):\n"
        "    try: use()\n"
        "    except RuntimeError as error: print(type(error).__name__, error)\n"
        "print(topics())\n"
    )
    with Publisher("topic", 0) as pub:
        pub.publish(1)
        create, subscribe, inspect, remove, listed = check_python(program, AS_NOBODY).splitlines()
        for line in (create, subscribe, inspect, remove):
            assert "mode 0600" in line
            assert "user 0" in line
        assert create.startswith("CreateError Failed to create shared memory: ")
        assert subscribe.startswith("OpenError Failed to open shared memory: ")
        assert listed == "[]"
        assert Subscriber("topic", 0).subscribe() == (1, True)


@needs_root
def test_mode_lets_another_user_read_but_not_write(shm_dir: Path, check_python: Check) -> None:
    shm_dir.chmod(0o1777)
    program = BECOME + (
        "sub = Subscriber('topic', 7)\n"
        "print(sub.subscribe(), sub.publisher_alive)\n"
        "for use in (lambda: Publisher('topic', 0), lambda: remove('topic')):\n"
        "    try: use()\n"
        "    except RuntimeError as error: print(type(error).__name__)\n"
        "try: open(inspect('topic').path, 'r+b')\n"
        "except PermissionError: print('read only')\n"
    )
    with Publisher("topic", 0, mode=0o644) as pub:
        pub.publish(1)
        read, *errors, last = check_python(program, AS_NOBODY).splitlines()
        assert read == "(1, True) True"
        assert len(errors) == 2
        assert last == "read only"


@pytest.mark.shm_leaves_files("who may not remove the name at the end leaves it")
@needs_root
def test_publisher_that_cannot_remove_its_name_hangs_nobody(shm_dir: Path, run_python: Run) -> None:
    shm_dir.chmod(0o755)  # root's, and the publisher is no longer root when it ends
    ended = run_python(
        "import logging, os, shm_pub_sub\n"
        "logging.basicConfig()\n"
        "pub = shm_pub_sub.Publisher('topic', 0, mode=0o644)\n"
        "sub = shm_pub_sub.Subscriber('topic', 7)\n"
        "pub.publish(1)\n"
        "assert sub.subscribe() == (1, True)\n"
        "os.setresuid(65534, 65534, 65534)\n"
        "pub.close()\n"
        "print(sub.subscribe(), flush=True)\n"
        "print(shm_pub_sub.Subscriber('topic', 7).subscribe())\n",
        timeout=20,
    )
    assert ended.stdout.splitlines() == ["(7, False)"] * 2, ended.stderr
    assert "topic" in ended.stderr, "the log says what was left"


def mappings(pid: int, directory: Path) -> list[str]:
    """The permissions of the process's mappings of files in directory, unlinked ones included."""
    inodes = {path.stat().st_ino for path in directory.iterdir()}
    found = []
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        fields = line.split()
        if int(fields[4]) in inodes and "/dev/shm" in line:
            found.append(fields[1])
    return found


def test_subscriber_maps_the_file_read_only(shm_dir: Path, start_python: Start) -> None:
    with Publisher("topic", 0, 1000) as pub:
        pub.publish(1)
        assert "rw-s" in mappings(os.getpid(), shm_dir)
        child = start_python(
            "import os, shm_pub_sub\n"
            "subs = [shm_pub_sub.Subscriber('topic', 7) for _ in range(3)]\n"
            "print([sub.subscribe() for sub in subs], flush=True)\n"
            "input()\n"
        )
        assert child.line() == f"{[(1, True)] * 3}"
        found = mappings(child.pid, shm_dir)
        assert len(found) >= 3
        assert set(found) == {"r--s"}
        flags = [
            int(line.split()[1], 8)
            for entry in Path(f"/proc/{child.pid}/fdinfo").iterdir()
            if os.path.realpath(f"/proc/{child.pid}/fd/{entry.name}").startswith(str(shm_dir))
            for line in entry.read_text().splitlines()
            if line.startswith("flags:")
        ]
        assert flags
        assert all(flag & os.O_ACCMODE == os.O_RDONLY for flag in flags)
        assert all(flag & os.O_CLOEXEC for flag in flags)
        child.communicate("\n", timeout=20)


def test_started_programs_inherit_no_descriptors(shm_dir: Path, run_python: Run) -> None:
    with Publisher("topic", 0) as pub, Subscriber("topic", 0):
        pub.publish(1)
        ended = run_python(
            "import os\n"
            "print([os.readlink(f'/proc/self/fd/{fd}') for fd in os.listdir('/proc/self/fd')\n"
            "       if os.path.exists(f'/proc/self/fd/{fd}')])\n",
            close_fds=False,
        )
        assert str(shm_dir) not in ended.stdout


@needs_root
def test_topic_that_becomes_unreadable_is_an_open_error(shm_dir: Path, start_python: Start) -> None:
    shm_dir.chmod(0o1777)
    with Publisher("topic", 0, mode=0o644) as readable:
        readable.publish(1)
        program = BECOME + (
            "sub = Subscriber('topic', 7)\n"
            "print(sub.subscribe(), flush=True)\n"
            "input()\n"
            "for _ in range(3):\n"
            "    try: sub.subscribe()\n"
            "    except OpenError as error: print('OpenError', flush=True)\n"
            "assert repr(sub) and not sub.closed\n"
            "input()\n"
            "print(sub.subscribe())\n"
        )
        child = start_python(program, AS_NOBODY)
        assert child.line() == "(1, True)"
        secret = Publisher("topic", 0, mode=0o600, replace=True)
        child.tell("")
        assert [child.line() for _ in range(3)] == ["OpenError"] * 3
        secret.close()
        out, _ = child.communicate("\n", timeout=20)
        assert out == "(7, False)\n"
