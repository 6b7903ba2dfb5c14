"""What the stream's judge reports, and what it accepts."""

from types import SimpleNamespace
from typing import Any

import pytest

from ._streams import Stream
from ._values import word

TOPIC = 1


def judge(*samples: tuple[int, int, int, int], strayed: bool = False) -> list[list[Any]]:
    """The faults in samples of (generation, k, sequence, lost so far); 9 numbers are announced."""
    faults: list[list[Any]] = []
    words: Any = SimpleNamespace(announced=[9] * 10)
    log: Any = lambda what, name, details: faults.append([name, details[3]])  # noqa: E731
    stream = Stream(log, words, TOPIC, "int")
    for generation, k, sequence, lost in samples:
        stream._subscriber = SimpleNamespace(lost=lost)
        stream._strayed = strayed
        stream._judge(SimpleNamespace(value=word(TOPIC, generation, k), sequence=sequence))
    return faults


@pytest.mark.parametrize(
    "samples",
    [
        [(1, 1, 1, 0), (1, 2, 2, 0), (1, 5, 5, 2), (1, 6, 6, 2)],
        [(1, 9, 9, 8), (2, 1, 1, 8), (2, 2, 2, 8)],
        [(1, 3, 3, 0), (1, 7, 1, 3), (2, 1, 2, 3)],  # 7 was carried over
    ],
)
def test_values_in_their_turn_are_no_fault(samples: list[tuple[int, int, int, int]]) -> None:
    assert judge(*samples) == []


def test_what_others_left_behind_may_be_counted_first() -> None:
    samples = [(1, 1, 1, 0), (1, 2, 2, 7)]
    assert judge(*samples, strayed=True) == []
    assert judge(*samples) == [["wrongly counted", [1, 1, 2, 7]]]


@pytest.mark.parametrize(
    ("samples", "fault"),
    [
        ([(1, 2, 2, 0), (1, 2, 3, 0)], ["not the next", [1, 2, 2]]),
        ([(1, 2, 2, 0), (1, 1, 3, 0)], ["not the next", [1, 2, 1]]),
        ([(1, 2, 2, 0), (1, 4, 4, 0)], ["wrongly counted", [1, 2, 4, 0]]),
        ([(1, 2, 2, 0), (2, 1, 1, 0), (1, 3, 3, 0)], ["after others'", [2, 1, 3]]),
        ([(1, 2, 2, 3), (2, 1, 1, 2)], ["lost is smaller than before", -1]),
        ([(1, 10, 10, 0)], ["never published", [1, 10]]),
    ],
)
def test_a_fault_is_noted(samples: list[tuple[int, int, int, int]], fault: list[Any]) -> None:
    assert judge(*samples) == [fault]
