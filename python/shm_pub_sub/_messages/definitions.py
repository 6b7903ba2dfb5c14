"""Definitions of ROS 2 messages, as text (ros2msg), for a topic's type.

Programs read them from the file. Fields and messages need names that ROS allows; the exact ones are
in the channel's metadata. Sequences and texts have no bounds, which PlotJuggler cannot parse.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from math import prod
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

from .._records import is_variable

if TYPE_CHECKING:
    from typing import Final

    from .._records import Field, RecordSpec
    from .._spec import Spec

PACKAGE: Final = "shm_pub_sub"
SEPARATOR: Final = "=" * 80

NUMBERS: Final = {
    **{"b1": "bool", "i1": "int8", "i2": "int16", "i4": "int32", "i8": "int64"},
    **{"u1": "uint8", "u2": "uint16", "u4": "uint32", "u8": "uint64"},
    **{"f2": "float32", "f4": "float32", "f8": "float64"},
}
"""ROS's types of numbers by dtype: it has no float16."""
STANDARD: Final = {
    **{kind: kind.replace("uint", "UInt").replace("int", "Int") for kind in NUMBERS.values()},
    **{"bool": "Bool", "float32": "Float32", "float64": "Float64"},
}
"""Messages of std_msgs with one number."""
_COMPLEX: Final = {
    "c8": ("Complex64", "float32 real\nfloat32 imag\n"),
    "c16": ("Complex128", "float64 real\nfloat64 imag\n"),
}
_FIELD_NAME: Final = re.compile("[a-z](_?[a-z0-9])*")
_MOST_NAME: Final = 64  # characters of a name that is made here
_MOST_REMARK: Final = 120
_MOST_CONSTANTS: Final = 256

HEADER_PARTS: Final = {
    "std_msgs/Header": "builtin_interfaces/Time stamp\nstring frame_id\n",
    "builtin_interfaces/Time": "int32 sec\nuint32 nanosec\n",
}
IMAGE: Final = (
    "std_msgs/Header header\nuint32 height\nuint32 width\nstring encoding\nuint8 is_bigendian\n"
    "uint32 step\nuint8[] data\n"
)
COMPRESSED_IMAGE: Final = "std_msgs/Header header\nstring format\nuint8[] data\n"
POINT_CLOUD: Final = (
    "std_msgs/Header header\nuint32 height\nuint32 width\nsensor_msgs/PointField[] fields\n"
    "bool is_bigendian\nuint32 point_step\nuint32 row_step\nuint8[] data\nbool is_dense\n"
)
POINT_FIELD: Final = {
    "sensor_msgs/PointField": (
        "uint8 INT8=1\nuint8 UINT8=2\nuint8 INT16=3\nuint8 UINT16=4\nuint8 INT32=5\n"
        "uint8 UINT32=6\nuint8 FLOAT32=7\nuint8 FLOAT64=8\n"
        "string name\nuint32 offset\nuint8 datatype\nuint32 count\n"
    )
}


class Names:
    """Names of the messages in one file: equal ones have equal fields, others get a number."""

    def __init__(self) -> None:
        self._fields: dict[str, str] = {}
        self._known: dict[tuple[str, str], str] = {}
        self._next: dict[str, int] = {}

    def name(self, wanted: str, fields: str) -> str:
        """Return the name of a message with these fields."""
        known = self._known.get((wanted, fields))
        if known is not None:
            return known
        name, number = wanted, self._next.get(wanted, 2)
        while self._fields.setdefault(name, fields) != fields:
            name, number = f"{wanted}{number}", number + 1
        self._next[wanted] = number
        self._known[wanted, fields] = name
        return name


def joined(fields: str, parts: Mapping[str, str]) -> bytes:
    """Return a definition, with those of the messages in it."""
    texts = [fields]
    texts += [f"{SEPARATOR}\nMSG: {name}\n{text}" for name, text in parts.items()]
    return "".join(texts).encode()


