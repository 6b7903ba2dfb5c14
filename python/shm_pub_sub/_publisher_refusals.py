"""The errors of publish(), publish_many() and loan(), which C raises by calling methods."""

from __future__ import annotations

from math import prod

from ._arguments import conversion, kind_of, not_utf8, short_repr
from ._errors import (
    ClosedError,
    ForkedError,
    LoanError,
    RangeError,
    TopicTypeError,
    TopicValueError,
)
from ._exit import outlives_process
from ._refusals import End
from ._spec import LISTS, dtype_name

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from ._spec import Spec

_NUMBERS = {
    bool: "True or False (bool(value) makes one)",
    int: "an int (anything with __index__)",
    float: "a float or an int (anything with __float__)",
    complex: "a complex or a real number",
}


class PublisherRefusals(End):
    """What publish(), publish_many() and loan() refuse."""

    __slots__ = ()

    _owner: int
    _spec: Spec
    _loans: int

    def _refuse(self, value: object, overflow: bool, position: int) -> NoReturn:
        """Raise for a value; position is its index in a batch, or negative."""
        what, spec = self._what(position), self._spec
        if overflow:
            raise _out_of_range(what, value, spec)
        if spec.record is not None and spec.kind != "array":
            from ._records_refused import refused

            raise refused(what, value, spec)
        raise _wrong(what, value, spec)

    def _refuse_element(
        self, dtype: str, element: object, overflow: bool, index: int, position: int
    ) -> NoReturn:
        """Raise for an element of a list; another thread may have changed the topic's type."""
        what, cls = self._what(position), _element(dtype)
        if overflow:
            raise _out_of_range(f"{what}, element {index}", element, self._spec)
        raise TopicTypeError(
            f"{what}: found {_found(element)} as element {index}; expected {_NUMBERS[cls]}"
            + ("" if cls is bool else conversion(element, cls))
        )

    def _refuse_field(self, path: str, value: object, overflow: bool, position: int) -> NoReturn:
        """Raise for a field of a record, or an element of a list in one."""
        from ._records_refused import field_at, refused

        what = f"{self._what(position)}, field {path}"
        field, spec = field_at(self._spec, path)
        if overflow:
            raise _out_of_range(what, value, spec)
        if spec.record is not None and spec.kind != "array":
            raise refused(what, value, spec)
        if field.enum is not None:
            name = field.enum.__name__
            hint = f"; write {name}(x)" if isinstance(value, (str, int, float)) else ""
            raise TopicTypeError(
                f"{what}: found {_found(value)}; expected a member of {name}{hint}"
            )
        if value is None and spec.kind == "scalar":
            hint = "; write float('nan') for none" if spec.type is float else ""
            raise TopicTypeError(f"{what}: found None; expected {_NUMBERS[spec.type]}{hint}")
        raise _wrong(what, value, spec)

    def _refuse_field_length(self, path: str, length: int, position: int) -> NoReturn:
        """Raise for a field of a record that is too long."""
        from ._records_refused import field_at

        spec = field_at(self._spec, path)[1]
        hint = "write a larger size in the field's annotation"
        hint += ", or a longer default" if spec.kind == "list" else ""
        raise TopicValueError(
            f"{self._what(position)}, field {path}: found {length} {_unit(spec)}; expected "
            f"{spec.max} at most; {hint}"
        )

    def _refuse_length(self, length: int, position: int) -> NoReturn:
        """Raise for a value that is too long."""
        spec = self._spec
        raise TopicValueError(
            f"{self._what(position)}: found {length} {_unit(spec)}; expected max_size {spec.max} "
            "at most; pass a larger max_size= to the publisher"
        )

    def _refuse_raw(self, value: object) -> NoReturn:
        """Raise for what is not the bytes of a value."""
        from ._raw_refused import refused

        raise refused(self._what(-1), value, self._spec)

    def _refuse_values(self, values: object) -> NoReturn:
        raise TopicTypeError(
            f"publish many to {self._name!r}: found {type(values).__name__} {short_repr(values)}; "
            "expected a list or another iterable of values, or a buffer of them"
        )

    def _refuse_time(self, given: object, now: int, least: int, carries: bool) -> NoReturn:
        """Raise for a time_ns at that time; least: 0, or what the value before allows."""
        from ._publisher_times import refused

        raise refused(self._what(-1), given, now, least, carries)

    def _refuse_loan_time(self) -> NoReturn:
        raise LoanError(
            f"loan of {self._name!r}: found one that has ended; expected one whose block has not; "
            "set time_ns before the end of the block"
        )

    def _refuse_loan(self) -> NoReturn:
        raise LoanError(
            f"publish to {self._name!r}: found loans={self._loans} in use, by a block that has not "
            "ended or by arrays of one that failed; expected a free one; end that block "
            "first, del the arrays and the loan's own, or pass a larger loans= to the publisher"
        )

    def _refuse_loan_again(self) -> NoReturn:
        raise LoanError(
            f"loan of {self._name!r}: found one that was used before; expected one for each block; "
            "write `with pub.loan() as x`"
        )

    def _refuse_loan_size(self, size: object) -> NoReturn:
        what, spec = f"loan of {self._name!r}", self._spec
        if spec.kind not in ("array", "bytes", "record"):
            raise TopicTypeError(
                f"{what}: found a topic of {spec}; expected one of arrays, bytes or records; write "
                "publish()"
            )
        if spec.is_fixed:
            raise TopicTypeError(
                f"{what}: found size= for {spec}, whose size is fixed; expected none; write loan()"
            )
        if isinstance(size, bool) or not hasattr(type(size), "__index__"):
            raise TopicTypeError(
                f"{what}: found a size of {kind_of(size)} {short_repr(size)}; expected an int"
            )
        raise TopicValueError(
            f"{what}: found the size {short_repr(size)}; expected 0 to {spec.max} {_unit(spec)}; "
            "pass a larger max_size= to the publisher for more"
        )

    def _refuse_arrays(self) -> NoReturn:
        raise BufferError(
            f"loan of {self._name!r}: found arrays made from the loan's, at the end of its block; "
            "nothing was published, as they could change what readers see; expected none; del them "
            "in the block, or copy what you keep; now del them and the loan's own array"
        )

    def _unusable(self) -> None:
        """Raise unless the thread is a daemon that outlives its process."""
        if outlives_process():
            return
        this: Any = self
        if this._inherited:
            raise ForkedError(
                f"publish to {self._name!r}: found a publisher inherited by fork; "
                f"it is process {self._owner}'s, and a topic has one publisher; "
                "make another topic in this process"
            )
        raise ClosedError(
            f"publish to {self._known_name()}: found a closed publisher; make a new one"
        )

    def _what(self, position: int) -> str:
        what = f"publish to {self._spec.name} topic {self._name!r}"
        if position >= 0:
            what += f", value {position} of a batch, none of which is published"
        return what


