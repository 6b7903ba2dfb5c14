"""billiard, the multiprocessing of Celery: its children end by os._exit(), and leave no topic."""

from pathlib import Path

import pytest
from support.programs import Run

from ._installed import need

BEGIN = """
import os, signal, sys, warnings
warnings.simplefilter("ignore")
import billiard, billiard.pool
import shm_pub_sub

def keep(name):
    global publisher
    publisher = shm_pub_sub.Publisher(name, 0, replace=True)
    publisher.publish(os.getpid())
    return os.getpid()

def fail(name):
    keep(name)
    raise LookupError(name)

def leave(name):
    keep(name)
    sys.exit(3)

def on_exit(pid, code):
    sys.stderr.write("on_exit\\n")

if __name__ == "__main__":
    signal.alarm(60)
    context = billiard.get_context(sys.argv[1])
"""

PROCESS = """
    process = context.Process(target=globals()[sys.argv[2]], args=("topic",))
    process.start()
    process.join()
    print(process.exitcode)
"""

POOL = """
    options = {"on_process_exit": on_exit} if sys.argv[2] == "hook" else {}
    pool = billiard.pool.Pool(1, context=context, maxtasksperchild=2, **options)
    for n in range(4):
        assert pool.apply(keep, (f"topic/{n}",)) != os.getpid()
    pool.close()
    pool.join()
    print("ended")
"""


@pytest.mark.parametrize("target", [("keep", 0), ("fail", 1), ("leave", 3)])
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_process_leaves_no_topic(
    method: str, target: tuple[str, int], run_python: Run, shm_dir: Path
) -> None:
    need("billiard")
    ended = run_python(BEGIN + PROCESS, method, target[0], timeout=60)
    assert (ended.returncode, ended.stdout) == (0, f"{target[1]}\n"), ended.stderr
    assert list(shm_dir.iterdir()) == []


@pytest.mark.parametrize("hook", ["hook", "no hook"])
def test_a_pools_workers_leave_no_topic(hook: str, run_python: Run, shm_dir: Path) -> None:
    """Each does two tasks. A pool's own hook for that end, as Celery's, is called as well."""
    need("billiard")
    ended = run_python(BEGIN + POOL, "fork", hook, timeout=60)
    assert (ended.returncode, ended.stdout) == (0, "ended\n"), ended.stderr
    assert ("on_exit" in ended.stderr) == (hook == "hook")
    assert list(shm_dir.iterdir()) == []
