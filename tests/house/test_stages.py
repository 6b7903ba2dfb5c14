"""The stages of `build.py test`: what fails is named at the end, and nothing hangs."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support import programs
from support.paths import ROOT
from support.programs import Start, run

PROGRAM = """
import sys
sys.path[:0] = [{ci!r}, {root!r}]
from functools import partial
from pathlib import Path
from stages import Stage, run, run_all, say, skip
import stages
stages.LOGS = Path({logs!r})

def leave_out():
    skip("no such machine", 2)

run_all([
    Stage("passes", partial(run, "echo", "all is well")),
    Stage("fails", partial(run, "sh", "-c", "echo why it failed; exit 3")),
    Stage("needs it", partial(say, "never"), needs=["fails"]),
    Stage("hangs", partial(run, "sleep", "1000"), limit=1),
    Stage("leaves out", leave_out, after=["passes"]),
    Stage("breaks", lambda: 1 / 0),
])
"""


ENDLESS = """
import sys
sys.path[:0] = [{ci!r}, {root!r}]
from functools import partial
from stages import Stage, run, run_all

sleep = partial(run, "sh", "-c", "exec >{fifo}; echo started; sleep 1000 & sleep 1001")
run_all([Stage("sleeps", sleep)], lanes=1)
"""

VERDICTS = {
    "passes": "ok",
    "fails": "FAILED",
    "needs it": "NOT RUN",
    "hangs": "FAILED",
    "leaves out": "ok",
    "breaks": "FAILED",
}


def test_every_failure_is_named_and_what_was_skipped(tmp_path: Path) -> None:
    program = PROGRAM.format(ci=str(ROOT / ".ci"), root=str(ROOT), logs=str(tmp_path))
    ended = programs.run(sys.executable, "-c", program, timeout=60)
    assert ended.returncode == 1, ended.stderr
    assert "\nall is well\n" in ended.stdout
    assert "never" not in ended.stdout
    report = ended.stdout.partition("taken processor  stage")[2]
    found = re.findall(r"(?m)^(ok|FAILED|NOT RUN) +[\d.]+ s +[\d.]+ s  (.+)$", report)
    assert {name: verdict for verdict, name in found} == VERDICTS
    for line in (
        "skipped      2    no such machine",
        "ended with 3: sh -c",
        "killed: it took more than 1 s",
        "ZeroDivisionError",
    ):
        assert line in report


def test_edit_environment_is_not_made_again_when_it_is_activated() -> None:
    code = "import edit; print(edit.digest('build.py'))"
    environment = os.environ | {"PYTHONPATH": f"{ROOT / '.ci'}:{ROOT}"}
    pythons = (sys.executable, sys._base_executable)  # type: ignore[attr-defined]
    inside, outside = (run(python, "-c", code, env=environment, check=True) for python in pythons)
    assert inside.stdout == outside.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_no_process_of_a_stage_outlives_an_interrupted_run(
    start_command: Start, tmp_path: Path, number: int
) -> None:
    child = tmp_path / "child"
    os.mkfifo(child)
    program = ENDLESS.format(ci=str(ROOT / ".ci"), root=str(ROOT), fifo=str(child))
    running = start_command(sys.executable, "-c", program, stderr=subprocess.DEVNULL)
    # What holds the other end are the stage's processes.
    with child.open() as end:
        assert end.readline() == "started\n"
        running.send_signal(number)
        assert end.read() == ""
    assert running.wait(30) != 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("test --fast tests/unit", "found several of"),
        ("test --python 3.12 -k name", "found several of"),
        ("test --fast --all", "found several of"),
        ("soak tests/unit", "takes no tests/unit"),
    ],
)
def test_arguments_that_would_be_ignored_are_refused(words: str, said: str) -> None:
    ended = run(sys.executable, "build.py", *words.split(), cwd=ROOT, timeout=60)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert said in ended.stderr
