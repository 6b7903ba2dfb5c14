"""The actors' processes: starts, kills and stops them, and logs when.

What the log says of an end is true: a `dead` is written when waitpid has returned, so that by then
the kernel has dropped all that the process held.
"""

import contextlib
import ctypes
import faulthandler
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ._log import Log

PR_SET_CHILD_SUBREAPER = 36


@dataclass
class Process:
    actor: str
    pid: int
    role: str
    topic: int | None
    continue_at: float | None = None  # it is stopped until then


class Processes:
    """All of them. Children of actors that outlive these become this process's own."""

    def __init__(self, folder: Path, log: Log, lifetime: int) -> None:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self._folder, self._log, self._lifetime = folder, log, lifetime
        self._by_pid: dict[int, Process] = {}
        self._started = 0
        self.kills = self.stops = self.orphans = 0

    def of(self, *roles: str, topic: int | None = None) -> list[Process]:
        return [
            process
            for process in self._by_pid.values()
            if process.role in roles and topic in (None, process.topic)
        ]

    def start(self, role: str, topic: int | None, run: Callable[[Log], None]) -> None:
        """Runs it in a new process, whose end is the end of run."""
        self._started += 1
        actor = f"{role}{self._started}"
        self._log("start", actor)
        pid = os.fork()
        if pid == 0:
            self._run(Log(self._folder, actor), run)
        self._by_pid[pid] = Process(actor, pid, role, topic)

    def _run(self, log: Log, run: Callable[[Log], None]) -> None:
        try:
            signal.alarm(self._lifetime)
            faulthandler.register(signal.SIGUSR1, all_threads=True)
            run(log)
            os._exit(0)
        except BaseException as error:
            log("fault", "raised", repr(error))
        finally:
            os._exit(1)

    def kill(self, process: Process) -> None:
        self._log("kill", process.actor)
        os.kill(process.pid, signal.SIGKILL)
        _, status = os.waitpid(process.pid, 0)
        self._ended(process, status)
        self.kills += os.WIFSIGNALED(status)

    def stop(self, process: Process, seconds: float) -> None:
        if process.continue_at is not None:
            return
        self._log("stop", process.actor)
        os.kill(process.pid, signal.SIGSTOP)
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            self._ended(process, status)
            return
        self._log("stopped", process.actor)
        process.continue_at = time.monotonic() + seconds
        self.stops += 1

    def attend(self, all_now: bool = False) -> None:
        """Continue stopped processes whose time has come, and note which have ended."""
        for process in self._by_pid.values():
            if process.continue_at is not None and (
                all_now or time.monotonic() > process.continue_at
            ):
                self._log("continue", process.actor)
                os.kill(process.pid, signal.SIGCONT)
                process.continue_at = None
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                if pid in self._by_pid:
                    self._ended(self._by_pid[pid], status)
                else:
                    self.orphans += 1
                    self._complain("an orphan", status)

    def _ended(self, process: Process, status: int) -> None:
        self._log("dead", process.actor)
        del self._by_pid[process.pid]
        self._complain(process.actor, status)

    def _complain(self, who: str, status: int) -> None:
        code = os.waitstatus_to_exitcode(status)
        if code not in (0, -signal.SIGKILL):
            self._log("fault", "ended", [who, code])

    def wait_for_all(self, seconds: float) -> None:
        """Wait until no process is left; one that is there after that many seconds hangs."""
        deadline = time.monotonic() + seconds
        while self._is_anyone_left():
            self.attend(all_now=True)
            if time.monotonic() > deadline:
                for process in list(self._by_pid.values()):
                    self._log("fault", "hangs", process.actor)
                    os.kill(process.pid, signal.SIGUSR1)  # faulthandler writes where it is
                    time.sleep(0.2)
                    self.kill(process)
                return
            time.sleep(0.005)

    @staticmethod
    def _is_anyone_left() -> bool:
        try:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return False
        return True
