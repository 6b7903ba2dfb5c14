"""align(): the check of its arguments. The search and the waiting are in C (hot/alignment.c)."""

from __future__ import annotations

from . import _hot
from ._arguments import as_seconds, kind_of, really_is, short_repr
from ._errors import TopicTypeError, TopicValueError, WaitTimeoutError
from ._subscriber import Subscriber

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable
    from typing import Any, NoReturn

_LONGEST = 2**62
"""Nanoseconds that count as no limit."""


class Alignment(_hot.Alignment):
    """Sets of samples of the same time; align() makes it.

    `for samples in alignment`, `async for` and recv() return each set once, the newest that there
    is. Threads, tasks and loops may share an alignment: each set goes to one of them. A loop over
    it ends when one of the subscribers is closed.
    """

    __slots__ = ("__weakref__", "_at_once", "_subscribers", "_tolerance", "_waiters")

    _subscribers: tuple[Any, ...]
    _tolerance: float
    _at_once: int  # for _align_aio
    _waiters: dict[Any, Any]  # for _align_aio: by loop

    def arecv(self, timeout: float | None = None) -> Coroutine[Any, Any, Any]:
        """Wait for the next set as recv() does, in asyncio: `await alignment.arecv()`.

        Cancelling it loses no set. Several tasks, in several loops, may wait for one alignment.

        Args:
            timeout: Seconds to wait at most; None to wait without end.

        Raises:
            WaitTimeoutError: There was no set within timeout seconds (a TimeoutError).
            ClosedError: A subscriber is closed, or was closed meanwhile (a ValueError).
            OSError: There is no descriptor or no thread to wait with.
        """
        from . import _align_aio  # asyncio is slow to import

        return _align_aio.arecv(self, timeout)

    def __aiter__(self) -> Alignment:
        return self

    def __anext__(self) -> Coroutine[Any, Any, Any]:
        from . import _align_aio

        return _align_aio.anext(self)

    def __repr__(self) -> str:
        names = ", ".join(s._known_name() for s in self._subscribers)
        return f"<Alignment of {names} within {self._tolerance:g} s>"

    def __reduce__(self) -> NoReturn:
        raise TopicTypeError(
            "cannot pickle an alignment: its subscribers belong to this process; make them there, "
            "and call align() there"
        )

    def _timed_out(self, timeout: float) -> NoReturn:
        raise WaitTimeoutError(
            f"align: found no new set within {short_repr(timeout)} s; the newest samples: "
            f"{', '.join(map(_newest, self._subscribers))}; expected one of each topic within "
            f"{self._tolerance:g} s of the others"
        )


def _newest(subscriber: Any) -> str:
    name = subscriber._known_name()
    try:
        sample = _hot.Subscriber.sample(subscriber)
    except Exception as error:  # the text is for an error already
        return f"{name} {type(error).__name__}"
    return f"{name} none" if sample is None else f"{name} {sample.age:.3g} s old"


def align(
    subscribers: Iterable[Any], *, tolerance: float, names: Iterable[str] | None = None
) -> Alignment:
    """Return sets of samples that belong together: one of each subscriber, of the same time.

    The samples of a set are at most tolerance seconds apart. It is the set whose oldest sample is
    newest or, of all with that sample, the one with the least spread. Every sample is newer than
    the one before it in its place. A set is returned as soon as there is one. Nothing is taken from
    the subscribers, which may be used as always.

    It reads what the topics keep. A topic's buffer_num must be as large as the number of values
    that are published while the slowest topic's value is on its way. Values that max_age= of a
    subscriber excludes are left out; with copy=False the samples have views.

    Args:
        subscribers: Subscribers of any types, each one once.
        tolerance: The most that the times of a set's samples may differ, in seconds: 0 or more.
            The period of the second slowest topic gives a set for each sample of the slowest one;
            of topics with the same rate take half a period.
        names: Names for the subscribers, one each: sets are dicts then. None for tuples.

    Returns:
        An iterator over sets, also with `async for`; its recv(timeout=None) and arecv(timeout=None)
        wait for the next one. `dropped`, `spread` and `worst_spread` count.

    Raises:
        TopicTypeError: One of subscribers is no Subscriber, or an argument has a type that is not
            accepted (a TypeError).
        TopicValueError: There is no subscriber, or one twice; tolerance is negative, infinite or
            NaN; names has another length, or a name twice (a ValueError).
        ClosedError: A subscriber is closed (a ValueError).
    """
    given = _check_subscribers(subscribers)
    seconds = _check_tolerance(tolerance)
    keys = None if names is None else _check_names(names, len(given))
    alignment = Alignment(given, round(min(seconds * 1e9, _LONGEST)), keys)
    alignment._subscribers = given
    alignment._tolerance = seconds
    alignment._at_once = 0
    alignment._waiters = {}
    return alignment


def _check_subscribers(subscribers: Any) -> tuple[Any, ...]:
    # A Subscriber is iterable too, without end.
    if really_is(subscribers, Subscriber) or not hasattr(type(subscribers), "__iter__"):
        raise TopicTypeError(
            f"align: found {kind_of(subscribers)} {short_repr(subscribers)}; expected a list of "
            "subscribers"
        )
    given = tuple(subscribers)
    seen: dict[int, int] = {}
    for position, subscriber in enumerate(given):
        if not really_is(subscriber, Subscriber):
            raise TopicTypeError(
                f"align: found {kind_of(subscriber)} {short_repr(subscriber)} at position "
                f"{position}; expected a Subscriber"
            )
        if not subscriber._is_open:
            subscriber._say_closed()
        first = seen.setdefault(id(subscriber), position)
        if first != position:
            raise TopicValueError(
                f"align: found the subscriber of {subscriber._known_name()} at positions {first} "
                f"and {position}; expected each one once; make a second one to have it twice"
            )
    if not given:
        raise TopicValueError("align: found no subscribers; expected one or more")
    return given


def _check_tolerance(tolerance: Any) -> float:
    expected = "expected seconds, 0 or more and finite, such as 0.01"
    try:
        seconds = as_seconds(tolerance)
    except TypeError:
        raise TopicTypeError(
            f"align: found a tolerance of {kind_of(tolerance)} {short_repr(tolerance)}; {expected}"
        ) from None
    if not 0 <= seconds < float("inf"):
        raise TopicValueError(f"align: found a tolerance of {short_repr(tolerance)}; {expected}")
    return seconds


def _check_names(names: Any, count: int) -> tuple[str, ...]:
    if really_is(names, str) or not hasattr(type(names), "__iter__"):
        raise TopicTypeError(
            f"align: found names of {kind_of(names)} {short_repr(names)}; expected a list of str, "
            "one for each subscriber"
        )
    given = tuple(names)
    for name in given:
        if not really_is(name, str):
            raise TopicTypeError(
                f"align: found the name {short_repr(name)} of {kind_of(name)}; expected a str"
            )
    keys = tuple(str.__str__(name) for name in given)
    if len(keys) != count:
        raise TopicValueError(
            f"align: found {len(keys)} names for {count} subscribers; expected one for each"
        )
    if len(set(keys)) < count:
        twice = next(name for name in keys if keys.count(name) > 1)
        raise TopicValueError(
            f"align: found the name {short_repr(twice)} twice; expected a name of its own for each "
            "subscriber"
        )
    return keys
