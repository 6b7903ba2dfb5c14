"""Python's values from raw ones: from their bytes as they are in shared memory."""

from __future__ import annotations

from math import prod
from struct import Struct

from ._arrays import _NATIVE
from ._numpy import imported_numpy
from ._records import LENGTH, is_variable

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ._records import RecordSpec
    from ._spec import Spec

_CODES = {**_NATIVE, "f2": "e"}
_length = Struct("<Q")


def value_of(spec: Spec) -> Callable[[Any], Any]:
    """Return the function that makes a value of the type of a raw one, as Subscriber(name) does.

    Of a number, that is the number itself; otherwise an object of its own, of bytes or a memoryview
    of bytes. Arrays are numpy's if the program has imported it, otherwise memoryviews or lists.
    The function raises ValueError if the bytes are no value of the type.
    """
    if spec.is_number:
        return lambda value: value
    read, size = _reader(spec), None if not spec.is_fixed else nbytes_of(spec)

    def value(raw: Any) -> Any:
        view = memoryview(raw)
        if size is not None and view.nbytes != size:
            raise ValueError(f"found {view.nbytes} bytes; expected {size}, of {spec}")
        return read(view)

    return value


def nbytes_of(spec: Spec) -> int:
    """Return the bytes of a value of a type of fixed size, or of one step of an array's first axis.

    Those of a list are the bytes of an element; those of text and bytes 1.
    """
    element = int(spec.dtype[1:] or 1) if spec.record is None else int(spec.record.size)
    return element * prod(n for n in spec.shape if n is not None)


def dtype_of(spec: Spec) -> tuple[Any, tuple[int, ...]] | None:
    """Return numpy's dtype of a value's elements and its shape.

    None if values, or elements, vary in size. It imports numpy.
    """
    if is_variable(spec):
        return None
    element = _element_dtype(spec)
    return None if element is None else (element, tuple(n or 0 for n in spec.shape))


def _element_dtype(spec: Spec) -> Any:
    """Return numpy's dtype of a number, or of a record without fields that vary; None of others."""
    import numpy

    if spec.is_number:
        return numpy.dtype({"bool": "?", "int": "<i8", "float": "<f8"}[spec.kind])
    if spec.record is None:
        return numpy.dtype(f"<{spec.dtype}") if spec.dtype else None
    fields = [(field, dtype_of(field.spec)) for field in spec.record.fields]
    if any(found is None for _, found in fields):
        return None
    return numpy.dtype(
        {
            "names": [field.name for field, _ in fields],
            "formats": [found for _, found in fields],
            "offsets": [field.offset for field, _ in fields],
            "itemsize": spec.record.size,
        }
    )


def _reader(spec: Spec) -> Callable[[memoryview], Any]:
    """Return the function that makes a value of exactly its bytes."""
    if spec.kind == "text":
        return lambda view: str(view, "utf-8")
    if spec.kind == "bytes":
        return bytes
    if spec.kind == "array":
        return _array_reader(spec)
    read = _element_reader(spec)
    if spec.kind == "list":
        size = nbytes_of(spec)
        return lambda view: [read(view[i : i + size]) for i in _starts(view, size, spec)]
    return read


def _element_reader(spec: Spec) -> Callable[[memoryview], Any]:
    """Return the function that makes one number, or one record."""
    if spec.record is not None:
        return _record_reader(spec.record)
    if spec.dtype[0] == "c":
        pair = Struct("<ff" if spec.dtype == "c8" else "<dd").unpack
        return lambda view: complex(*pair(view))
    unpack = Struct(f"<{_CODES[spec.dtype]}").unpack
    return lambda view: unpack(view)[0]


def _array_reader(spec: Spec) -> Callable[[memoryview], Any]:
    numpy = imported_numpy()
    axes = [-1 if n is None else n for n in spec.shape]
    dtype = None if numpy is None else _element_dtype(spec)
    size = nbytes_of(spec)
    if dtype is not None:

        def read(view: memoryview) -> Any:
            _starts(view, size, spec)
            return numpy.frombuffer(bytearray(view), dtype).reshape(axes)  # padding too

        return read
    if spec.record is None and spec.dtype in _NATIVE:

        def cast(view: memoryview) -> Any:
            shape = [len(_starts(view, size, spec)) if n < 0 else n for n in axes]
            own: Any = memoryview(bytearray(view))
            return own.cast(_NATIVE[spec.dtype], shape) if view.nbytes else own

        return cast
    element = _element_reader(spec)
    width = size // prod(n for n in spec.shape if n is not None)

    def nested(view: memoryview) -> Any:
        _starts(view, size, spec)
        made: Any = [element(view[i : i + width]) for i in range(0, view.nbytes, width)]
        for n in reversed(spec.shape[1:]):
            made = [made[i : i + (n or 1)] for i in range(0, len(made), n or 1)]
        return made if spec.shape else made[0]

    return nested


def _starts(view: memoryview, size: int, spec: Spec) -> range:
    if view.nbytes % size:
        raise ValueError(f"found {view.nbytes} bytes; expected a multiple of {size}, for {spec}")
    return range(0, view.nbytes, size)


def _record_reader(record: RecordSpec) -> Callable[[memoryview], Any]:
    if record.how == "numpy":
        numpy = imported_numpy()
        return lambda view: numpy.frombuffer(bytearray(view), record.dtype)[0]
    parts = [_field_reader(field.spec, field.offset, field.name) for field in record.fields]
    if record.how == "tuple":
        make: Any = record.cls._make  # type: ignore[attr-defined]
        return lambda view: make([part(view) for part in parts])
    names = [field.name for field in record.fields]
    return lambda view: dict(zip(names, [part(view) for part in parts], strict=True))


def _field_reader(spec: Spec, offset: int, name: str) -> Callable[[memoryview], Any]:
    read, size = _reader(spec), nbytes_of(spec)
    if not is_variable(spec):
        end = offset + size
        return lambda view: read(view[offset:end])
    most, start = spec.max or 0, offset + LENGTH

    def field(view: memoryview) -> Any:
        (n,) = _length.unpack_from(view, offset)
        if n > most:
            raise ValueError(f"found the length {n} in {name!r}; expected {most} at most")
        return read(view[start : start + n * size])

    return field
