"""How the classes of records are made: without their __init__, unless their author wrote it."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from collections import namedtuple
from dataclasses import InitVar, dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Generic, NamedTuple, TypeVar

import numpy as np
import pytest
from shm_pub_sub import MaxSize, Publisher, Subscriber, TopicTypeError
from shm_pub_sub._types import spec_of

if TYPE_CHECKING:
    from decimal import Decimal

T = TypeVar("T")
made: list[Any] = []


@dataclass
class Plain:
    x: int = 1
    y: float = 2.5


@dataclass(slots=True)
class Slots(Plain):
    z: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    x: int = 1
    path: Annotated[list[float], MaxSize(3)] = field(default_factory=list)


@dataclass(frozen=True)
class Derived(Frozen):
    kind: ClassVar[str] = "arm"
    y: float = 2

    @functools.cached_property
    def total(self) -> float:
        return self.x + self.y


@dataclass
class Box(Generic[T]):
    content: T
    names: ClassVar[list[str]] = []


class Inherited(Plain):
    extra = 3


@dataclass(init=False)
class Bare:
    x: int = 1


class Point(NamedTuple):
    x: int = 1
    name: Annotated[str, 8] = "a"


Untyped = namedtuple("Untyped", "x y", defaults=(1, 2.0))


class Longer(Point):
    __slots__ = ()

    @property
    def twice(self) -> int:
        return 2 * self.x


@dataclass
class Checked:
    x: int = 1
    double: int = field(init=False)

    def __post_init__(self) -> None:
        made.append(self.x)
        if self.x < 0:
            raise ValueError("below zero")
        self.double = 2 * self.x


@dataclass(frozen=True)
class FrozenChecked:
    x: int = 1
    double: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        made.append(self.x)


@dataclass
class Scaled:
    x: float = 1
    scale: InitVar[float] = 1.0

    def __post_init__(self, scale: float) -> None:
        made.append(scale)


@dataclass
class OwnInit:
    x: int

    def __init__(self, x: int = 1, **_: object) -> None:
        made.append(x)
        self.x = x


class InheritedInit(OwnInit):
    pass


@dataclass
class OwnNew:
    x: int = 1

    def __new__(cls, *_: object, **__: object) -> OwnNew:
        made.append(cls)
        return super().__new__(cls)


@dataclass
class OwnSet:
    x: int = 1

    def __setattr__(self, name: str, value: object) -> None:
        made.append(value)
        super().__setattr__(name, value)


class NewTuple(NamedTuple("NewTuple", [("x", int)])):
    def __new__(cls, x: int = 1) -> NewTuple:
        made.append(x)
        return super().__new__(cls, x)


class Meta(type):
    def __call__(cls, *args: object, **kwargs: object) -> Any:
        made.append(cls)
        return super().__call__(*args, **kwargs)


@dataclass
class OfMeta(metaclass=Meta):
    x: int = 1


@dataclass
class Failure(Exception):
    x: int = 1


def how(default: Any) -> str:
    found: str = spec_of("topic", default).record.how
    return found


def there_and_back(value: Any) -> Any:
    with Publisher("topic", value) as pub, Subscriber("topic", value) as sub:
        made.clear()
        pub.publish(value)
        return sub.recv(20)


DIRECT: list[Any] = [
    Plain(),
    Slots(),
    Frozen(path=[1.0]),
    Derived(),
    Box(3),
    Box[float](2.0),
    Inherited(),
    Bare(),
]


@pytest.mark.parametrize("value", DIRECT, ids=lambda value: type(value).__name__)
def test_a_written_init_is_not_called(value: Any) -> None:
    assert how(value) == "direct"
    found = there_and_back(value)
    assert found == value
    assert type(found) is type(value)
    assert found is not value


@pytest.mark.parametrize("value", [Point(2, "b"), Untyped(), Longer(3)])
def test_a_named_tuple_is_one(value: Any) -> None:
    assert how(value) == "tuple"
    found = there_and_back(value)
    assert found == value
    assert type(found) is type(value)


def test_what_is_no_field_stays_with_the_class() -> None:
    found = there_and_back(Derived(x=2))
    assert found.total == 4
    assert [each.name for each in spec_of("topic", Derived()).record.fields] == ["x", "path", "y"]
    assert [each.name for each in spec_of("topic", Box(3)).record.fields] == ["content"]


CALLED: list[Any] = [
    Checked(),
    FrozenChecked(),
    Scaled(),
    OwnInit(),
    InheritedInit(),
    OwnNew(),
    OwnSet(),
    NewTuple(),
    OfMeta(),
]


@pytest.mark.parametrize("value", CALLED, ids=lambda value: type(value).__name__)
def test_a_class_whose_author_wrote_something_is_called(value: Any) -> None:
    assert how(value) == "call"
    found = there_and_back(value)
    assert made
    assert found == value
    assert type(found) is type(value)
    assert how(Failure()) == "call"


def test_fields_without_init_are_set_afterwards() -> None:
    value = Checked(3)
    value.double = 7
    assert there_and_back(value).double == 7
    frozen = FrozenChecked(3)
    object.__setattr__(frozen, "double", 7)
    assert there_and_back(frozen).double == 7


def test_what_a_class_raises_passes_through() -> None:
    value = Checked()
    with Publisher("topic", value) as pub, Subscriber("topic", value) as sub:
        value.x = -1
        pub.publish(value)
        with pytest.raises(ValueError, match="below zero"):
            sub.recv(20)
        assert sub.try_recv() is None


@dataclass
class Unlike:
    x: int

    def __init__(self) -> None:
        self.x = 1


@dataclass
class Wants:
    x: int = 1
    scale: InitVar[float] = field(kw_only=True)

    def __post_init__(self, scale: float) -> None:
        pass


@pytest.mark.parametrize("value", [Unlike(), Wants(scale=1.0)])
def test_a_class_that_cannot_be_called_with_its_fields(value: Any) -> None:
    with pytest.raises(TopicTypeError, match=r"cannot be called .*expected \w+\(x=...\) to work"):
        Publisher("topic", value)


@dataclass
class Partly:
    count: int = 0
    price: Decimal = 0.5  # type: ignore[assignment]
    label: Annotated[str, 8] = ""


@dataclass
class Hidden:
    count: int = 0
    label: Annotated[str, Decimal] = ""


class HiddenTuple(NamedTuple):
    label: Annotated[str, Decimal] = ""
    count: float = 1


def test_annotations_are_evaluated_one_by_one() -> None:
    assert (
        str(spec_of("topic", Partly())) == "Partly{count: int64, price: float64, label: str <= 8}"
    )
    for value in (Hidden(), HiddenTuple()):
        with pytest.raises(
            TopicTypeError, match=r"field label: found str without a size, and the"
        ) as e:
            spec_of("topic", value)
        assert "annotation Annotated[str, Decimal], which cannot be evaluated (NameError: " in str(
            e.value
        )


def test_names_of_a_function_are_its_own() -> None:
    size = MaxSize(3)

    @dataclass
    class Local:
        label: Annotated[str, size] = ""

    with pytest.raises(TopicTypeError, match="name 'size' is not defined"):
        spec_of("topic", Local())


def test_code_without_a_file_is_known_by_its_author() -> None:
    program = (
        "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: int = 1\n"
        "@dataclass\nclass B:\n    x: int = 1\n    def __init__(self, x=1): self.x = x\n"
        "from shm_pub_sub._types import spec_of\n"
        "print(spec_of('t', A()).record.how, spec_of('t', B()).record.how)"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert found.stdout == "direct call\n"


def test_classes_of_attrs() -> None:
    attrs: Any = pytest.importorskip("attrs")

    @attrs.define
    class Mutable:
        x: int = 1
        y: float = 2

    @attrs.frozen
    class Frozen:
        x: int = 1
        label: Annotated[str, 8] = "a"

    @attrs.define
    class Validated:
        x: int = attrs.field(default=1, validator=attrs.validators.gt(0))

    @attrs.define
    class Converted:
        x: int = attrs.field(default="1", converter=int)

    @attrs.define
    class After:
        x: int = 1

        def __attrs_post_init__(self) -> None:
            made.append(self.x)

    @attrs.define
    class Private:
        _x: int = 1

    @attrs.define
    class CheckedPrivate:
        _x: int = attrs.field(default=1, converter=int)

    for value in (Mutable(2, 3.5), Frozen(3), Private(2)):
        assert how(value) == "direct"
        assert there_and_back(value) == value
    for value in (Validated(2), Converted("3"), After(2)):
        assert how(value) == "call"
        assert there_and_back(value) == value
    assert made == [2]
    with pytest.raises(TopicTypeError, match=r"field _x: .*names it 'x'.*alias='_x'"):
        spec_of("topic", CheckedPrivate())


def test_classes_of_msgspec() -> None:
    msgspec: Any = pytest.importorskip("msgspec")

    class Plain(msgspec.Struct):  # type: ignore[misc]
        x: int = 1
        y: float = 2
        label: Annotated[str, 8] = "a"

    class Frozen(msgspec.Struct, frozen=True, kw_only=True, gc=False):  # type: ignore[misc]
        x: int = 1

    class After(msgspec.Struct):  # type: ignore[misc]
        x: int = 1

        def __post_init__(self) -> None:
            made.append(self.x)

    for value in (Plain(2, 3.5, "b"), Frozen(x=3), After(2)):
        assert there_and_back(value) == value
        assert type(spec_of("topic", value).own_default()) is type(value)
    assert 2 in made


@pytest.mark.parametrize("default", [Plain(), {"x": 1}, [Plain()], Checked()])
def test_without_a_topic_there_is_a_new_default_each_time(default: Any) -> None:
    sub = Subscriber("topic", default)
    found, ok = sub.subscribe()
    assert (found, ok) == (default, False)
    for other in (sub.subscribe()[0], sub.default_value, default):
        assert found is not other


def test_an_object_of_a_class_that_was_made_again() -> None:
    def cell() -> type:
        return type("Cell", (Plain,), {"__module__": __name__})

    old, new = cell()(), cell()()
    with Publisher("topic", old) as pub:
        pub.publish(old)
        with pytest.raises(TopicTypeError, match=r"another class Cell.*ran again.*replace=True"):
            pub.publish(new)


def test_records_are_imported_when_there_is_one() -> None:
    program = (
        "import sys, shm_pub_sub\n"
        "shm_pub_sub.Subscriber('topic', 0.0)\n"
        "slow = {'dataclasses', 'typing', 'inspect', 'enum', 'json', 'attr'}\n"
        "print(sorted(m for m in sys.modules if 'record' in m or 'annot' in m or m in slow))"
    )
    found = subprocess.run(
        [sys.executable, "-S", "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env=os.environ | {"PYTHONPATH": ":".join(filter(None, sys.path))},
    )
    before = subprocess.run(
        [sys.executable, "-S", "-c", "import sys; print(sorted(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert set(eval(found.stdout)) <= set(eval(before.stdout)), found.stdout


def test_arrays_may_have_a_class_of_their_own_size() -> None:
    @dataclass
    class Scan:
        points: Any = field(default_factory=lambda: np.zeros((2, 3), "f4"))

    value = Scan(np.ones((2, 3), "f4"))
    assert np.array_equal(there_and_back(value).points, value.points)
