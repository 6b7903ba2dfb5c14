"""Recordings of all types whose records are damaged while the checksums are right.

The damage reaches what reads channels, definitions and messages. It ends in a replay of other
values, or in one line of error.
"""

import json
import struct
from pathlib import Path
from typing import Any

import pytest
import shm_pub_sub
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("mcap")
from cli import _mcap_suite as suite
from cli._replay import replay
from shm_pub_sub._messages import message_of

START = 1_700_000_000_000_000_000
TYPES: dict[str, tuple[dict[str, Any], Any]] = {
    "bool": ({}, True),
    "float": ({"unit": "m"}, 1.5),
    '{"kind":"scalar","dtype":"<u2"}': ({}, b"\1\2"),
    '{"kind":"text","max":9}': ({"description": "said"}, b"hello"),
    '{"kind":"bytes","max":9}': ({"attributes": {"format": "jpeg"}}, b"\xff\xd8"),
    '{"kind":"list","dtype":"<f8","max":3}': ({}, struct.pack("<2d", 1, 2)),
    '{"kind":"array","dtype":"<i2","shape":[2,3]}': ({}, bytes(12)),
    '{"kind":"array","dtype":"<u1","shape":[2,3,3]}': (
        {"attributes": {"encoding": "rgb8"}},
        bytes(18),
    ),
    '{"kind":"array","dtype":"<f4","shape":[null,3],"max":2}': (
        {"attributes": {"names": ["x", "y", "z"]}},
        struct.pack("<3f", 1, 2, 3),
    ),
    '{"kind":"record","name":"R","size":32,"fields":[["n","<i8",0],'
    '["t",{"kind":"text","max":8},8]]}': ({}, struct.pack("<qQ8s", 1, 2, b"ab") + bytes(8)),
}


def records(ours: bool) -> list[suite.Record]:
    """Return two values of each type; without our metadata, the file is another program's."""
    found = []
    for number, (descriptor, (metadata, value)) in enumerate(TYPES.items(), 1):
        message = message_of(descriptor, metadata)
        about = {"descriptor": descriptor, "metadata": json.dumps(metadata), "buffer_num": "2"}
        found += [
            suite.schema(number, message.schema_name, "ros2msg", message.schema),
            suite.channel(number, number, f"t{number}", "cdr", about if ours else {}),
        ]
        data = b"".join(message.encode(value, START))
        found += [suite.message(number, n, START + n, START, data) for n in range(2)]
    return found


ORIGINAL = {ours: records(ours) for ours in (True, False)}
EDITS = st.lists(
    st.tuples(
        st.floats(0, 1, exclude_max=True),  # which record
        st.floats(0, 1, exclude_max=True),  # where in it
        st.sampled_from(["set", "cut", "insert"]),
        st.integers(0, 255) | st.sampled_from(b'"{}[],:<0123456789/\n'),
    ),
    min_size=1,
    max_size=6,
)


def damaged(record: suite.Record, where: float, how: str, value: int) -> suite.Record:
    content = bytearray(record.content)
    place = int(where * len(content))
    if how == "set":
        content[place] = value
    elif how == "cut":
        del content[place:]
    else:
        content[place:place] = bytes([value])
    return record._replace(content=bytes(content))


@given(st.booleans(), EDITS)
def test_damaged_records_are_replayed_or_explained(
    tmp_path: Path, shm_dir: Path, ours: bool, edits: list[tuple[float, float, str, int]]
) -> None:
    changed = [*ORIGINAL[ours]]
    for which, *edit in edits:
        number = int(which * len(changed))
        if changed[number].content:
            changed[number] = damaged(changed[number], *edit)
    path = tmp_path / "damaged.mcap"
    path.write_bytes(suite.build(changed, frozenset({"ch"})))
    try:
        printed = replay(path)
    except shm_pub_sub.ShmError as error:
        printed = str(error).replace("\n", " ")
    assert all(c.isprintable() or c == "\n" for c in printed), printed
    for left in shm_dir.iterdir():  # of a damage that says that a topic is retained
        left.unlink()


@pytest.mark.parametrize("ours", [True, False])
def test_undamaged_they_are_all_replayed(tmp_path: Path, ours: bool) -> None:
    path = tmp_path / "whole.mcap"
    path.write_bytes(suite.build(ORIGINAL[ours], frozenset({"ch"})))
    printed = replay(path)
    assert "skipped" not in printed
    assert printed.count("\nt") == len(TYPES)
