"""The processes of topics: the commands of publishers, and the readers."""

from __future__ import annotations

import os
from typing import NamedTuple

from shm_pub_sub import TopicInfo

FILES = "/shm_pub_sub."
"""What the names of topics' files begin with: FileName in internal/segment/name.go."""


class Commands:
    """Finds the commands of publishers; inspects each process once."""

    def __init__(self) -> None:
        self._processes: dict[int, _Process] = {}

    def of(self, topic: TopicInfo) -> str | None:
        """Return the command line of the topic's publisher, or None.

        topic.pid belongs to the publisher's pid namespace; here another process may have that
        number, even a subscriber of the topic. So the process must hold a live publisher's lock on
        byte 0 of the file. None: it runs in another container, or as another user.
        """
        if not topic.alive or topic.pid <= 0:
            return None
        process = self._processes.get(topic.pid)
        if process is None:
            process = self._processes[topic.pid] = _Process(topic.pid)
        return process.command if process.holds(topic.path) else None


class _Process:
    """A process of this pid namespace; empty if the pid is unused or another user's."""

    def __init__(self, pid: int) -> None:
        self._folder = f"/proc/{pid}"
        self._files: dict[tuple[int, int], list[str]] = {}
        self.command: str | None = None
        try:
            self.command = _command(pid)
            for descriptor in os.listdir(f"{self._folder}/fd"):
                try:
                    file = os.stat(f"{self._folder}/fd/{descriptor}")
                except OSError:
                    continue  # closed meanwhile
                self._files.setdefault((file.st_dev, file.st_ino), []).append(descriptor)
        except OSError:
            pass

    def holds(self, path: str) -> bool:
        """Report whether it holds the lock of the topic's live publisher."""
        try:
            file = os.stat(path)
            descriptors = self._files.get((file.st_dev, file.st_ino), ())
            return any(_locks_byte_0(f"{self._folder}/fdinfo/{d}") for d in descriptors)
        except OSError:
            return False


class Reader(NamedTuple):
    """A process that has a topic's file open."""

    pid: int
    command: str | None


class Readers:
    """Finds the processes that read topics; looks at each process once.

    Those are all that /proc shows of this user's, or for root of everybody's, in this pid namespace
    and those in it.
    """

    def __init__(self) -> None:
        self._found: dict[tuple[int, int], list[tuple[int, str]]] | None = None
        self._commands: dict[int, str | None] = {}

    def of(self, topic: TopicInfo) -> list[Reader]:
        """Return the processes, other than this one, that have the topic's file open to read it.

        The publisher is one of them if it also subscribes.
        """
        if self._found is None:
            self._found = _open_topics()
        try:
            file = os.stat(topic.path)
        except OSError:
            return []  # removed meanwhile
        pids: dict[int, None] = {}
        for pid, descriptor in self._found.get((file.st_dev, file.st_ino), ()):
            try:
                if not _locks_byte_0(f"/proc/{pid}/fdinfo/{descriptor}"):
                    pids[pid] = None
            except OSError:
                continue  # closed meanwhile
        return [Reader(pid, self._command(pid)) for pid in pids]

    def _command(self, pid: int) -> str | None:
        if pid not in self._commands:
            try:
                self._commands[pid] = _command(pid)
            except OSError:
                self._commands[pid] = None  # ended meanwhile
        return self._commands[pid]


def _open_topics() -> dict[tuple[int, int], list[tuple[int, str]]]:
    """Return the pids and descriptors that have topics' files open, by device and inode."""
    found: dict[tuple[int, int], list[tuple[int, str]]] = {}
    for pid in sorted(int(name) for name in os.listdir("/proc") if name.isdecimal()):
        if pid == os.getpid():
            continue
        try:
            descriptors = os.listdir(f"/proc/{pid}/fd")
        except OSError:
            continue  # another user's, or ended meanwhile
        for descriptor in descriptors:
            path = f"/proc/{pid}/fd/{descriptor}"
            try:
                # stat() of other files may block, as on a network file system that hangs.
                if FILES not in os.readlink(path):
                    continue
                file = os.stat(path)
            except OSError:
                continue  # closed meanwhile
            found.setdefault((file.st_dev, file.st_ino), []).append((pid, descriptor))
    return found


def _command(pid: int) -> str | None:
    """Return the command line of a process; None of a zombie or a thread of the kernel."""
    words = _read(f"/proc/{pid}/cmdline").rstrip(b"\0").split(b"\0")
    return os.fsdecode(b" ".join(words)) or None


def _locks_byte_0(fdinfo: str) -> bool:
    """Report whether the descriptor holds the publisher's lock, by proc(5)."""
    for line in _read(fdinfo).splitlines():
        words = line.split()  # lock: 1: OFDLCK ADVISORY WRITE -1 00:15:7 0 0
        if words[0] == b"lock:" and words[2] == b"OFDLCK" and words[4] == b"WRITE":
            return words[-2:] == [b"0", b"0"]
    return False


def _read(path: str) -> bytes:
    """Return a file of /proc. os.read() takes a third of the time of open()."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, 1 << 16)
    finally:
        os.close(descriptor)
