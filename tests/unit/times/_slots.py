"""The times in a topic's file, whatever its type is."""

import struct
from pathlib import Path

from support.layout import FIELDS, FIRST_SLOT, topic_file


def times(directory: Path) -> list[int]:
    """Return the times of the values that are whole, in order."""
    with topic_file(directory).open("rb") as file:

        def read(name: str) -> int:
            offset, form = FIELDS[name]
            file.seek(offset)
            (number,) = struct.unpack(form, file.read(struct.calcsize(form)))
            return int(number)

        stride, slots = read("stride"), read("slots")

        def all_slots() -> list[tuple[int, int]]:
            file.seek(FIRST_SLOT)
            data = file.read(stride * slots)
            return [struct.unpack_from("<QQ", data, stride * i) for i in range(slots)]

        found = all_slots()
        whole = [slot for slot, again in zip(found, all_slots(), strict=True) if slot == again]
    return [ns for sequence, ns in sorted(whole) if sequence and sequence % 2 == 0]
