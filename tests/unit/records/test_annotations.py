"""Annotations that name what comes later, or nothing: texts, or evaluated late (Python 3.14)."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from shm_pub_sub import Publisher, Subscriber, TopicTypeError
from shm_pub_sub._types import spec_of

CLASSES = """
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, NamedTuple, Optional
from shm_pub_sub import MaxSize, Unit
if TYPE_CHECKING:
    from nowhere import Absent

@dataclass
class Robot:
    arm: Arm = field(default_factory=lambda: Arm())
    arms: Annotated[list[Arm], MaxSize(3)] = field(default_factory=lambda: [Arm()])
    name: Annotated[str, MaxSize(8)] = ""
    speed: Annotated[float, Unit("m/s")] = 0.0

@dataclass(slots=True)
class Slotted:
    arm: Arm = field(default_factory=lambda: Arm())
    tags: Annotated[list[float], MaxSize(4)] = field(default_factory=list)

class Pair(NamedTuple):
    arm: Arm = None
    text: Annotated[str, MaxSize(9)] = "x"

@dataclass
class Arm:
    x: float = 1.0

@dataclass
class Unevaluated:
    count: Absent = 0
    numbers: Absent = field(default_factory=lambda: [1.0])

@dataclass
class EmptyList:
    parts: Annotated[list[Absent], MaxSize(3)] = field(default_factory=list)

@dataclass
class Subscripted:
    parts: Absent[MaxSize(4)] = field(default_factory=list)
"""

SCHEMES = ["from __future__ import annotations\n"]
if sys.version_info >= (3, 14):  # before, such a class is a NameError
    SCHEMES.append("")


@pytest.fixture(params=SCHEMES, ids=["texts", "late"][: len(SCHEMES)])
def classes(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ModuleType]:
    (tmp_path / "late_classes.py").write_text(request.param + CLASSES)
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("late_classes")
    del sys.modules["late_classes"]


def test_a_class_may_name_one_that_comes_later(classes: ModuleType) -> None:
    values = {
        "Robot{arm: Arm{x: float64}, arms: list[Arm{x: float64}] <= 3, name: str <= 8, "
        "speed: float64}": classes.Robot(name="r2"),
        "Slotted{arm: Arm{x: float64}, tags: list[float] <= 4}": classes.Slotted(tags=[2.0]),
        "Pair{arm: Arm{x: float64}, text: str <= 9}": classes.Pair(classes.Arm(4.0)),
    }
    for text, value in values.items():
        assert str(spec_of("topic", value)) == text
        with Publisher("topic", value) as pub, Subscriber("topic", value) as sub:
            pub.publish(value)
            assert sub.recv() == value


def test_an_annotation_that_says_nothing_is_not_needed(classes: ModuleType) -> None:
    spec = spec_of("topic", classes.Unevaluated())
    assert str(spec) == "Unevaluated{count: int64, numbers: list[float] <= 1}"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("EmptyList", "Annotated[list[Absent], MaxSize(3)]"),
        ("Subscripted", "Absent[MaxSize(4)]"),
    ],
)
def test_an_error_quotes_what_cannot_be_evaluated(
    classes: ModuleType, name: str, text: str
) -> None:
    with pytest.raises(TopicTypeError) as caught:
        spec_of("topic", getattr(classes, name)())
    assert (
        f"field parts: found an empty list, and the annotation {text}, which cannot be evaluated "
        "(NameError: name 'Absent' is not defined); expected "
    ) in str(caught.value)


@pytest.mark.skipif(len(SCHEMES) < 2, reason="annotations are evaluated late from Python 3.14 on")
def test_an_error_has_no_class_of_typing_s_own(classes: ModuleType) -> None:
    source = (
        "from dataclasses import dataclass\n@dataclass\nclass Maybe:\n"
        "    arm: Absent | None = None\n"
    )
    exec(source, made := {"__name__": classes.__name__})
    with pytest.raises(TopicTypeError, match=r"field arm: found .*\bNone\b") as caught:
        spec_of("topic", made["Maybe"]())
    assert "ForwardRef" not in str(caught.value)
