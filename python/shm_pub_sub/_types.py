"""The type of a topic's values, as its default gives it."""

from __future__ import annotations

from ._arguments import exact_number, short_repr
from ._arrays import array, is_of, longest, scalar, shape_of
from ._defaults import refuse_default, refuse_size
from ._errors import TopicTypeError, TopicValueError
from ._spec import LISTS, Spec

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from typing import Any, Final

    from ._records import RecordSpec

_MAX_TEXT: Final = 4096


def spec_of(name: str, default: Any, max_size: object = None, *, reads: bool = False) -> Spec:
    """Return the type of a topic by the default that a publisher, or if reads a subscriber, has.

    What a subscriber reads has no greatest length, and its array without rows stands for one of any
    number of rows.
    """
    what = f"topic {short_repr(name)}"
    spec = scalar(what, default) or _record(what, default)
    if spec is not None:
        if max_size is not None:
            raise TopicTypeError(
                f"{what}: found max_size= for a topic of {spec.name}; expected it for text, bytes, "
                "a list, or an array of which the first axis varies"
            )
        return spec
    cls = type(default)
    if issubclass(cls, (str, bytes)):
        return _text(what, default, max_size, reads, str if issubclass(cls, str) else bytes)
    if issubclass(cls, list):
        return _list(what, default, max_size, reads)
    record = None
    if shape_of(default) is not None and getattr(default, "dtype", None) is not None:
        record = _record_of_array(what, default.dtype)
    return array(what, default, max_size, reads, record)


def _record(what: str, default: Any) -> Spec | None:
    """Return the type of a record."""
    if not _may_be_record(default):
        return None
    from ._records_topic import record_spec

    return record_spec(what, default)


def _record_of_array(what: str, dtype: Any) -> RecordSpec | None:
    if dtype.names is None:
        return None
    from ._records_topic import record_of_array

    return record_of_array(what, dtype)


def _may_be_record(default: Any) -> bool:
    """Report whether a default may be a record, without importing what knows."""
    cls: Any = type(default)
    if issubclass(cls, tuple):
        return hasattr(cls, "_fields")
    if is_of(default, "numpy", "void"):
        return default.dtype.names is not None
    return (
        issubclass(cls, dict)
        or hasattr(cls, "__dataclass_fields__")
        or hasattr(cls, "__attrs_attrs__")
        or hasattr(cls, "__struct_fields__")
        or is_of(default, "_ctypes", "Structure")
    )


def _text(what: str, default: str | bytes, max_size: object, reads: bool, cls: Any) -> Spec:
    exact: Any = cls.__getitem__(default, slice(None))  # exactly one, whatever a subclass makes
    try:
        size = len(exact.encode() if cls is str else exact)
    except UnicodeEncodeError as error:
        raise TopicValueError(
            f"{what}: found a default with a lone surrogate at character "
            f"{error.start}; expected text that UTF-8 can encode"
        ) from None
    most = None
    if not reads:
        most = longest(what, max_size, 1, "bytes") or _MAX_TEXT
        if size > most:
            raise refuse_size(what, f"a default of {size} bytes", most)
    return Spec("text" if cls is str else "bytes", cls, exact, most=most)


def _list(what: str, default: list[Any], max_size: object, reads: bool) -> Spec:
    record = None
    if default and _may_be_record(default[0]):
        from ._records_topic import record_of_list

        record = record_of_list(what, default)
    found = {type(x) for x in default}
    cls = found.pop() if len(found) == 1 else object
    if record is None and cls not in LISTS:
        raise refuse_default(what, default)
    if cls is int:
        for number in default:
            exact_number(what, number)  # 64 bits
    most = None
    if not reads:
        size = 8 if record is None else record.size
        most = longest(what, max_size, size, "elements") or len(default)
        if len(default) > most:
            raise refuse_size(what, f"a default of {len(default)} elements", most)
    dtype = LISTS[cls] if record is None else ""
    spec = Spec("list", list, default, dtype=dtype, most=most, record=record)
    spec.default = spec.exact(default)
    return spec
