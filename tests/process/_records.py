"""The records of test_every_type.py: classes of Python, whose layout numpy knows in its own way.

actor/records.go has the same as structs.
"""

import random
from dataclasses import dataclass, field
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import shm_pub_sub


def aligned(*fields: Any) -> np.dtype[Any]:
    return np.dtype(list(fields), align=True)


def room(of: str | np.dtype[Any], *shape: int) -> np.dtype[Any]:
    """What a field takes that varies in length."""
    return aligned(("length", "u8"), ("room", of, shape), ("end", "u8", (0,)))


INNER = aligned(("x", "f8"), ("on", "?"))


@dataclass
class Inner:
    x: float = 0.0
    on: bool = False


@dataclass(slots=True)
class Small:
    stamp: int = 0
    ax: float = field(default=np.float32(0))
    ok: bool = False
    k: int = field(default=np.int16(0))


@dataclass
class Large:
    ready: bool = False
    pose: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros((2, 3)))
    inner: Inner = field(default_factory=Inner)
    many: npt.NDArray[Any] = field(default_factory=lambda: np.zeros(3, INNER))
    label: Annotated[str, 12] = ""
    raw: Annotated[bytes, 5] = b""
    points: Annotated[npt.NDArray[np.float32], shm_pub_sub.MaxSize(50)] = field(
        default_factory=lambda: np.zeros((0, 2), "f4")
    )
    path: list[float] = field(default_factory=lambda: [0.0] * 4)
    flags: list[bool] = field(default_factory=lambda: [False] * 3)
    seen: list[Inner] = field(default_factory=lambda: [Inner(), Inner()])
    z: complex = 0j


DTYPES = {
    "inner": INNER,
    "small": aligned(("stamp", "i8"), ("ax", "f4"), ("ok", "?"), ("k", "i2")),
    "large": aligned(
        ("ready", "?"),
        ("pose", "f8", (2, 3)),
        ("inner", INNER),
        ("many", INNER, (3,)),
        ("label", room("u1", 12)),
        ("raw", room("u1", 5)),
        ("points", room("f4", 50, 2)),
        ("path", room("f8", 4)),
        ("flags", room("?", 3)),
        ("seen", room(INNER, 2)),
        ("z", "c16"),
    ),
}
CLASSES: dict[str, type[Any]] = {"inner": Inner, "small": Small, "large": Large}


LISTS = {"path", "flags", "seen"}
ARRAYS = {"points"}


def random_bytes(name: str, rng: random.Random) -> bytes:
    """A value in which all that has no meaning is 0."""
    value = np.zeros(1, DTYPES[name])
    _fill(value, "", rng)
    return value.tobytes()


def _fill(value: npt.NDArray[Any], name: str, rng: random.Random) -> None:
    fields = value.dtype.names
    if fields is None:
        bits = rng.randbytes(value.size * value.itemsize)
        if value.dtype == bool:
            bits = bytes(byte & 1 for byte in bits)
        value[...] = np.frombuffer(bits, value.dtype).reshape(value.shape)
        if value.dtype == np.float32:  # Python's float makes signalling NaNs quiet
            value[...] = np.nan_to_num(value)
    elif "length" not in fields:
        for field_name in fields:
            _fill(value[field_name], field_name, rng)
    elif name == "label":
        text = rng.choice(["", "é€", "\0", "x" * 12]).encode()
        value["length"] = len(text)
        value["room"][0, : len(text)] = list(text)
    else:
        used = rng.choice([0, 1, value["room"].shape[1]])
        value["length"] = used
        _fill(value["room"][:, :used], name, rng)


def to_object(name: str, value: bytes) -> Any:
    return _object(CLASSES[name], np.frombuffer(value, DTYPES[name])[0])


def _object(cls: type[Any], item: Any) -> Any:
    return cls(**{name: _field(name, item[name]) for name in item.dtype.names})


def _field(name: str, part: Any) -> Any:
    if part.dtype.names and "length" in part.dtype.names:
        used = part["room"][: int(part["length"])]
        if name in ARRAYS:
            return used.copy()
        if name not in LISTS:
            return bytes(used) if name == "raw" else bytes(used).decode()
        return [_object(Inner, each) for each in used] if used.dtype.names else used.tolist()
    if isinstance(part, np.void):
        return _object(Inner, part)
    return part.copy() if isinstance(part, np.ndarray) else part.item()


def to_bytes(name: str, value: Any) -> bytes:
    as_array = np.zeros(1, DTYPES[name])
    _put(as_array, value)
    return as_array.tobytes()


def _put(place: npt.NDArray[Any], value: Any) -> None:
    for name in place.dtype.names or ():
        part, given = place[name], getattr(value, name)
        if part.dtype.names and "length" in part.dtype.names:
            given = given.encode() if isinstance(given, str) else given
            part["length"] = len(given)
            for index, each in enumerate(given):
                if part["room"].dtype.names:
                    _put(part["room"][0, index : index + 1], each)
                else:
                    part["room"][0, index] = each
        elif part.dtype.names and not isinstance(given, np.ndarray):
            _put(part, given)
        else:
            part[0] = given
