"""wait_for() compares records field by field, as arrays in them have no truth."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from shm_pub_sub import Publisher, Subscriber
from shm_pub_sub.testing import wait_for


@dataclass
class Box:
    corners: Any = field(default_factory=lambda: np.zeros(4))
    stamp: int = field(default=0, compare=False)


class Mode(Enum):
    IDLE = "idle"
    MOVE = "move"


@dataclass
class Task:
    mode: Mode = Mode.IDLE


class Pair(NamedTuple):
    box: Box
    score: float


VALUES: list[tuple[Any, Any, Any]] = [  # the default, what is equal, and what is not
    (Box(), Box(np.ones(4), 7), Box(np.array([1.0, 1.0, 1.0, 2.0]))),
    (Pair(Box(), 0.0), Pair(Box(np.ones(4)), 0.5), Pair(Box(np.zeros(4)), 0.5)),
    ({"a": np.zeros((2, 3)), "s": 0.0}, {"s": pytest.approx(1), "a": np.ones((2, 3))}, {"s": 1.0}),
    ([Box()], [Box(np.ones(4))], []),
    (Task(), Task(Mode.MOVE), Task()),
]
PUBLISHED: list[Any] = [
    Box(np.ones(4)),
    Pair(Box(np.ones(4)), 0.5),
    {"a": np.ones((2, 3)), "s": 1.0},
    [Box(np.ones(4))],
    Task(Mode.MOVE),
]


@pytest.mark.parametrize(("case", "value"), list(zip(VALUES, PUBLISHED, strict=True)))
def test_records_with_arrays(case: tuple[Any, Any, Any], value: Any, shm_domain: Path) -> None:
    default, same, other = case
    with Publisher("robot/box", default) as pub, Subscriber("robot/box", default) as sub:
        pub.publish(value)
        wait_for(sub, same, timeout=0)
        with pytest.raises(AssertionError, match=r"not seen within 0 s\n  received: \S+"):
            wait_for(sub, other, timeout=0)
