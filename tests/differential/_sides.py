"""The two sides: publishers and subscribers of the library in Python, and in a process in Go."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from support.paths import TESTS
from support.programs import OPTIONS

from ._doomed import PID


class NoAnswer(Exception):
    pass


class Lines:
    """Sends a line, and returns the words of the line that comes back."""

    def __init__(self, reading: Any, writing: Any, patience: float = 20.0) -> None:
        self._reading, self._writing, self._patience = reading, writing, patience

    def ask(self, *words: object) -> list[str]:
        self._writing.write(f"{' '.join(map(str, words))}\n".encode())
        if not select.select([self._reading], [], [], self._patience)[0]:
            raise NoAnswer(f"found no answer within {self._patience} s")
        answer: bytes = self._reading.readline()
        if not answer.endswith(b"\n"):
            raise NoAnswer("found the end of the process")
        found = answer.decode().split()
        if found[:1] == ["error"]:
            raise NoAnswer(" ".join(found))
        return found


class GoProcess(Lines):
    """actor/main.go."""

    def __init__(self, program: Path, patience: float) -> None:
        self._process = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
        super().__init__(self._process.stdout, self._process.stdin, patience)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._reading.close()
        self._writing.close()


class Doomed(Lines):
    """A fork of _doomed.py."""

    def __init__(self, pid: int, connection: socket.socket, kill: Callable[[int], object]) -> None:
        self._pid, self._connection, self._kill = pid, connection, kill
        stream = connection.makefile("rwb", buffering=0)
        super().__init__(stream, stream)

    def kill(self) -> None:
        self._kill(self._pid)
        self._reading.close()
        self._connection.close()


class Parent:
    """_doomed.py."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair()
        path = os.pathsep.join(filter(None, (str(TESTS), os.environ.get("PYTHONPATH"))))
        with theirs:
            number = str(theirs.fileno())
            self._process = subprocess.Popen(
                [sys.executable, *OPTIONS, "-m", "differential._doomed", number],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env=os.environ | {"PYTHONPATH": path},
            )

    def fork(self) -> Doomed:
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._control, [PID.pack(0)], [theirs.fileno()])
            return Doomed(self._answer(), ours, self._kill)

    def _kill(self, pid: int) -> None:
        self._control.sendall(PID.pack(pid))
        self._answer()

    def _answer(self) -> int:
        (pid,) = PID.unpack(self._control.recv(PID.size, socket.MSG_WAITALL))
        return int(pid)

    def end(self) -> None:
        self._control.close()
        self._process.wait()


class LinePublisher:
    """One of another process's, in whatever language."""

    def __init__(self, lines: Any, *words: object) -> None:
        self._lines = lines
        self._number = id(self)
        lines.ask("publisher", self._number, *words)

    def publish(self, values: list[int]) -> str:
        return " ".join(self._lines.ask("publish", self._number, *values))

    def publish_at(self, ns: int, value: int) -> str:
        return " ".join(self._lines.ask("publish_at", self._number, ns, value))

    def lend(self, loan: int, value: int) -> str:
        return " ".join(self._lines.ask("lend", self._number, self._name(loan), value))

    def give(self, loan: int, how: str) -> str:
        return " ".join(self._lines.ask("return", self._number, self._name(loan), how))

    def _name(self, loan: int) -> str:
        return f"{self._number}.{loan}"

    def close(self) -> None:
        self._lines.ask("close", self._number)

    def kill(self) -> None:
        self._lines.kill()
