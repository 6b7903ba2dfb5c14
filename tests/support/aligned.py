"""What align() must find, from the definition of a set, by trying every combination.

A set has one candidate of each topic, within the tolerance of one another. Candidates are the kept
values that are later than their topic's in the last set; of several with one time only the last.
"""

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple


class Value(NamedTuple):
    number: int  # its sequence
    time: int  # ns


Set = tuple[Value, ...]


def spread(values: Sequence[Value]) -> int:
    times = [value.time for value in values]
    return max(times) - min(times)


def candidates(kept: Sequence[Value], after: int) -> list[Value]:
    last_of_each = {value.time: value for value in kept}
    return [value for time, value in last_of_each.items() if time > after]


def pivot(topics: Sequence[Sequence[Value]], tolerance: int) -> tuple[int, Value] | None:
    """The latest candidate with one of each topic at most the tolerance after it."""
    times = {value.time for topic in topics for value in topic}
    for m in sorted(times, reverse=True):
        if all(any(m <= value.time <= m + tolerance for value in topic) for topic in topics):
            return next(
                (number, value)
                for number, topic in enumerate(topics)
                for value in topic
                if value.time == m
            )
    return None


def newest_set(kept: Sequence[Sequence[Value]], last: Sequence[int], tolerance: int) -> Set | None:
    """The set that is due; last has the times of the last set, 0 before the first."""
    topics = [candidates(values, after) for values, after in zip(kept, last, strict=True)]
    found = pivot(topics, tolerance)
    if found is None:
        return None
    number, value = found
    topics[number] = [value]

    def rank(one: Set) -> tuple[int, int, list[int]]:
        times = [value.time for value in one]
        return spread(one), -min(times), times  # of two with one earliest time, the earlier values

    return min((one for one in product(*topics) if spread(one) <= tolerance), key=rank)
