"""A fresh Python process that calls functions for the test."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from multiprocessing import Pipe
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

import pytest

from .paths import TESTS
from .programs import OPTIONS

DEADLINE = 30.0
"""Seconds until an answer, or an end, counts as missing."""

VARIABLE = "SHM_PUB_SUB_PEER_PYTHON"
PYTHON = os.environ.get(VARIABLE, sys.executable)
"""What peers run: another Python here shows that both talk, also one for another processor."""


class Peer:
    """A process that calls functions by their names, and returns or raises here what they did.

    What a function leaves in its module stays there for the next one.
    """

    def __init__(self, *launcher: str, **environment: str) -> None:
        """launcher: words before its command, which start it in a namespace, for example."""
        self._connection, theirs = Pipe()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by end()
        path = os.pathsep.join(filter(None, (str(TESTS), os.environ.get("PYTHONPATH"))))
        with theirs:
            self._process = subprocess.Popen(
                [
                    *launcher,
                    PYTHON,
                    *OPTIONS,
                    "-m",
                    "support.peer_main",
                    str(theirs.fileno()),
                ],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=self._errors,
                stderr=self._errors,
                env=os.environ | {"PYTHONPATH": path} | environment,
            )
        self._pidfd = os.pidfd_open(self.pid)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def output(self) -> str:
        """What it wrote on stdout and stderr."""
        return os.pread(self._errors.fileno(), 1 << 20, 0).decode(errors="replace")

    def begin(self, function: Callable[..., Any], *args: Any) -> None:
        """Lets it call a function, and does not wait."""
        self._connection.send((function, args))

    def answer(self, timeout: float = DEADLINE) -> Any:
        """Returns what the function returned, or raises what it raised."""
        if not wait([self._connection, self._pidfd], timeout):
            self._fail_late("no answer")
        if not self._connection.poll():
            self._process.wait()
            pytest.fail(f"peer ended with {self._process.returncode}:\n{self.output}")
        returned, value = self._connection.recv()
        if not returned:
            if self.output:
                print(f"the peer wrote:\n{self.output}")  # for pytest to show
            raise value
        return value

    def has_answered(self) -> bool:
        """Report whether answer() would return at once."""
        return bool(wait([self._connection, self._pidfd], 0))

    def call(self, function: Callable[..., Any], *args: Any, timeout: float = DEADLINE) -> Any:
        self.begin(function, *args)
        return self.answer(timeout)

    def kill(self) -> None:
        """Kills it with SIGKILL and waits until it is gone."""
        self._process.kill()
        self._process.wait(DEADLINE)

    def send_signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def finish(self) -> None:
        """Let it end normally, with nothing written."""
        assert self.wait() == 0, self.output
        assert self.output == ""

    def wait(self) -> int:
        """Let it end normally, and return the exit status."""
        self._tell_to_end()
        if not wait([self._pidfd], DEADLINE):
            self._fail_late("no end")
        return self._process.wait()

    def end(self) -> None:
        """Release everything, in any state."""
        if self._process.poll() is None:
            self._tell_to_end()
            self._process.send_signal(signal.SIGCONT)
            if not wait([self._pidfd], 5):
                self._process.kill()
        self._process.wait()
        self._connection.close()
        os.close(self._pidfd)
        self._errors.close()

    def _tell_to_end(self) -> None:
        # A word, because end of file may never come: forks of this process have this end too.
        with contextlib.suppress(OSError):
            self._connection.send(None)

    def _fail_late(self, what: str) -> None:
        self._process.send_signal(signal.SIGUSR1)  # faulthandler writes where it is
        wait([self._pidfd], 0.5)
        self.kill()
        pytest.fail(f"{what} within its deadline; the peer was at:\n{self.output}")


NewPeer = Callable[..., Peer]


@pytest.fixture
def new_peer(shm_dir: Path) -> Iterator[NewPeer]:
    """new_peer(): another process in the test's domain, which ends with the test at the latest."""
    peers: list[Peer] = []

    def start(*launcher: str, **environment: str) -> Peer:
        peers.append(Peer(*launcher, **environment))
        return peers[-1]

    yield start
    for peer in peers:
        peer.end()


@pytest.fixture
def peer(new_peer: NewPeer) -> Peer:
    return new_peer()
