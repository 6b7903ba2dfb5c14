"""Stages of a run: two at a time, each with a log, a time limit and a line in the final report."""

from __future__ import annotations

import os
import queue
import resource
import shlex
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from build_machine import BUILD, ROOT

LOGS = BUILD / "logs"
LANES = 2
HEARTBEAT = 30
"""Seconds between the lines that say what is running."""

STOP = 10
"""Seconds for the stages to end after an interrupt."""

LIMIT = 1800
"""Seconds after which a stage has hung, unless it says otherwise."""


@dataclass(frozen=True)
class Stage:
    """One step of a run. It starts when those named in `needs` and `after` have ended."""

    name: str
    action: Callable[[], None]
    needs: Sequence[str] = ()
    """Stages that have to pass first."""

    after: Sequence[str] = ()
    """Stages that have to end first."""

    limit: float = LIMIT


@dataclass
class Running:
    """A stage that has started."""

    stage: Stage
    log: TextIO
    start: float = field(default_factory=time.monotonic)
    children: set[subprocess.Popen[str]] = field(default_factory=set)
    fault: str = ""
    processor: float = 0
    """Seconds of processor time of what has ended: on a machine with other work, these count."""

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.start

    def end(self, fault: str) -> None:
        """Kill what the stage has started."""
        self.fault = self.fault or fault
        for child in list(self.children):
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)


_current: ContextVar[Running] = ContextVar("_current")
_skips: Counter[str] = Counter()


def say(*words: object) -> None:
    """Print into the log of the stage that runs in this thread."""
    running = _current.get(None)
    print(*words, file=running.log if running else sys.stdout, flush=True)


def skip(reason: str, count: int = 1) -> None:
    """Name in the report what was not checked."""
    _skips[reason] += count


@contextmanager
def started(command: Sequence[str | Path], **options: object) -> Iterator[subprocess.Popen[str]]:
    """Start a command, and wait at the end for its end; the stage's end kills it."""
    say("+", shlex.join(map(str, command)))
    running = _current.get(None)
    everything: dict[str, object] = {
        "cwd": ROOT,
        "stdin": subprocess.DEVNULL,
        "stdout": running.log if running else None,
        "stderr": running.log if running else None,
        "text": True,
        "errors": "replace",
        "start_new_session": running is not None,  # to be killed with all its children
    }
    process: subprocess.Popen[str]
    with subprocess.Popen(list(map(str, command)), **(everything | options)) as process:  # type: ignore[call-overload]
        if running:
            running.children.add(process)
        try:
            yield process
        finally:
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if running:
                running.children.discard(process)
                running.processor += used.ru_utime + used.ru_stime


def run(*command: str | Path, env: dict[str, str] | None = None) -> None:
    """Run a command; what it prints goes into the stage's log."""
    with started(command, env=env) as process:
        pass
    check(process, command)


def output(*command: str | Path, env: dict[str, str] | None = None) -> str:
    """Run a command and return what it printed."""
    with started(command, env=env, stdout=subprocess.PIPE) as process:
        printed = process.stdout.read() if process.stdout else ""
    check(process, command, printed)
    return printed


def check(process: subprocess.Popen[str], command: Sequence[str | Path], printed: str = "") -> None:
    """Fail unless the command has ended well."""
    if process.returncode:
        line = shlex.join(map(str, command))
        raise SystemExit(f"{printed}\nended with {process.returncode}: {line}".lstrip())


