"""Records that have a layout of their own: numpy's structured dtypes, and ctypes' structures."""

from __future__ import annotations

import sys

from ._arguments import short_repr
from ._arrays import dtype_of_code
from ._records import Field, RecordSpec
from ._records_place import check_field_name, checked, is_name
from ._spec import DTYPES, Spec

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from typing import Any

    from ._records_place import Place


def record_in_memory(place: Place, default: Any) -> RecordSpec:
    """Return the record of a structured scalar or a ctypes.Structure."""
    if hasattr(default, "dtype"):
        return record_of_dtype(place, default.dtype)
    return _record_of_structure(place.inside(type(default)), type(default))


def record_of_dtype(place: Place, dtype: Any) -> RecordSpec:
    """Return the record of a structured dtype."""
    numpy = sys.modules["numpy"]
    place = place.inside(numpy.void)
    if not dtype.names:
        raise place.wrong(f"the dtype {dtype}, without fields", "1 field or more")
    if dtype.type is not numpy.void:  # np.record, which would come back as another class
        dtype = numpy.dtype((numpy.void, dtype))
    # Their order in memory may be another one.
    fields = sorted(((name, *dtype.fields[name][:2]) for name in dtype.names), key=lambda f: f[2])
    made = [Field(name, _of_dtype(place.at(name), own), offset) for name, own, offset in fields]
    record = RecordSpec(
        *("", numpy.void, "numpy", tuple(made), dtype.itemsize, dtype.alignment), dtype=dtype
    )
    return _apart(place, record)


def _of_dtype(place: Place, dtype: Any) -> Spec:
    numpy = sys.modules["numpy"]
    base, shape = dtype.base, dtype.shape
    if base.names is not None:
        record = record_of_dtype(place, base)
        if not shape:
            return Spec("record", numpy.void, None, record=record)
        return _array(place, "", shape, record)
    if base.kind == "S":
        return _array(place, "u1", (*shape, base.itemsize))
    name = f"{base.kind}{base.itemsize}"
    if name not in DTYPES or not base.isnative:
        hint = f"write {base.newbyteorder('=')} for it" if not base.isnative else ""
        hint = "write 'S32' for its bytes" if base.kind == "U" else hint
        raise place.wrong(f"the dtype {base}", "numbers, S or a structured dtype", hint)
    return _array(place, name, shape) if shape else Spec("scalar", base.type, None, dtype=name)


def _array(
    place: Place, dtype: str, shape: tuple[int, ...], record: RecordSpec | None = None
) -> Spec:
    if 0 in shape:
        raise place.wrong(
            f"an array of shape {list(shape)}, without elements", "1 or more along each axis"
        )
    return Spec("array", object, None, dtype=dtype, shape=shape, record=record)


def _record_of_structure(place: Place, cls: Any) -> RecordSpec:
    ctypes: Any = sys.modules["_ctypes"]
    if hasattr(cls, "_swappedbytes_"):
        raise place.wrong(
            f"{cls.__qualname__}, of the other byte order", "this machine's", "write Structure"
        )
    declared = [field for base in reversed(cls.__mro__) for field in vars(base).get("_fields_", ())]
    fields = []
    for name, of, *bits in declared:
        inside = place.at(name)
        if bits:
            raise inside.wrong("a bit field", "whole bytes", "write c_uint8, and shift")
        fields.append(Field(name, _of_ctype(inside, of), getattr(cls, name).offset))
    if not fields:
        raise place.wrong(f"{cls.__qualname__} without fields", "1 field or more")
    name = cls.__name__ if is_name(cls.__name__) else ""
    size, align = ctypes.sizeof(cls), ctypes.alignment(cls)
    return _apart(place, RecordSpec(name, cls, "raw", tuple(fields), size, align))


def _of_ctype(place: Place, of: Any) -> Spec:
    ctypes: Any = sys.modules["_ctypes"]
    shape: list[int] = []
    while issubclass(of, ctypes.Array):
        shape.append(of._length_)
        of = of._type_
    if issubclass(of, ctypes.Structure):
        record = _record_of_structure(place.inside(of), of)
        if not shape:
            return Spec("record", of, None, record=record)
        return _array(place, "", tuple(shape), record)
    code = memoryview(of()).format if issubclass(of, ctypes._SimpleCData) else ""
    dtype = "u1" if code.lstrip("<") == "c" else dtype_of_code(code, ctypes.sizeof(of))
    if dtype is None:
        hint = (
            "write c_uint8 * n for text" if "char" in of.__name__ or "wchar" in of.__name__ else ""
        )
        hint = "write its largest member" if issubclass(of, ctypes.Union) else hint
        raise place.wrong(
            f"{short_repr(of.__name__)}", "numbers, arrays, c_char arrays or structures", hint
        )
    return _array(place, dtype, tuple(shape)) if shape else Spec("scalar", of, None, dtype=dtype)


def _apart(place: Place, record: RecordSpec) -> RecordSpec:
    """Return a record whose fields are apart."""
    end = 0
    for field in record.fields:
        check_field_name(place, field.name)
        if field.offset < end:
            raise place.at(field.name).wrong("a field that overlaps another", "fields side by side")
        end = field.end
    return checked(place, record)