def _wrong(what: str, value: object, spec: Spec) -> Exception:
    """Return the error for a value that is no record."""
    found = _found(value)
    if spec.kind == "array":
        found, hint = _words_of_array(value, spec)
        expected = f"{spec}, exactly"
    elif spec.kind == "list":
        expected = f"a list of {_element(spec.dtype).__name__}"
        hint = "; write x.tolist()" if hasattr(value, "tolist") else "; write list(x)"
        hint = hint if hasattr(type(value), "__iter__") else ""
    elif spec.kind == "text":
        at = not_utf8(value) if isinstance(value, str) else None
        if at is not None:
            return TopicValueError(
                f"{what}: found a str with a lone surrogate at character {at}; expected text "
                "that UTF-8 can encode; write x.encode('utf-8', 'replace').decode()"
            )
        expected = "a str"
        hint = _as_text(value)
    elif spec.kind == "bytes":
        expected = "bytes, bytearray or a contiguous memoryview"
        hint = "; write x.tobytes()" if hasattr(value, "tobytes") else ""
        hint = "; write x.encode()" if isinstance(value, str) else hint
    else:
        expected = _NUMBERS[spec.type]
        hint = "" if spec.type in (bool, complex) else conversion(value, spec.type)
        if spec.type is int and isinstance(value, float):
            expected += ", as the default is an int"
        found = f"{type(value).__name__} {short_repr(value)}"
    return TopicTypeError(f"{what}: found {found}; expected {expected}{hint}")


