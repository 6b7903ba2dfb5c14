"""Which topics are point clouds, and where the fields of a point are."""

from __future__ import annotations

from json import loads
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_AXES = ("x", "y", "z")


class Cloud(NamedTuple):
    """A point: its fields of numbers (name, dtype, offset), and its bytes."""

    fields: tuple[tuple[str, str, int], ...]
    step: int


def cloud_of(descriptor: str, attributes: Mapping[str, Any]) -> Cloud | None:
    """Return the points of a topic, by its descriptor, which has been checked.

    A cloud is a structured array of one axis with the numbers x, y and z, or an array of floats of
    shape [n, k] whose attribute `names` begins with them. Fields that are no numbers are left out.
    """
    if not descriptor.startswith('{"kind":"array"'):
        return None
    form = loads(descriptor)
    dtype, shape = form["dtype"], form["shape"]
    if isinstance(dtype, dict):
        return _structured(dtype) if len(shape) == 1 else None
    if dtype not in ("<f4", "<f8") or len(shape) != 2:
        return None
    names = attributes.get("names")
    if not isinstance(names, list) or tuple(names[:3]) != _AXES or len(names) != shape[1]:
        return None
    if not all(isinstance(name, str) and name for name in names) or len({*names}) != len(names):
        return None
    size = int(dtype[2:])
    fields = tuple((name, dtype[1:], n * size) for n, name in enumerate(names))
    return Cloud(fields, size * len(names))


def _structured(form: dict[str, Any]) -> Cloud | None:
    fields = tuple(
        (name, kind[1:], offset) for name, kind, offset in form["fields"] if isinstance(kind, str)
    )
    kinds = {name: dtype for name, dtype, _ in fields}
    if not all(kinds.get(axis, "c")[0] in "iuf" for axis in _AXES):
        return None
    return Cloud(fields, form["size"])
