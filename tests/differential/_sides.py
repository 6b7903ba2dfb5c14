"""The two sides: publishers and subscribers of the library in Python, and in a process in Go."""

from __future__ import annotations

import array
import os
import select
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import shm_pub_sub
from support.paths import TESTS
from support.programs import OPTIONS

from ._doomed import PID
from ._model import Answer

KINDS: dict[str, Any] = {"int": int, "float": float}


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


class CPublisher:
    """One of this process's."""

    def __init__(self, topic: str, kind: str, depth: int, retain: bool) -> None:
        self._kind = KINDS[kind]
        self._publisher = shm_pub_sub.Publisher(
            topic, self._kind(0), depth, retain=retain, replace=True
        )

    def publish(self, values: list[int]) -> None:
        if len(values) == 1:
            self._publisher.publish(self._kind(values[0]))
        else:
            self._publisher.publish_many(list(map(self._kind, values)))

    def close(self) -> None:
        self._publisher.close()


class LinePublisher:
    """One of another process's, in whatever language."""

    def __init__(self, lines: Any, *words: object) -> None:
        self._lines = lines
        self._number = id(self)
        lines.ask("publisher", self._number, *words)

    def publish(self, values: list[int]) -> None:
        self._lines.ask("publish", self._number, *values)

    def close(self) -> None:
        self._lines.ask("close", self._number)

    def kill(self) -> None:
        self._lines.kill()


class CSubscriber:
    def __init__(self, topic: str, history: int) -> None:
        self._subscriber = shm_pub_sub.Subscriber(topic, -1, history=history)

    def answer(self, what: str, limit: int = 0) -> tuple[Answer, int]:
        try:
            found: Answer = self._read(what, limit)
        except shm_pub_sub.TopicTypeError:
            found = "type"
        return found, self._subscriber.lost

    def _read(self, what: str, limit: int) -> list[int]:
        sub = self._subscriber
        if what == "take":
            value = sub.try_recv()
            return [] if value is None else [value]
        if what == "newest":
            value, ok = sub.subscribe()
            return [value] if ok else []
        if what == "drain":
            if limit == 0:
                return sub.drain()
            room = array.array("q", bytes(8 * limit))
            return list(room[: sub.drain(into=room)])
        try:
            found = sub.recv_sample(0) if what == "sample" else sub.sample()
        except shm_pub_sub.WaitTimeoutError:
            return []
        return [] if found is None else [found.value, found.sequence]

    def has_something(self) -> bool:
        return shm_pub_sub.select([self._subscriber], 0) != []

    def fileno(self) -> None:
        self._subscriber.fileno()

    def end(self) -> None:
        self._subscriber.close()


class GoSubscriber:
    def __init__(self, lines: Lines, topic: str, history: int) -> None:
        self._lines = lines
        self._number = id(self)
        self.refused = lines.ask("subscriber", self._number, topic, history)[0] == "type"

    def answer(self, what: str, limit: int = 0) -> tuple[Answer, int]:
        *found, lost = self._lines.ask(what, self._number, limit)
        return "type" if found == ["type"] else list(map(int, found)), int(lost)

    def end(self) -> None:
        self._lines.ask("end", self._number)
