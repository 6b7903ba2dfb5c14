"""The errors that C raises by calling a subscriber's methods."""

from __future__ import annotations

import os
import sys

from ._arguments import check_timeout, integer, kind_of, short_repr
from ._errors import (
    ClosedError,
    LayoutError,
    OpenError,
    TopicTypeError,
    TopicValueError,
    WaitTimeoutError,
)
from ._refusals import End
from ._spec import TAGS, dtype_name

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from typing import Any, NoReturn


ARRAY, BYTES, TEXT, LIST = (TAGS[kind] for kind in ("array", "bytes", "text", "list"))


class SubscriberRefusals(End):
    """What the ways to receive refuse, or cannot do."""

    __slots__ = ()

    _stranger: str

    def _corrupt(self) -> NoReturn:
        """Raise because the memory contradicts itself."""
        raise LayoutError(
            f"subscribe to {self._name!r}: found a slot that contradicts the header; expected a "
            "topic that only this library has written; restart its publisher"
        )

    def _no_text(self) -> NoReturn:
        raise LayoutError(
            f"subscribe to {self._name!r}: found bytes that are not UTF-8; expected text, which is "
            "all that this library publishes there; restart its publisher"
        )

    def _no_member(self, path: str, value: object) -> NoReturn:
        """Raise because a field of a record has a value that no member of its Enum has."""
        name = "its Enum"
        if self._spec is not None:
            from ._records_refused import field_at

            name = getattr(field_at(self._spec, path)[0].enum, "__name__", name)
        raise TopicValueError(
            f"subscribe to {self._name!r}, field {path}: found {short_repr(value)}; expected a "
            f"value of {name}; add that member, as the publisher's has it"
        )

    def _say_closed(self) -> NoReturn:
        raise ClosedError(
            f"subscribe to {self._known_name()}: found a closed subscriber; make a new one"
        )

    def _say_set_up_again(self) -> NoReturn:
        """Raise because __init__ was called again during a call."""
        raise ClosedError(
            f"subscribe to {self._known_name()}: found that __init__ was called again "
            "meanwhile; call this again as well"
        )

    def _timed_out(self, what: str, timeout: float) -> NoReturn:
        found = f"found none within {short_repr(timeout)} s"
        this: Any = self
        if this._untrusted:
            found += f", but {self._stranger}"
        raise WaitTimeoutError(f"wait for a {what} of {self._name!r}: {found}")

    def _refuse_timeout(self, timeout: object) -> NoReturn:
        check_timeout(f"wait for {self._known_name()}", timeout)
        raise AssertionError("C refused a timeout that Python accepts")

    def _no_descriptor(self, number: int) -> NoReturn:
        """Raise because there is no descriptor for fileno(), or no thread to watch it."""
        raise OSError(
            number,
            f"fileno of {self._name!r}: found {os.strerror(number)!r}; expected a free descriptor "
            "and a thread to watch it; raise RLIMIT_NOFILE or close what is not needed",
        )

    def _refuse_buffer(self, buffer: object, code: str) -> NoReturn:
        raise TopicTypeError(
            f"drain {self._name!r}: found {_layout(buffer)}; expected a writable, "
            f"contiguous buffer of one dimension and format {code!r}, such as array.array or "
            "numpy.empty"
        )

    def _refuse_into(
        self, into: object, tag: int, dtype: Any, shape: tuple[int | None, ...], leading: bool
    ) -> NoReturn:
        """Raise because the value, of that type, does not go into what was given.

        dtype is a str or, of records, numpy's.
        """
        what = f"read {self._name!r} into: found"
        records = isinstance(dtype, str) and dtype == "r"  # of any kind but numpy's
        if tag in (TEXT, LIST) or records or (tag == ARRAY and leading and None in shape):
            kinds = {TEXT: "text", LIST: "a list", ARRAY: "an array of varying length"}
            kind = "records" if records else kinds[tag]
            new = "a list of new ones" if leading else "a new one"
            raise TopicTypeError(
                f"{what} a buffer for {kind}; expected a call without into=, which returns {new}"
            )
        if tag not in (ARRAY, BYTES) and not leading:
            raise TopicTypeError(
                f"{what} a buffer for a topic of single numbers; expected a call without into=; "
                "drain(into=) and last(n, into=) fill an array with several values"
            )
        axes = ["n" if n is None or tag == BYTES else str(n) for n in (shape or ())]
        if tag == BYTES:
            axes = ["n"]
        if leading:
            axes.insert(0, "count")
        wanted = f"({', '.join(axes)}{',' if len(axes) == 1 else ''})"
        name = dtype_name(dtype) if isinstance(dtype, str) else str(dtype)
        written = repr(name) if isinstance(dtype, str) else "dtype"
        raise TopicTypeError(
            f"{what} {_layout(into)}; expected a writable array of {name} of shape {wanted}; write "
            f"numpy.empty({wanted}, {written})"
        )

    def _refuse_room(self, into: Any, length: int) -> NoReturn:
        """Raise because the value has more elements along its first axis than the array."""
        raise TopicValueError(
            f"read {self._name!r} into: found {_layout(into)}; expected {length} or more along the "
            "first axis: the value has as many; nothing was taken"
        )

    def _refuse_count(self, count: object) -> NoReturn:
        what = f"last values of {self._name!r}"
        number = integer(what, count, "a number of values")
        raise TopicValueError(f"{what}: found {short_repr(number)}; expected 1 or more")

    def _refuse_time(self, method: str, time: object) -> NoReturn:
        """Raise because at(), after() or since() was given no int."""
        found = "None" if time is None else f"{kind_of(time)} {short_repr(time)}"
        raise TopicTypeError(
            f"{method}() of {self._name!r}: found {found}; expected an int: nanoseconds on the "
            "clock of time.monotonic_ns()"
        )

    def _lapped(self, times: int) -> NoReturn:
        """Raise because the publisher overwrote values faster than they could be copied."""
        raise OpenError(
            f"read {self._name!r}: found the value overwritten {times} times while it was read; "
            "expected time to copy it; make its publisher with a larger buffer_num=, or get the "
            "right to write to the topic's file, so that values can be held while they are copied"
        )

    def _no_value(self) -> tuple[Any, bool]:
        """Return what subscribe() does without a topic, if its default could be changed."""
        return self.default_value, False

    def _no_values(self, into: Any) -> Any:
        """Return what last() does without a topic."""
        spec = self._spec
        codec = spec.codec if spec is not None and spec.kind == "record" else None
        if into is not None:
            if codec is not None and codec.how != "numpy":
                self._refuse_into(into, TAGS["record"], "r", (), leading=True)
            return into[:0] if type(into).__name__ == "ndarray" else memoryview(into)[:0]
        if codec is not None and codec.how == "dict" and sys.modules.get("numpy") is not None:
            this: Any = self
            return this._stack(codec, 0).first(0)
        if spec is None or spec.tag != ARRAY or not spec.is_fixed:
            return []
        if spec.make is None:
            return spec.default[None][:0].copy()
        value: Any = memoryview(spec.default)
        code = value.format.lstrip("@=<")
        if code in ("F", "D"):  # complex of ctypes in Python 3.14, whose cast() does not know them
            return memoryview((type(spec.default) * 1)())[:0]
        return memoryview(bytearray(value.nbytes)).cast(code, [1, *value.shape])[:0]


def _layout(buffer: object) -> str:
    """Describe what was given as a buffer."""
    name = kind_of(buffer)
    try:
        found = memoryview(buffer)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return name
    with found:
        kind = f"{name} of format {found.format!r} and shape {found.shape}"
        gaps = "" if found.contiguous else ", with gaps"
        return kind + (", read-only" if found.readonly else gaps)
