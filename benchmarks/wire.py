"""What it costs bridges to write and read messages with values, beside cbor2.

    python benchmarks/wire.py [--quick] [--json FILE]

Both begin and end with values as shared memory has them, and write the same map of CBOR: cbor2
gets records as dicts and numbers side by side as bytes, which struct and array make of them.
"""

from __future__ import annotations

import argparse
import json
import platform
import struct
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cbor2
from harness.timing import measure, quiet, timer
from shm_pub_sub._network.messages import codec_of, pack_value, pack_values, unpack_values

N = 1000
POINT = struct.Struct("<4di?3x")
FIELDS = ("stamp", "x", "y", "z", "ring", "valid")
DTYPES = ("<f8", "<f8", "<f8", "<f8", "<i4", "<b1")
PLACED = [*zip(FIELDS, DTYPES, (0, 8, 16, 24, 32, 36), strict=True)]
RECORD = json.dumps({"kind": "record", "size": 40, "fields": PLACED}, separators=(",", ":"))
TYPES = {
    "int": "int",
    f"{N} ints": "int",
    "480x640x3 bytes": '{"kind":"array","dtype":"<u1","shape":[480,640,3]}',
    "record of 6 fields": RECORD,
    f"{N} of these in an array": f'{{"kind":"array","dtype":{RECORD},"shape":[{N}]}}',
}
point = POINT.pack(1.5, 1, 2, 3, -4, True)
VALUES: dict[str, Any] = dict(
    zip(TYPES, (-5, [*range(N)], bytes(480 * 640 * 3), point, point * N), strict=True)
)
NOW = 1_700_000_000_000_000_000
TIMES = [NOW - 1000 * n for n in reversed(range(N))]
OURS = "pack_value(codec, raw, 5, now, 7)", "unpack_values(codec, message)"
MANY = "pack_values(codec, raw, 5, times, 7)", OURS[1]
START, END = "dumps({", ", 'n': 5, 't': now, 'i': 7})"
THEIRS = {
    "int": (f"{START}'v': raw{END}", "loads(message)['v']"),
    f"{N} ints": (
        f"{START}'m': len(raw), 'v': tag(79, array('q', raw).tobytes()), "
        f"'d': tag(70, array('I', [times[-1] - t for t in times]).tobytes()){END}",
        "f = loads(message); memoryview(f['v'].value).cast('q').tolist(); "
        "[f['t'] - t for t in memoryview(f['d'].value).cast('I')]",
    ),
    "480x640x3 bytes": (
        f"{START}'v': tag(40, [[480, 640, 3], tag(64, raw)]){END}",
        "loads(message)['v'].value[1].value",
    ),
    "record of 6 fields": (
        f"{START}'v': dict(zip(fields, point.unpack(raw))){END}",
        "point.pack(*loads(message)['v'].values())",
    ),
    f"{N} of these in an array": (
        f"{START}'v': [dict(zip(fields, each)) for each in point.iter_unpack(raw)]{END}",
        "b''.join([point.pack(*each.values()) for each in loads(message)['v']])",
    ),
}


def rows(share: int) -> dict[str, Callable[[int], float]]:
    """Return a row for each type, for packing and unpacking, ours and cbor2's."""
    found: dict[str, Callable[[int], float]] = {}
    for name, descriptor in TYPES.items():
        codec, raw = codec_of(descriptor), VALUES[name]
        ours, theirs = MANY if isinstance(raw, list) else OURS, THEIRS[name]
        names = {"codec": codec, "raw": raw, "now": NOW, "times": TIMES, "point": POINT}
        names |= {"fields": FIELDS, "array": array, "tag": cbor2.CBORTag}
        names |= {"dumps": cbor2.dumps, "loads": cbor2.loads, "unpack_values": unpack_values}
        names |= {"pack_value": pack_value, "pack_values": pack_values}
        names["message"] = message = eval(ours[0], names)
        assert unpack_values(codec, eval(theirs[0], names)) == unpack_values(codec, message)
        for whose, statements in (("ours", ours), ("cbor2", theirs)):
            for what, statement in zip(("pack", "unpack"), statements, strict=True):
                timed = timer(statement, **names)
                part = 1 if len(message) < 1000 else share
                found[f"{what} {name}, {whose}"] = lambda n, timed=timed, part=part: timed(
                    n // part
                )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="only see that it runs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures of each round")
    options = parser.parse_args()
    rounds, n, share = (3, 20, 20) if options.quick else (100, 400, 100)
    figures = measure(rows(share), rounds, n)
    costs = {name: quiet(f) / 1000 for name, f in figures.items()}
    print(f"CPython {platform.python_version()}, {rounds} rounds; a tenth below; us")
    print(f"{'':36}      ours     cbor2   ours / cbor2")
    for what in ("pack", "unpack"):
        for name in TYPES:
            ours, theirs = (costs[f"{what} {name}, {whose}"] for whose in ("ours", "cbor2"))
            print(f"{what + ' ' + name:36} {ours:9.2f} {theirs:9.2f}   {ours / theirs:12.2f}")
    if options.json:
        options.json.write_text(json.dumps({"ns": figures}, indent=1))


if __name__ == "__main__":
    main()
