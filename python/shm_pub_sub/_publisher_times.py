"""What is wrong with a time of measurement."""

from __future__ import annotations

import time

from ._arguments import kind_of, short_repr
from ._errors import TopicTypeError, TopicValueError

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from typing import Any, Final

_CLOCK: Final = "nanoseconds on the clock of time.monotonic_ns()"
_SECOND: Final = 10**9
_DECADE: Final = 10 * 366 * 86400  # seconds


def refused(
    what: str, given: Any, now: int, least: int, carries: bool
) -> TopicTypeError | TopicValueError:
    """Return the error for a time_ns; least: what the value before, which may be one that was
    carried over, allows, or 0."""
    if isinstance(given, bool) or not hasattr(type(given), "__index__"):
        shown = "None" if given is None else f"{kind_of(given)} {short_repr(given)}"
        hint = _conversion(given)
        return TopicTypeError(f"{what}: found {shown} as time_ns; expected an int: {_CLOCK}{hint}")
    ns = int(given)
    found = f"{what}: found time_ns={short_repr(ns)}"
    if least:
        why = "after the value that was carried over" if carries else "the time of the value before"
        return TopicValueError(
            f"{found}; expected {least} or more, {why}"
            f"{_other_clock(ns, now) or '; publish in the order of the times'}"
        )
    if ns < 1:
        return TopicValueError(f"{found}; expected 1 or more: {_CLOCK}")
    ahead = f", {(ns - now) / _SECOND:.6g} s ahead of the clock" if ns < 2**63 else ""
    return TopicValueError(
        f"{found}{ahead}; expected {now}, which is now, or less: {_CLOCK}{_other_clock(ns, now)}"
    )


def _other_clock(ns: int, now: int) -> str:
    """Return what to do if it looks like another clock or unit, or ""."""
    if ns >= 2**63:
        return ""
    since_epoch = time.time()
    if abs(ns / _SECOND - since_epoch) < _DECADE:
        return "; it looks like time.time_ns(): take time.monotonic_ns()"
    if ns <= now / _SECOND + 1 or abs(ns - since_epoch) < _DECADE:
        return "; it looks like seconds: take time.monotonic_ns()"
    return ""


def _conversion(given: Any) -> str:
    """Return what makes a time of a float, or ""."""
    if not isinstance(given, float):
        return ""
    return "; take time.monotonic_ns()" if given < _SECOND * 100 else "; write int(x)"
