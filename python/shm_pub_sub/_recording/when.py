"""A condition on a topic's values, for which a snapshot is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .._described import spec_of_descriptor
from .._filter import Filter, FilterError
from .._raw_values import value_of

if TYPE_CHECKING:
    from .taken import Source

VALUE = Filter("value")


class When:
    """Finds the values at which a condition begins to hold.

    Args:
        topic: The topic's name.
        text: An expression over its values, as for Filter; None: it is a bool that is to be true.
        start_ns: Older values begin nothing; CLOCK_MONOTONIC.

    Raises FilterError if the text is no expression.
    """

    def __init__(self, topic: str, text: str | None, start_ns: int) -> None:
        self.topic = topic
        self.error = ""
        """Why the condition does not fit the topic's type; "" if it does."""
        self._filter = VALUE if text is None else Filter(text)
        self._is_flag = text is None
        self._start_ns = start_ns
        self._source: Source | None = None
        self._holds: Callable[[Any], bool] = _never
        self._held = False

    def __str__(self) -> str:
        return self.topic if self._is_flag else f"{self.topic}: {self._filter.text}"

    def check(self, descriptor: str) -> None:
        """Raise FilterError if the condition does not fit a type."""
        if self._is_flag and descriptor != "bool":
            spec = spec_of_descriptor(descriptor)
            raise FilterError(f"found {spec}; expected bool, or an expression such as 'value > 3'")
        self._filter.check(spec_of_descriptor(descriptor))

    def times(self, batch: Sequence[Any]) -> Iterator[int]:
        """Yield the times of values at which the condition holds, and did not before."""
        for source, _, time_ns, value in batch:
            if source.name != self.topic:
                continue
            if source is not self._source:
                self._source, self._holds = source, self._condition(source.descriptor)
            try:
                holds = self._holds(value)
            except ValueError:  # the publisher wrote garbage
                continue
            if holds and not self._held and time_ns >= self._start_ns:
                yield time_ns
            self._held = holds

    def _condition(self, descriptor: str) -> Callable[[Any], bool]:
        try:
            self.check(descriptor)
        except FilterError as error:
            self.error = str(error)
            return _never
        self.error = ""
        convert, holds = value_of(spec_of_descriptor(descriptor)), self._filter
        return lambda raw: holds(convert(raw))


def _never(_value: Any) -> bool:
    return False
