"""What containers.md says of a directory that is mounted read-only."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import shm_pub_sub

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


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
def test_a_reader_with_a_read_only_directory_receives_and_cannot_publish(
    start_python: Callable[..., "subprocess.Popen[str]"], shm_dir: Path, tmp_path: Path
) -> None:
    probe = subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False)
    if probe.returncode:
        pytest.skip("mounting is not allowed here")
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
        assert reader.stdout is not None
        assert reader.stdout.readline() == "ready\n"
        pub.publish_many([1, 2, 3])
        assert reader.stdout.readline() == "[1, 2, 3]\n"
        assert "read-only file system" in reader.stdout.readline()
        reader.wait(30)
