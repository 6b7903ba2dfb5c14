"""A log for each actor; a kill loses no line of it."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SUFFIX = ".log"


class Log:
    """Appends lines [what, time, detail...]. The time is CLOCK_MONOTONIC, ns, of just before."""

    def __init__(self, folder: Path, actor: str) -> None:
        self.folder, self.actor = folder, actor
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._fd = os.open(path_of(folder, actor), flags, 0o600)

    def __call__(self, what: str, *details: Any) -> None:
        line = json.dumps([what, time.monotonic_ns(), *details], separators=(",", ":"))
        os.write(self._fd, line.encode() + b"\n")

    def close(self) -> None:
        os.close(self._fd)


def path_of(folder: Path, actor: str) -> Path:
    return folder / f"{actor}{SUFFIX}"


def lines(path: Path) -> Iterator[list[Any]]:
    """The lines of a log. The last one may be half there: its writer was killed in write(2)."""
    with path.open(encoding="utf-8") as log:
        for line in log:
            if line.endswith("\n"):
                yield json.loads(line)
