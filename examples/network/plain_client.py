"""The newest values of a bridge's topics, read without this library: any Zenoh client can.

    pip install eclipse-zenoh cbor2
    shm-pub-sub bridge --name robot --listen tcp/127.0.0.1:7447 --send '*'      # in one terminal
    python examples/network/plain_client.py tcp/127.0.0.1:7447 robot 'arm/*'    # in another

In a topic, * stands for one part between slashes, and ** for any number of them; `robot` may be *.
docs/network-format.md describes keys and values.
"""

import argparse
import json
import struct
import sys
import time
from typing import Any, cast
from urllib.parse import quote, unquote

import cbor2
import zenoh

NUMBERS = {
    **{64: "B", 69: "H", 70: "I", 71: "Q", 72: "b", 77: "h", 78: "i", 79: "q"},
    **{84: "e", 85: "f", 86: "d"},
}
"""struct's codes by the tags of typed arrays."""
SHAPED = 40


def encoded(chunk: str) -> str:
    return chunk if chunk in ("*", "**") else quote(chunk, safe="-._~") or "%00"


def decoded(chunk: str) -> str:
    return "" if chunk == "%00" else unquote(chunk)


def plain(value: Any) -> Any:
    """Return a value with lists for typed arrays."""
    if isinstance(value, cbor2.CBORTag):
        if value.tag == SHAPED:
            shape, flat = value.value
            return shaped(plain(flat), shape)
        code = NUMBERS[value.tag]
        count = len(value.value) // struct.calcsize(f"<{code}")
        return [*struct.unpack(f"<{count}{code}", value.value)]
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return {key: plain(each) for key, each in fields.items()}
    if isinstance(value, list):
        return [plain(each) for each in cast("list[Any]", value)]
    return value


def shaped(flat: list[Any], shape: list[int]) -> Any:
    if not shape:
        return flat[0]
    step = len(flat) // shape[0] if shape[0] else 0
    return [shaped(flat[n * step : (n + 1) * step], shape[1:]) for n in range(shape[0])]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("endpoint", help="where the bridge, or its router, listens")
    parser.add_argument("bridge", help="the bridge's name, or * for all bridges")
    parser.add_argument("topics", nargs="*", default=["**"], help="all if none is given")
    options = parser.parse_args()
    config = zenoh.Config.from_json5(
        json.dumps({"mode": "client", "connect": {"endpoints": [options.endpoint]}})
    )
    found = 0
    with zenoh.open(config) as session:
        for topic in options.topics:
            chunks = [options.bridge, *topic.split("/")]
            key = zenoh.KeyExpr.autocanonize("/".join(["shmps/1/v", *map(encoded, chunks)]))
            for reply in session.get(key, timeout=5):
                if reply.ok is None:
                    continue
                bridge, *name = str(reply.ok.key_expr).split("/")[3:]
                value = cbor2.loads(reply.ok.payload.to_bytes())
                age = time.time() - value["t"] / 1e9
                where = f"{decoded(bridge)}: {'/'.join(map(decoded, name))}"
                print(f"{where}: number {value['n']}, {age:.3f} s old: {plain(value['v'])}")
                found += 1
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main())
