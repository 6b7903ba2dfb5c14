"""A program's topics end with it, however it ends short of SIGKILL."""

import re
import signal
import subprocess
from pathlib import Path

import pytest
from support.programs import Check, Run, Start

BEGIN = """\
import shm_pub_sub, sys, threading, time
publishers = [shm_pub_sub.Publisher(f"topic/{n}", n, n + 1) for n in range(5)]
for publisher in publishers:
    publisher.publish(5)
subscriber = shm_pub_sub.Subscriber("topic/0", 0)
assert subscriber.subscribe() == (5, True)
"""

# After atexit their owner has closed: the error is as promised then.
THREADS = """
def publish():
    try:
        while True:
            for publisher in publishers:
                publisher.publish(6)
                subscriber.subscribe()
    except shm_pub_sub.ClosedError:
        while True:
            time.sleep(1)

for _ in range(4):
    threading.Thread(target=publish, daemon=True).start()
"""

# Opens publishers as well, up to the very end.
MAKERS = """
def make(name):
    try:
        while True:
            with shm_pub_sub.Publisher(name, 0) as made:
                made.publish(1)
    except BaseException:
        pass

for n in range(3):
    threading.Thread(target=make, args=(f"made/{n}",), daemon=True).start()
time.sleep(0.05)
"""

CYCLE = """
class Node:
    pass
node = Node()
node.itself, node.publisher = node, publishers.pop()
del node
"""

ENDS = {
    "falls off its end": ("", 0),
    "sys.exit": ("sys.exit(3)", 3),
    "sys.exit in a thread": ("threading.Thread(target=sys.exit).start()", 0),
    "an exception": ("raise LookupError('the end')", 1),
    "a cycle holds one": (CYCLE, 0),
    "one is held by a builtin module": ("import builtins; builtins.kept = publishers", 0),
    "a closed one among them": ("publishers[2].close()", 0),
    "a thread outlives main": (
        "threading.Thread(target=lambda: (time.sleep(0.1), publishers[0].publish(1))).start()",
        0,
    ),
    "daemon threads publish": (THREADS, 0),
    "daemon threads publish, sys.exit": (THREADS + "sys.exit(3)", 3),
    "daemon threads publish, an exception": (THREADS + "raise LookupError('the end')", 1),
}


@pytest.mark.parametrize("end", ENDS)
def test_nothing_is_left_when_a_program_ends_by(end: str, run_python: Run, shm_dir: Path) -> None:
    code, status = ENDS[end]
    ended = run_python(BEGIN + code)
    assert ended.returncode == status, ended.stderr
    complaint = re.sub(r"(?s)^Traceback.*LookupError: the end\n$", "", ended.stderr)
    assert complaint == ""
    assert list(shm_dir.iterdir()) == []


@pytest.mark.parametrize("run", range(5))
def test_a_program_whose_daemon_threads_make_publishers_ends(
    run: int, check_python: Check, shm_dir: Path
) -> None:
    check_python(BEGIN + MAKERS)
    assert list(shm_dir.iterdir()) == []


def test_nothing_is_left_after_ctrl_c(start_python: Start, shm_dir: Path) -> None:
    code = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n" + BEGIN
    code += "print('ready', flush=True)\nwhile True:\n    publishers[0].publish(1)\n"
    process = start_python(code, stderr=subprocess.PIPE)
    assert process.line() == "ready"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == -signal.SIGINT
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert list(shm_dir.iterdir()) == []


def test_a_program_that_only_imports_ends_at_once(run_python: Run) -> None:
    ended = run_python("import shm_pub_sub, threading; print(threading.active_count())")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "1\n", "")
