"""The check of `doctor` for memory of topics that are removed and still mapped."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import NamedTuple

from .._text import counted, listed, size
from .directory import LOW_BYTES
from .finding import OK, WARN, Finding

SHOWN = 3
"""Processes that are named."""

MAGIC_OFFSET, MAGIC = 65536, b"SHMPUBSB"
"""docs/memory-layout.md"""

_GONE = b" (deleted)"


class _Mapping(NamedTuple):
    """A part of a file that a process maps."""

    file: tuple[bytes, int]
    """The device, as /proc has it, and the inode."""
    first: int
    end: int
    """Offsets in the file."""


def removed(where: str) -> Finding:
    """No removed topic takes much memory. The kernel frees it when nobody maps it."""
    still_there = {entry.inode() for entry in os.scandir(where)}
    files: dict[tuple[bytes, int], set[_Mapping]] = {}
    holders: dict[int, int] = {}
    for pid in [int(name) for name in os.listdir("/proc") if name.isdecimal()]:
        try:
            mapped = {m for m in _mappings(pid, where) if m.file[1] not in still_there}
        except OSError:
            continue  # another user's, or ended meanwhile
        if mapped:
            holders[pid] = _bytes(mapped)
        for mapping in mapped:
            files.setdefault(mapping.file, set()).add(mapping)
    if not files:
        return Finding("removed", OK, "no removed topic is mapped")
    nbytes = sum(map(_bytes, files.values()))
    most = sorted(holders, key=lambda pid: -holders[pid])
    who = listed([f"process {pid} ({size(holders[pid])})" for pid in most], SHOWN)
    found = f"{size(nbytes)} of {counted(len(files), 'removed topic')} still mapped by {who}"
    if nbytes < LOW_BYTES:
        return Finding("removed", OK, found)
    do = "have them read the topic again or close it, and drop arrays of copy=False; or end them"
    return Finding("removed", WARN, found, do)


def _mappings(pid: int, where: str) -> Iterator[_Mapping]:
    """Yield what a process maps of removed topics of a directory, by proc_pid_maps(5)."""
    folder = os.fsencode(os.path.realpath(where)) + b"/"
    is_topic: dict[int, bool] = {}
    with open(f"/proc/{pid}/maps", "rb") as maps:
        for line in maps:
            cells = line.rstrip(b"\n").split(maxsplit=5)
            if len(cells) < 6 or not cells[5].startswith(folder) or not cells[5].endswith(_GONE):
                continue
            name, inode = cells[5][len(folder) : -len(_GONE)], int(cells[4])
            if re.fullmatch(rb"#\d+", name):  # a publisher's, which it made without a name
                if inode not in is_topic:
                    is_topic[inode] = _has_magic(pid, inode)
                if not is_topic[inode]:
                    continue
            elif not name.startswith((b"shm_pub_sub.", b"shm_pub_sub#")):
                continue
            begin, _, end = cells[0].partition(b"-")
            first = int(cells[2], 16)
            yield _Mapping((cells[3], inode), first, first + int(end, 16) - int(begin, 16))


def _has_magic(pid: int, inode: int) -> bool:
    """Report whether a process has a topic's file of that inode open."""
    for descriptor in os.listdir(f"/proc/{pid}/fd"):
        path = f"/proc/{pid}/fd/{descriptor}"
        try:
            if os.stat(path).st_ino == inode:
                with open(path, "rb") as file:
                    file.seek(MAGIC_OFFSET)
                    return file.read(len(MAGIC)) == MAGIC
        except OSError:
            continue  # closed meanwhile
    return False


def _bytes(mappings: set[_Mapping]) -> int:
    """Return the bytes of a file that mappings of it, or of several files, cover."""
    total = 0
    for file in {mapping.file for mapping in mappings}:
        end = 0
        for mapping in sorted(m for m in mappings if m.file == file):
            total += max(0, mapping.end - max(end, mapping.first))
            end = max(end, mapping.end)
    return total
