"""Environment variables for Go programs have no effect on this library."""

import pytest
from support.programs import Run

PROGRAM = """
import os, signal, sys
caught = []
signal.signal(signal.SIGURG, lambda *found: caught.append(found))
from shm_pub_sub import *
if sys.argv[1] == "child":
    pid = os.fork()
    if pid:
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
for _ in range(50):
    with Publisher("topic", 0) as publisher, Subscriber("topic", -1) as subscriber:
        publisher.publish(1)
        assert subscriber.subscribe() == (1, True)
    topics()
assert caught == []
print(len(os.listdir("/proc/self/task")) <= 9)
"""


@pytest.mark.parametrize("where", ["process", "child"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GOMEMLIMIT", "512Mi"),  # Kubernetes' unit; Go's is MiB
        ("GOMEMLIMIT", "lots"),
        ("GOGC", "nonsense"),
        ("GOMAXPROCS", "64"),
        ("GOTRACEBACK", "crash"),
        ("GODEBUG", "asyncpreemptoff=0,gctrace=1,inittrace=1,schedtrace=1"),
        ("GODEBUG", "sbrk=1,gcstoptheworld=2,efence=1"),
    ],
)
def test_variable_for_go_programs_has_no_effect(
    name: str, value: str, where: str, monkeypatch: pytest.MonkeyPatch, run_python: Run
) -> None:
    monkeypatch.setenv(name, value)
    ended = run_python(f"import warnings; warnings.simplefilter('ignore')\n{PROGRAM}", where)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "True\n", "")
