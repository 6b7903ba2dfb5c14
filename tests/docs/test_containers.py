"""containers.md: a read-only directory, and a directory of a group."""

import os
import sys
from pathlib import Path

import pytest
import shm_pub_sub
from support.namespaces import MOUNT, launcher
from support.programs import Run, Start

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount, and become others")

GROUP = 62001
READER = """
import shm_pub_sub
topic = shm_pub_sub.Subscriber("topic", 0)
print("ready", flush=True)
print([topic.recv(timeout=30) for _ in range(3)])
try:
    shm_pub_sub.Publisher("another", 0)
except shm_pub_sub.CreateError as error:
    print(error)
"""


def test_a_reader_with_a_read_only_directory_receives_and_cannot_publish(
    start_python: Start, shm_dir: Path, tmp_path: Path
) -> None:
    launcher(*MOUNT)
    (tmp_path / "seen").mkdir()
    mount = 'mount --bind "$1" "$2" && mount -o remount,bind,ro "$2"'
    read = 'SHM_PUB_SUB_DIR="$2" exec "$3" "$4"'
    enter = (
        f"import os, sys\nshell = ['unshare', '--mount', 'sh', '-c', {f'{mount} && {read}'!r}]\n"
    )
    enter += "os.execvp(shell[0], [*shell, 'sh', *sys.argv[1:]])\n"
    (tmp_path / "reader.py").write_text(READER)
    with shm_pub_sub.Publisher("topic", 0) as pub:
        words = (shm_dir, tmp_path / "seen", sys.executable, tmp_path / "reader.py")
        reader = start_python(enter, *words)
        assert reader.line() == "ready"
        pub.publish_many([1, 2, 3])
        assert reader.line() == "[1, 2, 3]"
        assert "read-only file system" in reader.line()
        reader.wait(30)


MEMBER = """
import os, sys, shm_pub_sub
shm_pub_sub.topics()  # the library is loaded: its files may be in a place that only root can read
user, group = int(sys.argv[1]), int(sys.argv[2])
os.setgroups([group])
os.setresgid(user, user, user)
os.setresuid(user, user, user)
topic = shm_pub_sub.Publisher("turns", 0, mode=0o660)
topic.publish(user)
print(shm_pub_sub.Subscriber("turns", 0).subscribe(), flush=True)
if sys.argv[3:]:
    os.kill(os.getpid(), 9)
"""


def test_members_of_a_group_take_turns_in_its_directory(run_python: Run, shm_dir: Path) -> None:
    os.chown(shm_dir, 0, GROUP)
    shm_dir.chmod(0o2770)
    assert run_python(MEMBER, 61001, GROUP, "killed").stdout == "(61001, True)\n"
    (left,) = shm_dir.iterdir()
    assert (left.stat().st_uid, left.stat().st_gid) == (61001, GROUP)
    assert run_python(MEMBER, 61002, GROUP).stdout == "(61002, True)\n"