class Run:
    """Runs the stages in their order, as many at a time as there are lanes."""

    def __init__(self, stages: Sequence[Stage], lanes: int) -> None:
        self.waiting = list(stages)
        self.lanes = lanes
        self.running: list[Running] = []
        self.ended: queue.SimpleQueue[Running] = queue.SimpleQueue()
        self.verdicts: dict[str, str] = {}
        self.faults: list[str] = []
        self.report: list[str] = []
        self.start = time.monotonic()

    def ready(self) -> Stage | None:
        """Return the next stage that may start now."""
        if len(self.running) >= self.lanes:
            return None
        ended = self.verdicts.keys()
        ready = (stage for stage in self.waiting if ended >= {*stage.needs, *stage.after})
        return next(ready, None)

    def begin(self, stage: Stage) -> None:
        """Start a stage in a thread; or fail it, if a stage that it needs has failed."""
        self.waiting.remove(stage)
        if lacks := [name for name in stage.needs if self.verdicts[name] != "ok"]:
            self.note(Running(stage, sys.stdout, fault=f"needs: {', '.join(lacks)}"), "NOT RUN")
            return
        log = sys.stdout
        if self.lanes > 1:
            file = "".join(c if c.isalnum() or c in ".-" else "-" for c in stage.name)
            log = (LOGS / f"{file}.log").open("w+", encoding="utf-8", errors="replace")
        else:
            print(f"\n=== {stage.name}", flush=True)
        running = Running(stage, log)
        self.running.append(running)
        threading.Thread(target=self.work, args=(running,), daemon=True).start()

    def work(self, running: Running) -> None:
        _current.set(running)
        try:
            running.stage.action()
        except (subprocess.CalledProcessError, OSError, SystemExit) as error:
            running.fault = running.fault or str(error)
        except BaseException:
            running.fault = running.fault or traceback.format_exc()
        finally:
            self.ended.put(running)

    def note(self, ended: Running, verdict: str) -> None:
        name = ended.stage.name
        self.verdicts[name] = verdict
        self.report.append(f"{verdict:7} {ended.seconds:6.1f} s {ended.processor:7.1f} s  {name}")
        if ended.fault:
            self.faults.append(f"=== {name}\n{ended.fault}")

    def finish(self, running: Running) -> None:
        """Print all that a stage has printed, in one piece."""
        self.running.remove(running)
        verdict = "FAILED" if running.fault else "ok"
        if running.log is not sys.stdout:
            running.log.seek(0)
            text = running.log.read().rstrip()
            running.log.close()
            print(f"\n=== {running.stage.name}: {verdict}, {running.seconds:.1f} s\n{text}")
        if running.fault:
            print(running.fault)
        sys.stdout.flush()
        self.note(running, verdict)

    def wait(self) -> None:
        """Wait for a stage to end; say meanwhile what is running, and end what has hung."""
        beat = time.monotonic() + HEARTBEAT
        while True:
            try:
                self.finish(self.ended.get(timeout=1))
                return
            except queue.Empty:
                pass
            for one in self.running:
                if one.seconds > one.stage.limit:
                    one.end(f"killed: it took more than {one.stage.limit:.0f} s")
            if self.lanes > 1 and time.monotonic() > beat:
                beat += HEARTBEAT
                names = (f"{one.stage.name} ({one.seconds:.0f} s)" for one in self.running)
                print(f"{time.monotonic() - self.start:5.0f} s: {', '.join(names)}", flush=True)

    def all(self) -> None:
        try:
            while self.waiting or self.running:
                while stage := self.ready():
                    self.begin(stage)
                if self.running:
                    self.wait()
        finally:
            self.stop()

    def stop(self) -> None:
        """End what still runs; a stage may just be starting another process."""
        until = time.monotonic() + STOP
        while self.running and time.monotonic() < until:
            for one in self.running:
                one.end("interrupted")
            with suppress(queue.Empty):
                self.running.remove(self.ended.get(timeout=0.1))

    def conclude(self) -> None:
        """Print the report: every stage, what was skipped, every failure."""
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        total, processor = time.monotonic() - self.start, used.ru_utime + used.ru_stime
        print("", "          taken processor  stage", *self.report, sep="\n")
        print(f"{'':7} {total:6.1f} s {processor:7.1f} s  in all")
        for reason, count in sorted(_skips.items()):
            print(f"skipped {count:6}    {reason}")
        print(*self.faults, sep="\n", flush=True)
        if self.faults:
            raise SystemExit(1)


def run_all(stages: Sequence[Stage], lanes: int = LANES) -> None:
    """Run every stage, so that one run names everything that is wrong.

    With one lane, what a stage prints appears at once; with more, when the stage has ended.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):  # stages have sessions of their own
        if signal.getsignal(number) is signal.SIG_DFL:  # under nohup SIGHUP is ignored
            signal.signal(number, lambda *_: sys.exit(1))
    LOGS.mkdir(parents=True, exist_ok=True)
    everything = Run(stages, lanes)
    everything.all()
    everything.conclude()
