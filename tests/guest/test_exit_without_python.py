"""A process that embeds Python and calls exit() without finalizing it."""

import shutil
from pathlib import Path

import pytest
from shm_pub_sub import Subscriber
from support.programs import Run

PROGRAM = """
import ctypes, os, sys, threading
from shm_pub_sub import Publisher

libc = ctypes.CDLL(None)  # whose functions are called without the GIL
publishers = [Publisher(f"topic/{n}", 0) for n in range(3)]
retained = Publisher("retained", 0, retain=True)
retained.publish(7)
gone = Publisher("gone", 0)
os.remove(os.path.join(os.environ["SHM_PUB_SUB_DIR"], "shm_pub_sub.gone"))
publishers.pop().close()

if sys.argv[1] == "in a child":
    pid = os.fork()
    if pid == 0:
        child = Publisher("child", 0)
        libc.exit(0)
    os.waitpid(pid, 0)
    found = sorted(os.listdir(os.environ["SHM_PUB_SUB_DIR"]))
    assert len(found) == 3, found  # the parent's are its own to end
elif sys.argv[1] == "from a thread":
    thread = threading.Thread(target=libc.exit, args=(3,))
    thread.start()
    thread.join()
libc.exit(3)
"""


@pytest.mark.parametrize("how", ["at once", "in a child", "from a thread"])
def test_topics_end(
    how: str, run_python: Run, shm_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shm_dir / "größer"
    folder.mkdir()
    monkeypatch.setenv("SHM_PUB_SUB_DIR", str(folder))
    with Subscriber("topic/0", 0) as before, Subscriber("retained", 0) as retained:
        ended = run_python(PROGRAM, how)
        assert (ended.returncode, ended.stderr) == (3, "")
        assert [path.name for path in folder.iterdir()] == ["shm_pub_sub.retained"]
        assert before.subscribe() == (0, False)
        assert retained.subscribe() == (7, True)
    shutil.rmtree(folder)
