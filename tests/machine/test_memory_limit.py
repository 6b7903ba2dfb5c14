"""A cgroup's memory limit is an error that names it, before the kernel kills the process.

The kernel's files are read by shmpubsub/internal/memlimit, whose tests have trees of both versions;
here is a group of this machine.
"""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from shm_pub_sub import topics
from support.programs import Check, Run

LIMIT = 64 << 20
LIMITS = {  # of memory; then of swap, or of both together
    "memory.max": {"memory.swap.max": 0},
    "memory.limit_in_bytes": {"memory.memsw.limit_in_bytes": LIMIT},
}


def limited(group: Path) -> bool:
    """Set the limits of a new group; False if it has no memory controller."""
    for name, others in LIMITS.items():
        if (group / name).exists():
            (group / name).write_text(str(LIMIT))
            for other, value in others.items():
                if (group / other).exists():
                    (group / other).write_text(str(value))
            return True
    return False


@pytest.fixture
def group() -> Iterator[Path]:
    """A cgroup with a limit, which programs enter by `join`."""
    reasons = []
    for mount in ("/sys/fs/cgroup", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/unified"):
        group = Path(mount, f"shm_pub_sub-test-{os.getpid()}")
        try:
            group.mkdir()
        except OSError as error:
            reasons.append(str(error))
            continue
        try:
            if limited(group):
                yield group
                return
            reasons.append(f"no memory controller in {mount}")
        finally:
            group.rmdir()
    pytest.skip("; ".join(reasons))


JOIN = """
import os, re, resource, sys
with open(sys.argv[1] + "/cgroup.procs", "w") as procs:
    procs.write(str(os.getpid()))
"""

TOO_LARGE = """
from shm_pub_sub import *
try:
    Publisher("topic", 0, 10_000_000)
except CreateError as error:
    print(error)
    # As large as it says, but for what this program takes meanwhile; every page of it is used.
    fits = int(re.search(r"memory for a topic of (\\d+) bytes", str(error))[1]) - (4 << 20)
    with Publisher("topic", 0, fits // 32) as pub, Subscriber("topic", 0) as sub:
        for value in range(fits // 32):
            pub.publish(value)
        assert sub.subscribe() == (value, True)
"""


def test_topic_beyond_the_limit_is_an_error_and_the_process_lives_on(
    group: Path, check_python: Check, shm_dir: Path
) -> None:
    printed = check_python(JOIN + TOO_LARGE, group)
    assert printed.startswith('Failed to create shared memory: create "topic": reserve ')
    for words in (f"limit of {LIMIT} of cgroup {group};", "expected 3200", "--memory=1g"):
        assert words in printed
    assert list(shm_dir.iterdir()) == []


MANY = """
from shm_pub_sub import *
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 4096), most))
made = []
try:
    while len(made) < 3000:
        made.append(Publisher(f"topic/{len(made)}", 0, 870))
        made[-1].publish(1)
except CreateError as error:
    print(error)
    try:
        Publisher("again", 0, 870)  # as large: a small one may still find room
    except CreateError:
        print("refused again")
    del made[-100:]
    Publisher("again", 0).close()
"""


def test_topics_that_are_too_large_together_are_an_error(group: Path, check_python: Check) -> None:
    first, again = check_python(JOIN + MANY, group).splitlines()
    assert 'Failed to create shared memory: create "topic/' in first
    assert f"limit of {LIMIT}" in first
    assert again == "refused again"


DIE = """
from shm_pub_sub import *
pub = Publisher("topic", 0, int(sys.argv[2]))
pub.publish(1)
if sys.argv[3] == "die":
    os.kill(os.getpid(), 9)
print("made")
"""


def test_dead_publishers_topic_makes_room_for_its_successor(group: Path, run_python: Run) -> None:
    buffers = LIMIT * 6 // 10 // 32
    assert run_python(JOIN + DIE, group, buffers, "die").returncode == -9
    assert len(topics()) == 1
    ended = run_python(JOIN + DIE, group, buffers, "end")
    assert (ended.stdout, ended.stderr, ended.returncode) == ("made\n", "", 0)


DOCTOR = JOIN + "import shm_pub_sub._cli; sys.exit(shm_pub_sub._cli.main(sys.argv[3:]))"


def test_doctor_names_the_limit(group: Path, run_python: Run) -> None:
    ended = run_python(DOCTOR, group, 0, "doctor", "--format=json")
    verdicts = {v["check"]: v for v in map(json.loads, ended.stdout.splitlines())}
    assert verdicts["memory"]["verdict"] == "ok"
    assert f"within 64 MiB, the limit of cgroup {group}" in verdicts["memory"]["found"]


@pytest.mark.parametrize(("spare", "verdict"), [(0, "fail"), (512 << 10, "warn"), (8 << 20, "ok")])
def test_doctor_says_what_is_free(
    spare: int, verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shm_pub_sub._checks import machine  # noqa: PLC0415

    monkeypatch.setattr(machine, "memory_room", lambda: (spare, LIMIT, "/groups/a"))
    found = machine.memory()
    assert found.verdict == verdict
    assert "/groups/a" in found.found
    assert (found.remedy is None) == (verdict == "ok")
    monkeypatch.setattr(machine, "memory_room", lambda: None)
    assert machine.memory().verdict == "ok"
    assert sys.modules["shm_pub_sub._topics"].memory_room() is not None, "this machine has memory"
