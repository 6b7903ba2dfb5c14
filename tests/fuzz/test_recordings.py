"""Recordings of any content: what play reads ends in a replay, or in one line of error."""

import json
import struct
from pathlib import Path

import pytest
import shm_pub_sub
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("mcap")
import lz4.frame
import zstandard
from cli import _mcap_suite as suite
from cli._replay import replay
from shm_pub_sub._recording import mcap_format
from support import json_values

START = 1_700_000_000_000_000_000
COMPRESSIONS = {
    "": bytes,
    "zstd": zstandard.ZstdCompressor().compress,
    "lz4": lz4.frame.compress,
    "br": bytes,
}
KINDS = st.sampled_from([bool, int, float])
NAMES = st.sampled_from(["a", "b/c", "", "/", "a\0", "\x1b[2J", "x" * 300]) | st.text(max_size=5)
TIMES = st.integers(START, START + 100) | st.sampled_from([0, 1, 2**63, 2**64 - 1])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
NONFINITE = st.sampled_from(
    ["NaN", "-Infinity", "NaN 0xff", "NaN 0x7ff0000000000000", "nan", "NaN 0x7ff8000000000001"]
)
CONTENTS = st.one_of(
    st.builds(lambda v: json.dumps({"value": v}).encode(), JSON),
    st.builds(lambda v: json.dumps({"nonfinite": v}).encode(), NONFINITE | JSON),
    st.integers(0, 6000).map(lambda digits: b'{"value":1' + b"0" * digits + b"}"),
    st.integers(0, 100_000).map(lambda depth: b'{"value":' + b"[" * depth),
    JSON.map(lambda value: json.dumps(value).encode()),
    st.binary(max_size=30),
)
SCHEMAS = st.one_of(
    KINDS.map(json_values.schema),
    KINDS.map(json_values.schema),
    st.builds(lambda v: json.dumps({"properties": {"value": {"type": v}}}).encode(), JSON),
    JSON.map(lambda value: json.dumps(value).encode()),
    st.integers(0, 100_000).map(lambda depth: b"[" * depth),
    st.binary(max_size=30),
)
METADATA = st.dictionaries(
    st.sampled_from(["buffer_num", "type"]),
    st.sampled_from(["0", "1", "9" * 5000, "-1", "1.5", "\u0663"]) | st.text(max_size=5),
)
NUMBERS = st.integers(0, 3)
RECORDS = st.lists(
    st.one_of(
        st.builds(
            suite.schema, NUMBERS, NAMES, st.sampled_from(["jsonschema", "protobuf"]), SCHEMAS
        ),
        st.builds(
            suite.channel, NUMBERS, NUMBERS, NAMES, st.sampled_from(["json", "cbor"]), METADATA
        ),
        st.builds(suite.message, NUMBERS, NUMBERS, TIMES, TIMES, CONTENTS),
        st.builds(
            suite.metadata,
            st.sampled_from(["shm_pub_sub.lost", "shm_pub_sub.left_out", "x"]),
            st.dictionaries(NAMES, st.sampled_from(["1", "-1", "x", "9" * 5000])),
        ),
        st.tuples(st.integers(0, 255), st.binary(max_size=60)).map(lambda r: suite.Record(*r)),
    ),
    max_size=8,
)
# Without the indexes that are of well-formed records only.
FORMS = st.frozensets(st.sampled_from(sorted({*suite.FEATURES} - {"ax", "mdx"})))
GOOD = [
    suite.schema(1, "float", "jsonschema", json_values.schema(float)),
    suite.channel(1, 1, "a", "json", {"buffer_num": "7"}),
    suite.schema(2, "int", "jsonschema", json_values.schema(int)),
    suite.channel(2, 2, "b", "json", {}),
    *(suite.message(1, n, START + n, START, b'{"value":%d.5}' % n) for n in range(4)),
    *(suite.message(2, n, START + n, START, b'{"value":%d}' % n) for n in range(4)),
    suite.metadata(mcap_format.LOST, {"a": "1"}),
]
EDITS = st.lists(
    st.tuples(
        st.sampled_from(["set", "insert", "delete", "repeat", "number", "cut"]),
        st.floats(0, 1, exclude_max=True),
        st.integers(0, 255),
        st.integers(1, 40),
    ),
    min_size=1,
    max_size=4,
)


def ends_well(path: Path) -> None:
    """Replay the file. Any other exception would be a traceback for the user."""
    printed = ""
    try:
        printed = replay(path)
    except shm_pub_sub.ShmError as error:
        printed = f"{error}".replace("\n", "\t")
    assert all(c.isprintable() or c == "\n" for c in printed.replace("\x1b", "?")), printed


@given(
    RECORDS, FORMS, st.sampled_from(sorted(COMPRESSIONS)), st.booleans(), st.tuples(TIMES, TIMES)
)
def test_records_of_any_content_are_replayed_or_explained(
    tmp_path: Path,
    records: list[suite.Record],
    form: frozenset[str],
    compression: str,
    described: bool,
    times: tuple[int, int],
) -> None:
    records = GOOD[:4] + records if described else records
    whole = bytearray(suite.build(records, form, (compression, COMPRESSIONS[compression])))
    header = struct.pack("<QQ", START, START)  # if there are messages, they are in a chunk
    if (place := whole.find(header)) >= 0:
        whole[place : place + 16] = struct.pack("<QQ", *times)
    path = tmp_path / "any.mcap"
    path.write_bytes(whole)
    ends_well(path)


@given(FORMS, st.sampled_from(sorted(COMPRESSIONS)), EDITS)
def test_damaged_recordings_are_replayed_or_explained(
    tmp_path: Path, form: frozenset[str], compression: str, edits: list[tuple[str, float, int, int]]
) -> None:
    data = bytearray(suite.build(GOOD, form, (compression, COMPRESSIONS[compression])))
    for what, where, value, length in edits:
        place = int(where * len(data))
        if what == "set":
            data[place : place + 1] = bytes([value])
        elif what == "insert":
            data[place:place] = bytes([value]) * length
        elif what == "delete":
            del data[place : place + length]
        elif what == "repeat":
            data[place:place] = data[place : place + length]
        elif what == "number":  # an impossible length or time
            data[place : place + 8] = struct.pack("<Q", 2**64 - 1 - value)
        else:
            del data[place:]
    path = tmp_path / "damaged.mcap"
    path.write_bytes(data)
    ends_well(path)


@given(st.binary(max_size=200), st.booleans())
def test_bytes_are_no_recording(tmp_path: Path, data: bytes, magic: bool) -> None:
    path = tmp_path / "bytes.mcap"
    path.write_bytes(suite.MAGIC * magic + data)
    ends_well(path)
