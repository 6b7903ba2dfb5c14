"""A topic's file as the protocol sees it: which words changed, and where in a write they are."""

import mmap
import struct
from pathlib import Path

from support.layout import FIELDS, FIRST_SLOT, HEADER

HEAD = FIELDS["head"][0]
COUNT = FIELDS["slots"][0]
STRIDE = 32
IN_SLOT = {0: "sequence", 8: "time", 16: "payload"}

AT_REST, BEING_WRITTEN, WRITTEN = "at rest", "sequence odd", "slot written, head not moved"


class Memory:
    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 0)
        self._words = memoryview(self._map).cast("Q")
        self.slots = self._words[COUNT // 8]

    def snapshot(self) -> bytes:
        """The used part: the wait word, its neighbour, and everything from the second page on."""
        return self._map[:8] + self._map[HEADER:]

    @property
    def head(self) -> int:
        return self._words[HEAD // 8]

    def being(self) -> str:
        """Return which step of writing the next value it has reached."""
        k = self.head + 1
        sequence = self._words[(FIRST_SLOT + k % self.slots * STRIDE) // 8]
        return {2 * k - 1: BEING_WRITTEN, 2 * k: WRITTEN}.get(sequence, AT_REST)

    def set_waiting(self, epoch: int) -> None:
        struct.pack_into("<I", self._map, 0, epoch << 1 | 1)

    def __enter__(self) -> "Memory":
        return self

    def __exit__(self, *error: object) -> None:
        self._words.release()
        self._map.close()


def changes(before: bytes, after: bytes) -> list[tuple[str, int]]:
    """The words that differ between two snapshots, and their new values."""
    found = []
    for at in range(0, len(before), 8):
        if before[at : at + 8] != after[at : at + 8]:
            offset = at and at - 8 + HEADER
            found.append((_field(offset), int.from_bytes(after[at : at + 8], "little")))
    return found


def _field(offset: int) -> str:
    if offset == 0:
        return "wait"
    if offset == HEAD:
        return "head"
    index, inside = divmod(offset - FIRST_SLOT, STRIDE)
    return f"slot {index} {IN_SLOT[inside]}" if index >= 0 else f"offset {offset}"
