"""network-format.md: its bytes are what bridges write and read, and what cbor2 makes of them."""

import re
from typing import Any

import cbor2
import pytest
from shm_pub_sub._network.keys import topic_of, value_key
from shm_pub_sub._network.messages import (
    Description,
    Request,
    Round,
    codec_of,
    pack_request,
    pack_round,
    pack_value,
    pack_values,
    unpack_request,
    unpack_round,
    unpack_values,
)
from support.pages import blocks
from support.paths import DOCS

PAGE = "network-format.md"
TEXT = (DOCS / PAGE).read_text(encoding="utf-8")
NAMES = ("value", "ints", "texts", "first request", "request", "round")
SHOWN = {name: bytes.fromhex(block.text) for name, block in zip(NAMES, blocks(PAGE), strict=True)}
ROW = re.compile(r"^\| `(.+?)` \| `?(.+?)`? \| `([0-9a-f ]+)` \| `(.+)` \|$", re.MULTILINE)
TYPES = ROW.findall(TEXT)
KEYS = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \| `(shmps/1/v/[^`]+)` \|$", TEXT, re.MULTILINE)

START = 1_700_000_000_000_000_000
FIRST = 2**60
ABOUT = Description("robot/speed", FIRST, "float", False, True, 3, 0, 0, {"unit": "m/s"})
NUMBERS: dict[str, Any] = {"True": True, "-5": -5, "1.5": 1.5}


def notation(value: Any) -> str:
    """Return a value in CBOR's diagnostic notation."""
    if hasattr(value, "tag"):
        return f"{value.tag}({notation(value.value)})"
    if isinstance(value, bytes):
        return f"h'{value.hex()}'"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(notation, value))}]"
    if hasattr(value, "items"):
        return f"{{{', '.join(f'{notation(k)}: {notation(v)}' for k, v in value.items())}}}"
    return repr(value)


def test_all_kinds_of_types_are_shown() -> None:
    kinds = {re.sub(r'\{"kind":"(\w+)".*', r"\1", descriptor) for descriptor, *_ in TYPES}
    numbers = {"bool", "int", "float"}
    assert kinds == numbers | {"scalar", "text", "bytes", "list", "array", "record"}


@pytest.mark.parametrize(("descriptor", "memory", "packed", "shown"), TYPES)
def test_a_value_of_each_type(descriptor: str, memory: str, packed: str, shown: str) -> None:
    raw = NUMBERS.get(memory)
    raw = bytes.fromhex(memory) if raw is None else raw
    codec, data = codec_of(descriptor), bytes.fromhex(packed)
    message = pack_value(codec, raw, 5, 6, 7)
    assert (message[:3], message[3:-33]) == (b"\xa4av", data)
    assert notation(cbor2.loads(data)) == shown
    (found,) = unpack_values(codec, message).raws
    assert found == raw


@pytest.mark.parametrize(
    ("name", "descriptor", "raws", "times"),
    [
        ("value", "float", [1.5], [START]),
        ("ints", "int", [3, 4], [START - 1000, START]),
        ("texts", '{"kind":"text","max":9}', [b"a", b"bc"], [START - 2**32, START]),
    ],
)
def test_a_message(name: str, descriptor: str, raws: list[Any], times: list[int]) -> None:
    codec, number = codec_of(descriptor), 4 + len(raws)
    assert pack_values(codec, raws, number, times, FIRST) == SHOWN[name]
    assert unpack_values(codec, SHOWN[name]) == (raws, number, times, FIRST)
    found = cbor2.loads(SHOWN[name])
    assert (found["n"], found["t"], found["i"]) == (number, times[-1], FIRST)


@pytest.mark.parametrize(
    ("name", "request_"),
    [
        ("first request", Request(2**63, 0, 10, "laptop", ("robot/*",), ("robot/raw",), 7)),
        ("request", Request(2**63, 1, 20, "laptop", None, None)),
    ],
)
def test_a_request(name: str, request_: Request) -> None:
    assert pack_request(request_) == SHOWN[name]
    assert unpack_request(SHOWN[name]) == request_
    found = cbor2.loads(SHOWN[name])
    assert [found[key] for key in "srtb"] == [*request_[:4]]


def test_a_round() -> None:
    value = pack_value(codec_of("float"), 1.5, 1, 35, FIRST)
    expected = Round(2**63, 1, 30, 40, True, [(4, 9)], [(5, ABOUT)], [(5, value)])
    assert pack_round(expected) == SHOWN["round"]
    assert unpack_round(SHOWN["round"]) == expected
    found = cbor2.loads(SHOWN["round"])
    assert [*found] == [*"srabcedu"]
    assert found["d"][0][1]["k"] == "robot/speed"
    assert (found["u"][0], found["u"][1].tag, found["u"][1].value) == (5, 24, value)


@pytest.mark.parametrize(("name", "topic", "key"), KEYS)
def test_a_key(name: str, topic: str, key: str) -> None:
    assert value_key(name, topic) == key
    assert topic_of(key) == topic


def test_no_example_is_missed() -> None:
    assert (len(KEYS), len(TYPES)) == (2, 17)