class Definition:
    """The definition of a type that has no message of ROS's own."""

    def __init__(self, names: Names, metadata: Mapping[str, Any]) -> None:
        self._names = names
        self._metadata = metadata
        self._parts: dict[str, str] = {}

    def of_record(self, record: RecordSpec) -> tuple[str, bytes]:
        """Return name and definition of a record's message."""
        lines, fields = self._lines(record, self._metadata)
        name = self._names.name(message_name(record.name), fields)
        return f"{PACKAGE}/msg/{name}", joined(lines, self._parts)

    def of_elements(self, spec: Spec) -> tuple[str, bytes]:
        """Return name and definition of the message of an array, a list or bytes."""
        if spec.record is None:
            element = self._number(spec.dtype or "u1")
            wanted = STANDARD.get(element, element.partition("/")[2])
        else:
            element = self._record(spec.record, "Element", self._metadata)
            wanted = element.partition("/")[2]
        wanted = "Bytes" if spec.kind == "bytes" else f"{wanted}Array"
        name = self._names.name(wanted, f"{element}[] data\n")
        return f"{PACKAGE}/msg/{name}", joined(f"{element}[] data{_shape(spec)}\n", self._parts)

    def of_number(self, dtype: str) -> tuple[str, bytes]:
        """Return name and definition of the message of one number."""
        if dtype not in _COMPLEX:
            kind = NUMBERS[dtype]
            return f"std_msgs/msg/{STANDARD[kind]}", f"{kind} data\n".encode()
        name, fields = _COMPLEX[dtype]
        return f"{PACKAGE}/msg/{self._names.name(name, fields)}", joined(fields, {})

    def _lines(self, record: RecordSpec, metadata: Mapping[str, Any]) -> tuple[str, str]:
        """Return the lines for a record's fields, with remarks and without."""
        about = metadata.get("fields", {})
        lines: list[str] = []
        plain: list[str] = []
        taken: set[str] = set()
        names = field_names(field.name for field in record.fields)
        for name, field in zip(names, record.fields, strict=True):
            own = about.get(field.name, {})
            constants = _constants(field.spec, name, own, taken)
            line = f"{self._type(field, own)} {name}"
            lines += constants
            plain += [*constants, line]
            remarks = [] if name == field.name else [field.name]
            remarks += [own[part] for part in ("unit", "description") if own.get(part)]
            lines.append(line + (_remark(remarks) or _shape(field.spec)))
        return "".join(f"{line}\n" for line in lines), "".join(f"{line}\n" for line in plain)

    def _type(self, field: Field, metadata: Mapping[str, Any]) -> str:
        spec = field.spec
        if spec.kind == "text":
            return "string"
        if spec.record is None:
            element = self._number(spec.dtype or "u1")
        else:
            element = self._record(spec.record, field.name, metadata)
        if is_variable(spec):
            return f"{element}[]"
        return f"{element}[{prod(n or 0 for n in spec.shape)}]" if spec.kind == "array" else element

    def _record(self, record: RecordSpec, wanted: str, metadata: Mapping[str, Any]) -> str:
        """Return the full name of the message for a record in this one; wanted: if it has none."""
        lines, fields = self._lines(record, metadata)
        name = self._names.name(message_name(record.name or wanted), fields)
        self._parts[f"{PACKAGE}/{name}"] = lines
        return f"{PACKAGE}/{name}"

    def _number(self, dtype: str) -> str:
        if dtype not in _COMPLEX:
            return NUMBERS[dtype]
        name, fields = _COMPLEX[dtype]
        name = self._names.name(name, fields)
        self._parts[f"{PACKAGE}/{name}"] = fields
        return f"{PACKAGE}/{name}"


def _shape(spec: Spec) -> str:
    """Return a remark about an array's axes, which ROS's type does not have."""
    if spec.kind != "array" or len(spec.shape) < 2:
        return ""
    return _remark(["shape " + " x ".join("n" if n is None else str(n) for n in spec.shape)])


def _remark(parts: list[str]) -> str:
    """Return a comment for the end of a line; its text is somebody else's."""
    text = ", ".join(parts)
    text = "".join(c if c.isprintable() and c != "#" else " " for c in text).strip()
    return f"  # {text[:_MOST_REMARK]}" if text else ""


def _constants(spec: Spec, field: str, metadata: Mapping[str, Any], taken: set[str]) -> list[str]:
    """Return an enum's constants, which are before its field; taken are the record's so far."""
    values = metadata.get("attributes", {}).get("values")
    if spec.kind != "scalar" or spec.dtype[0] not in "iu" or not isinstance(values, dict):
        return []
    signed, bits = spec.dtype[0] == "i", 8 * int(spec.dtype[1:])
    least, most = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    lines = []
    for name, value in [*values.items()][:_MOST_CONSTANTS]:
        constant = re.sub("[^A-Z0-9]+", "_", _ascii(name.upper()))[:_MOST_NAME].strip("_")
        if not constant[:1].isalpha() or constant in taken:
            constant = f"{field.upper()}_{constant}".strip("_")
        if constant not in taken and type(value) is int and least <= value <= most:
            taken.add(constant)
            lines.append(f"{NUMBERS[spec.dtype]} {constant}={value}")
    return lines


def message_name(name: str) -> str:
    """Return a message's name that ROS allows: "joint state" becomes JointState."""
    words = re.split("[^A-Za-z0-9]+", _ascii(name))
    made = "".join(word[:1].upper() + word[1:] for word in words)[:_MOST_NAME]
    if not made:
        return "Record"
    return made if made[0].isalpha() else f"Record{made}"


def field_names(names: Iterable[str]) -> list[str]:
    """Return names that ROS allows, in lower case; those that are allowed stay."""
    wanted = [*names]
    allowed = {name for name in wanted if _FIELD_NAME.fullmatch(name)}
    taken = set(allowed)
    return [
        name if name in allowed else _free(_field_name(name) or f"field_{number}", taken)
        for number, name in enumerate(wanted)
    ]


def _free(wanted: str, taken: set[str]) -> str:
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}_{number}", number + 1
    taken.add(name)
    return name


def _field_name(name: str) -> str:
    name = re.sub("([a-z0-9])([A-Z])", r"\1_\2", name).casefold()
    name = re.sub("[^a-z0-9]+", "_", _ascii(name))[:_MOST_NAME].strip("_")
    return f"field_{name}" if name[:1].isdigit() else name


def _ascii(text: str) -> str:
    return normalize("NFKD", text).encode("ascii", "ignore").decode()
