"""Random types, with values of them as shared memory has them, and what a message should have."""

from __future__ import annotations

import dataclasses
import json
import math
import struct
from math import prod
from types import SimpleNamespace
from typing import Any

import numpy as np
from hypothesis import strategies as st
from shm_pub_sub._described import spec_of_descriptor

DTYPES = ["b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"]
LISTS = ["b1", "i8", "f8"]
CODES = {
    **{"b1": "?", "i1": "b", "i2": "h", "i4": "i", "i8": "q"},
    **{"u1": "B", "u2": "H", "u4": "I", "u8": "Q", "f2": "H", "f4": "I", "f8": "Q"},
}
"""struct's codes; those of floats give their bits."""
NUMBERS = CODES | {"f2": "e", "f4": "f", "f8": "d"}

dtypes = st.sampled_from(DTYPES)
names = st.text(
    st.characters(codec="utf-8", exclude_characters='"\\'), min_size=1, max_size=6
).filter(str.isprintable) | st.sampled_from(
    [
        *("x", "y", "data", "class", "Ax", "frameId", "_private", "a__b", "3d", "a_"),
        *("float64", "list", "str", "a[1]", "b: float64", "<=", " ", "{}"),
    ]
)


def up(number: int, multiple: int) -> int:
    return -(-number // multiple) * multiple


def is_variable(form: Any) -> bool:
    return isinstance(form, dict) and "max" in form


def element(form: Any) -> tuple[int, int]:
    """Return size and alignment of an element in memory."""
    if isinstance(form, dict):
        return form["size"], form.get("align", 1)
    size = int(form[2:])
    return size, size // 2 if form[1] == "c" else size


def size_and_align(form: Any) -> tuple[int, int]:
    """Return size and alignment of a field in memory, as docs/memory-layout.md has them."""
    if isinstance(form, str) or form["kind"] == "record":
        return element(form)
    size, align = element(form.get("dtype", "<u1"))
    shape = form.get("shape", [])
    if is_variable(form):
        return 8 + up(form["max"] * size * prod(shape[1:]), 8), 8
    return size * prod(shape), align


def fixed(shapes: st.SearchStrategy[list[int]], elements: Any) -> Any:
    return st.builds(
        lambda dtype, shape: {"kind": "array", "dtype": dtype, "shape": shape}, elements, shapes
    )


shapes = st.lists(st.integers(1, 4), max_size=3)
most = st.integers(1, 6)
numbers = dtypes.map("<{}".format)


def varying(elements: Any) -> Any:
    return st.builds(
        lambda dtype, shape, most: {
            **{"kind": "array", "dtype": dtype, "shape": [None, *shape], "max": most}
        },
        *(elements, st.lists(st.integers(1, 3), max_size=2), most),
    )


def lists(elements: Any) -> Any:
    return st.builds(
        lambda dtype, most: {"kind": "list", "dtype": dtype, "max": most}, elements, most
    )


texts = st.builds(
    lambda kind, most: {"kind": kind, "max": most}, st.sampled_from(["text", "bytes"]), most
)


record_names = st.sampled_from(["", "Pose", "joint state", "a[1]", "float64"])


@st.composite
def records(draw: Any, fields: Any) -> Any:
    """Return a record as the C ABI lays it out, or with gaps of its own."""
    found = draw(
        st.lists(st.tuples(names, fields), min_size=1, max_size=5, unique_by=lambda field: field[0])
    )
    end, greatest, placed = 0, 1, []
    for name, form in found:
        size, align = size_and_align(form)
        offset = up(end, align)
        greatest = max(greatest, align)
        placed.append([name, form, offset])
        end = offset + size
    name = draw(record_names)
    return {
        "kind": "record",
        **({"name": name} if name else {}),
        "size": up(end, greatest),
        "fields": placed,
        "align": greatest,
    }


def _nested(inner: Any) -> Any:
    return inner | lists(inner) | varying(inner) | fixed(shapes, inner)


simple = (
    numbers
    | fixed(shapes, numbers)
    | varying(numbers)
    | lists(st.sampled_from(["<b1", "<i8", "<f8"]))
)
leaves = simple | texts
fields = st.recursive(leaves, lambda inner: _nested(records(inner)), max_leaves=8)
topics = (
    st.sampled_from(DTYPES)
    .filter(lambda dtype: dtype not in LISTS)
    .map(lambda dtype: {"kind": "scalar", "dtype": f"<{dtype}"})
    | fixed(shapes, numbers)
    | varying(numbers)
    | lists(st.sampled_from(["<b1", "<i8", "<f8"]))
    | texts
    | _nested(records(fields))
)
"""Types of topics, but for bool, int and float."""


def descriptor(form: Any) -> str:
    """Return the descriptor: canonical JSON."""
    return json.dumps(_plain(form), ensure_ascii=False, separators=(",", ":"))


def _plain(form: Any) -> Any:
    if isinstance(form, dict):
        return {key: _plain(part) for key, part in form.items() if key != "align"}
    return [_plain(part) for part in form] if isinstance(form, list) else form


specs = topics.map(descriptor).map(spec_of_descriptor)
"""The same as the package has them."""


@st.composite
def values(draw: Any, form: Any) -> bytes:
    """Return a value as it is in shared memory, with garbage behind the length of what varies."""
    if form["kind"] == "scalar":
        return draw(_elements(form["dtype"], 1))
    if form["kind"] == "record":
        return draw(_elements(form, 1))
    if is_variable(form):
        return draw(_varying(form))[0]
    return draw(_elements(form["dtype"], prod(form["shape"])))


@st.composite
def _varying(draw: Any, form: Any) -> tuple[bytes, int]:
    """Return the value, and the length that a record has for it."""
    if form["kind"] == "text":
        text = draw(st.text(max_size=form["max"]).filter(lambda t: len(t.encode()) <= form["max"]))
        return text.encode(), len(text.encode())
    count = draw(st.integers(0, form["max"]))
    if form["kind"] == "bytes":
        return draw(st.binary(min_size=count, max_size=count)), count
    row = prod(form.get("shape", [])[1:])
    return draw(_elements(form["dtype"], count * row)), count


@st.composite
def _elements(draw: Any, form: Any, count: int) -> bytes:
    if isinstance(form, str):
        size = count * int(form[2:])
        raw = draw(st.binary(min_size=size, max_size=size))
        return bytes(byte & 1 for byte in raw) if form == "<b1" else raw
    return b"".join(draw(_record(form)) for _ in range(count))


@st.composite
def _record(draw: Any, form: Any) -> bytes:
    memory = bytearray(form["size"])
    for _, kind, offset in form["fields"]:
        if is_variable(kind):
            value, length = draw(_varying(kind))
            value = struct.pack("<Q", length) + value
            value += draw(st.sampled_from([b"", b"\xff" * (size_and_align(kind)[0] - len(value))]))
        elif isinstance(kind, str) or kind["kind"] == "record":
            value = draw(_elements(kind, 1))
        else:
            value = draw(_elements(kind["dtype"], prod(kind["shape"])))
        memory[offset : offset + len(value)] = value
    return bytes(memory)


class Flat:
    """All numbers and texts of a value, in order, by struct's codes for the numbers."""

    def __init__(self, codes: dict[str, str]) -> None:
        self._codes = codes

    def topic(self, form: Any, raw: bytes) -> list[Any]:
        if form["kind"] == "scalar":
            return self._elements(form["dtype"], raw, 1)
        if form["kind"] == "record":
            return self._elements(form, raw, 1)
        if form["kind"] == "text":
            return [raw.decode()]
        dtype = form.get("dtype", "<u1")
        return self._elements(dtype, raw, len(raw) // element(dtype)[0])

    def _elements(self, form: Any, raw: bytes, count: int) -> list[Any]:
        size = element(form)[0]
        raw = raw[: count * size]
        if isinstance(form, str):
            if form[1] == "c":
                form, count = f"<f{size // 2}", count * 2
            return [*struct.unpack(f"<{count}{self._codes[form[1:]]}", raw)]
        return [
            leaf
            for n in range(count)
            for _, kind, offset in form["fields"]
            for leaf in self._field(kind, raw[n * size + offset : (n + 1) * size])
        ]

    def _field(self, form: Any, raw: bytes) -> list[Any]:
        if is_variable(form):
            length = int.from_bytes(raw[:8], "little")
            if form["kind"] == "text":
                return [raw[8 : 8 + length].decode()]
            row = prod(form.get("shape", [])[1:])
            return self._elements(form.get("dtype", "<u1"), raw[8:], length * row)
        if isinstance(form, str) or form["kind"] == "record":
            return self._elements(form, raw, 1)
        return self._elements(form["dtype"], raw, prod(form["shape"]))


bits = Flat(CODES).topic
"""All numbers and texts of a topic's value; floats as their bits."""
read = Flat(NUMBERS).topic
"""All numbers and texts of a topic's value, as other programs read them."""


@st.composite
def topics_with_values(draw: Any) -> Any:
    """Return a type and a value of it."""
    form = draw(topics)
    return form, draw(values(form))


def leaves(found: Any) -> list[Any]:
    """Return all numbers and texts of a decoded message, in order."""
    if isinstance(found, (str, bool, int, float)):
        return [found]
    if isinstance(found, (np.ndarray, np.generic)):
        return leaves(found.tolist())
    if isinstance(found, (bytes, list)):
        return [leaf for part in found for leaf in leaves(part)]
    if isinstance(found, SimpleNamespace):
        names = type(found).__slots__  # type: ignore[attr-defined]
    else:
        # rosbags' own classes have the constants among their fields.
        fields = (field.name for field in dataclasses.fields(found))
        names = [name for name in fields if name != "__msgtype__" and not name.isupper()]
    return [leaf for name in names for leaf in leaves(getattr(found, name))]


def comparable(numbers: list[Any]) -> list[Any]:
    """Return the leaves with NaN equal to itself."""
    return ["nan" if isinstance(n, float) and math.isnan(n) else n for n in numbers]