def _out_of_range(what: str, value: object, spec: Spec) -> RangeError:
    kind, bits = spec.dtype[:1], 8 * int(spec.dtype[1:] or 8)
    if kind == "u":
        limits = f"0 to 2**{bits} - 1"
    elif kind == "i" or spec.kind == "int":
        limits = f"-2**{bits - 1} to 2**{bits - 1} - 1"
    else:
        name = dtype_name(spec.dtype) if spec.kind == "scalar" else "float"
        limits = f"a number that a {name} can hold"
    return RangeError(f"{what}: found {short_repr(value)}; expected {limits}")


def _found(value: object) -> str:
    return "None" if value is None else f"{kind_of(value)} {short_repr(value)}"


def _as_text(value: object) -> str:
    """Return what makes a text of a value, for an error."""
    if hasattr(value, "decode"):
        return "; write x.decode()"
    if isinstance(value, (dict, list, tuple)):
        return "; write json.dumps(x)"
    return "" if value is None else "; write str(x)"


def _element(dtype: str) -> type:
    return next(cls for cls, own in LISTS.items() if own == dtype)


def _unit(spec: Spec) -> str:
    if spec.kind in ("text", "bytes"):
        return "bytes" if spec.kind == "bytes" else "bytes of UTF-8"
    return "elements" if spec.kind == "list" else "elements along the first axis"


def _words_of_array(value: Any, spec: Spec) -> tuple[str, str]:
    """Return what an array topic found, and "; write ..." or ""."""
    if spec.record is not None:
        return _words_of_records(value, spec)
    name = dtype_name(spec.dtype)
    cls, shape = type(value), getattr(value, "shape", None)
    dtype: Any = getattr(value, "dtype", None)
    if isinstance(value, (list, tuple)):
        return _found(value), f"; write np.asarray(x, np.{name})"
    if hasattr(dtype, "isnative") and isinstance(shape, tuple):
        found = f"{dtype}[{','.join(map(str, shape))}]"
        if hasattr(cls, "mask"):
            return f"a masked array, {found}", "; write x.filled()"
        if dtype.kind not in "biufc" or not dtype.isnative or str(dtype) != name:
            return found, f"; write x.astype(np.{name})"
        return found, _reshape(shape, spec)
    try:
        view = memoryview(value)
    except (TypeError, BufferError, ValueError):
        hint = f"; write np.asarray(x, np.{name})" if hasattr(cls, "__array__") else ""
        return _found(value), hint
    axes: Any = view.shape
    found = f"{kind_of(value)} of format {view.format!r} and shape {list(axes)}"
    if isinstance(value, (bytes, bytearray)):
        row = int(spec.dtype[1:]) * prod(n or 1 for n in spec.shape)
        fits = len(value) % row == 0 if None in spec.shape else len(value) == row
        wanted = ", ".join(str(n or -1) for n in spec.shape)
        return found, f"; write np.frombuffer(x, np.{name}).reshape({wanted})" if fits else ""
    return found, _reshape(axes, spec)


def _words_of_records(value: Any, spec: Spec) -> tuple[str, str]:
    """Return the same of an array of records."""
    dtype, shape = getattr(value, "dtype", None), getattr(value, "shape", None)
    if dtype is None or not isinstance(shape, tuple):
        return _found(value), "; write np.array(x, dtype)" if isinstance(value, list) else ""
    found = f"{dtype}[{','.join(map(str, shape))}]"
    if hasattr(type(value), "mask"):
        return f"a masked array, {found}", "; write x.filled()"
    wanted: Any = spec.record.dtype
    if dtype == wanted:
        return found, _reshape(shape, spec)
    return found, "; write x.astype(dtype)" if dtype.names == wanted.names else ""


def _reshape(shape: tuple[int, ...], spec: Spec) -> str:
    """Return what gives an array the topic's shape.

    The same axes in another order are most likely that: reshape() would mix up an image.
    """
    wanted: Any = spec.shape
    if None in wanted or prod(shape) != prod(wanted):
        return ""
    if sorted(shape) == sorted(wanted):
        order = [shape.index(n) for n in wanted]
        if len(set(order)) == len(order):
            return (
                f"; write x.transpose({', '.join(map(str, order))}) if its axes are in that order"
            )
    return f"; write x.reshape({', '.join(map(str, wanted))}) if the order is the same"
