"""Every operation on a topic's file with any content, in a process of its own.

A crash or a hang there is a failed test, not the end of the test run. The processes are forked by
one that has imported the library and done nothing with it.
"""

import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

from support.programs import DEADLINE, OPTIONS, Program

DEFAULT = 0.25
NEW = 9.5

PROGRAM = f"""
path = Path(os.environ["SHM_PUB_SUB_DIR"], "shm_pub_sub.topic")

def attempt(what, action):
    print(what, end=" ", flush=True)
    try:
        result = action()
        print(json.dumps(["value", result, None, None]))
        return result
    except ShmError as error:
        names = [cls.__name__ for cls in type(error).__mro__]
        print(json.dumps(["error", str(error), names, type(error).__name__]))

aside = path.with_name("aside")
path.rename(aside)
early = Subscriber("topic", {DEFAULT})
attempt("absent", early.subscribe)
aside.rename(path)

attempt("early", early.subscribe)
attempt("early again", early.subscribe)
attempt("early alive", lambda: early.publisher_alive)
attempt("early buffers", lambda: early.buffer_num)
attempt("early repr", lambda: repr(early))
attempt("late", lambda: Subscriber("topic", {DEFAULT}).subscribe())
attempt("late again", lambda: Subscriber("topic", {DEFAULT}).subscribe())
attempt("int", lambda: Subscriber("topic", 5).subscribe()[1])
attempt("bool", lambda: Subscriber("topic", True).subscribe()[1])
attempt("inspect", lambda: inspect("topic").published)
attempt("topics", lambda: [topic.name for topic in topics()])

def publish():
    global pub
    pub = Publisher("topic", 0.0)
    pub.publish({NEW})

pub = None
attempt("publish", publish)
attempt("early after", early.subscribe)
attempt("late after", lambda: Subscriber("topic", {DEFAULT}).subscribe())
if pub is not None:
    pub.close()
else:
    attempt("remove", lambda: remove("topic"))
attempt("end", early.subscribe)
"""


class Outcome(NamedTuple):
    kind: str
    value: Any
    """The result, or the error's text."""
    classes: list[str] | None
    name: str | None

    @property
    def missing(self) -> bool:
        return bool(self.value == [DEFAULT, False])


FORKING = f"""
import json, os, signal, sys
from pathlib import Path
import shm_pub_sub
from shm_pub_sub import *

program = compile({PROGRAM!r}, "probe", "exec")
for line in sys.stdin:
    domain, printed = json.loads(line)
    pid = os.fork()
    if pid == 0:
        signal.alarm({DEADLINE:.0f})
        os.environ["SHM_PUB_SUB_DIR"] = domain
        for stream in (sys.stdout, sys.stderr):
            file = os.open(f"{{printed}}{{stream.fileno()}}", os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
            os.dup2(file, stream.fileno())
        exec(program, {{**globals(), "__name__": "__main__"}})
        sys.exit()
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


class Prober:
    """Forks a process for every probe."""

    def __init__(self, folder: Path) -> None:
        self._printed = folder / "printed"
        self._program = Program(sys.executable, *OPTIONS, "-u", "-c", FORKING)

    def __call__(self, path: Path) -> dict[str, Outcome]:
        """Return each operation's outcome on a topic's file; the process itself must succeed."""
        path.lstat()  # it exists, even as a dangling link
        status = self._program.ask(json.dumps([str(path.parent), str(self._printed)]))
        out, err = (Path(f"{self._printed}{number}").read_text() for number in (1, 2))
        assert (status, err) == ("0", ""), (status, out.splitlines()[-1:], err)
        outcomes = {}
        for line in out.splitlines():
            what, _, rest = line.partition(" [")
            outcomes[what] = Outcome(*json.loads("[" + rest))
        return outcomes

    def end(self) -> None:
        self._program.release()


def assert_nothing_is_read(outcomes: dict[str, Outcome]) -> None:
    """Every read is a clear error or (default, False)."""
    for what in ("early", "early again", "late", "late again"):
        outcome = outcomes[what]
        if outcome.kind == "error":
            assert outcome.classes is not None
            assert "RuntimeError" in outcome.classes or "TypeError" in outcome.classes
            assert "topic" in outcome.value
        else:
            assert outcome.missing, (what, outcome)
    for what in ("int", "bool"):
        assert outcomes[what].kind == "error" or outcomes[what].value is False


def assert_taken_over(outcomes: dict[str, Outcome]) -> None:
    """A new publisher replaces it, and everybody reads the new one."""
    assert outcomes["publish"].kind == "value", outcomes["publish"]
    assert outcomes["early after"].value == [NEW, True], outcomes["early after"]
    assert outcomes["late after"].value == [NEW, True], outcomes["late after"]
    assert outcomes["end"].missing
