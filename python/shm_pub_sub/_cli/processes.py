"""The commands of topics' publishers."""

from __future__ import annotations

import os

from shm_pub_sub import TopicInfo


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
            words = _read(f"{self._folder}/cmdline").rstrip(b"\0").split(b"\0")
            self.command = os.fsdecode(b" ".join(words)) or None
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
