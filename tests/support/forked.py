"""A forked child of the test's process, which runs a generator of the test step by step."""

import faulthandler
import os
import signal
import tempfile
from collections.abc import Callable, Generator, Iterator
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import Any, NoReturn

import pytest

DEADLINE = 30.0
"""Seconds until a step, or the end, counts as missing."""

LIFETIME = 100

Steps = Callable[[], Generator[Any, None, None]]


class Forked:
    """steps() in a forked child: each next() here goes on to its next yield, and returns that.

    The child ends by os._exit() after the last step, or at end(), with nothing else run.
    """

    def __init__(self, steps: Steps) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by end()
        self._connection, theirs = Pipe()
        self.ended = False
        parent = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            self._run(steps, theirs, parent)
        theirs.close()
        self._pidfd = os.pidfd_open(self.pid)

    def next(self) -> Any:
        """Returns what the child yields next, or raises what it raised."""
        self._connection.send("next")
        self._wait_for([self._connection, self._pidfd], "no step")
        if not self._connection.poll():
            pytest.fail(f"the child ended:\n{self._traceback()}")
        returned, value = self._connection.recv()
        if not returned:
            raise value
        return value

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        self._wait()

    def end(self) -> None:
        """End it, in any step."""
        if not self.ended:
            self._connection.send("end")
            self._wait_for([self._pidfd], "no end")
            self._wait()
        self._connection.close()
        self._errors.close()

    def abandon(self) -> None:
        """Release everything, in any state."""
        if not self.ended:
            self.kill()
        self._connection.close()
        self._errors.close()

    def _wait_for(self, what: list[Any], missing: str) -> None:
        if not wait(what, DEADLINE):
            os.kill(self.pid, signal.SIGUSR1)  # faulthandler writes where it is
            wait([self._pidfd], 0.5)
            self.kill()
            pytest.fail(f"{missing} within {DEADLINE} s; the child was at:\n{self._traceback()}")

    def _wait(self) -> None:
        os.waitpid(self.pid, 0)
        os.close(self._pidfd)
        self.ended = True

    def _traceback(self) -> str:
        return os.pread(self._errors.fileno(), 1 << 20, 0).decode(errors="replace")

    def _run(self, steps: Steps, connection: Connection, parent: int) -> NoReturn:
        try:
            signal.alarm(LIFETIME)
            faulthandler.register(signal.SIGUSR1, file=self._errors.fileno(), all_threads=True)
            generator = steps()
            while self._next_word(connection, parent) == "next":
                answer: tuple[bool, Any]
                try:
                    answer = True, next(generator)
                except StopIteration:
                    answer = True, None
                except Exception as error:
                    answer = False, error
                connection.send(answer)
        finally:
            os._exit(0)

    @staticmethod
    def _next_word(connection: Connection, parent: int) -> str:
        """Wait for the parent's next word. No end of file: this process has that end too."""
        while not connection.poll(0.5):
            if os.getppid() != parent:
                return "end"
        word: str = connection.recv()
        return word


ForkChild = Callable[[Steps], Forked]


@pytest.fixture
def fork_child(shm_dir: object) -> Iterator[ForkChild]:
    """fork_child(steps): a forked child, which ends with the test at the latest."""
    children: list[Forked] = []

    def start(steps: Steps) -> Forked:
        children.append(Forked(steps))
        return children[-1]

    yield start
    for child in children:
        child.abandon()
