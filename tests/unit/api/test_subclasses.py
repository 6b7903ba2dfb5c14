"""Subclasses of Publisher and Subscriber."""

import abc
import asyncio
import gc
from pathlib import Path
from typing import Any

import pytest
from shm_pub_sub import Publisher, Subscriber


class Distance(Publisher[float]):
    """With an __init__ and an attribute of its own."""

    def __init__(self, sensor: str, unit: str = "m") -> None:
        super().__init__(f"robot/{sensor}/distance", 0.0, 5)
        self.unit = unit

    def publish_in_unit(self, value: float) -> None:
        self.publish(value / {"m": 1, "mm": 1000}[self.unit])


class Millimetres(Distance):
    def __init__(self, sensor: str) -> None:
        super().__init__(sensor, unit="mm")


class DistanceReader(Subscriber[float]):
    def __init__(self, sensor: str) -> None:
        super().__init__(f"robot/{sensor}/distance", -1.0)
        self.reads = 0

    def value(self) -> float:
        self.reads += 1
        return self.subscribe()[0]


class DeeperReader(DistanceReader):
    pass


@pytest.mark.parametrize("reader", [DistanceReader, DeeperReader])
@pytest.mark.parametrize(("writer", "factor"), [(Distance, 1), (Millimetres, 1000)])
def test_subclasses_with_their_own_init_work(writer: Any, factor: int, reader: Any) -> None:
    with writer("lidar") as pub, reader("lidar") as sub:
        assert sub.value() == -1.0
        pub.publish_in_unit(2.0 * factor)
        assert sub.value() == 2.0
        assert sub.reads == 2
        assert isinstance(pub, Distance)
        assert isinstance(pub, Publisher)
        assert isinstance(sub, DistanceReader)
        assert type(pub).__name__ == writer.__name__


def test_subclass_may_change_publish_and_subscribe() -> None:
    class Doubled(Publisher[int]):
        def publish(self, value: Any, /) -> None:
            super().publish(2 * value)

    class Plus(Subscriber[int]):
        def subscribe(self) -> tuple[int, bool]:
            value, ok = super().subscribe()
            return value + 1000, ok

    with Doubled("topic", 0) as pub, Plus("topic", 7) as sub:
        assert sub.subscribe() == (1007, False)
        pub.publish(4)
        assert sub.subscribe() == (1008, True)
        assert Subscriber("topic", 0).subscribe() == (8, True)


def test_method_of_a_subclass_that_changes_publish_through_two_levels() -> None:
    class First(Publisher[int]):
        def publish(self, value: Any, /) -> None:
            super().publish(value + 1)

    class Second(First):
        def publish(self, value: Any, /) -> None:
            super().publish(value * 10)

    with Second("topic", 0) as pub, Subscriber("topic", 0) as sub:
        pub.publish(4)
        assert sub.subscribe() == (41, True)


def test_subclass_may_change_close_and_is_closed_by_with() -> None:
    closed = []

    class Loud(Publisher[int]):
        def close(self) -> None:
            closed.append(self.name)
            super().close()

    with Loud("topic", 0) as pub:
        closed.clear()
    assert "topic" in closed
    assert pub.closed


def test_subclass_with_slots_works() -> None:
    class Slotted(Publisher[int]):
        __slots__ = ("count", "unit")

        def __init__(self, name: str) -> None:
            super().__init__(name, 0)
            self.count = 0
            self.unit = "m"

    class Reader(Subscriber[int]):
        __slots__ = ("extra",)
        extra: int

    with Slotted("topic") as pub, Reader("topic", 7) as sub:
        pub.count += 1
        sub.extra = 5
        pub.publish(pub.count)
        assert sub.subscribe() == (1, True)
        with pytest.raises(AttributeError):
            pub.other = 1  # type: ignore[attr-defined]


def test_subclass_with_empty_slots_works() -> None:
    class Empty(Publisher[int]):
        __slots__ = ()

    with Empty("topic", 0) as pub, pytest.raises(AttributeError):
        pub.other = 1  # type: ignore[attr-defined]


def test_init_subclass_runs_once_and_takes_its_keywords() -> None:
    seen = []

    class Base(Publisher[int]):
        def __init_subclass__(cls, unit: str, **kwargs: Any) -> None:
            super().__init_subclass__(**kwargs)
            seen.append((cls.__name__, unit))

    class Metres(Base, unit="m"):
        pass

    with Metres("topic", 0) as pub:
        pub.publish(1)
    assert seen == [("Metres", "m")]


def test_abstract_base_class_as_a_mixin_works() -> None:
    class Sensor(abc.ABC):
        @abc.abstractmethod
        def sample(self) -> int: ...

    class Real(Sensor, Publisher[int]):
        def sample(self) -> int:
            return 5

    with Real("topic", 0) as pub, Subscriber("topic", 0) as sub:
        pub.publish(pub.sample())
        assert sub.subscribe() == (5, True)
        assert isinstance(pub, Sensor)


def test_mixin_with_attributes_works_in_either_order() -> None:
    class Counter:
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.count = 0

    class Left(Counter, Publisher[int]):
        pass

    with Left("topic", 0) as pub:
        pub.count += 1
        assert pub.count == 1


def test_subclasses_of_the_same_name_stay_apart() -> None:
    made = []
    for number in range(3):

        class Numbered(Publisher[int]):
            number_ = number

        made.append(Numbered(f"topic/{number}", 0))
    assert [one.number_ for one in made] == [0, 1, 2]
    assert len({type(one) for one in made}) == 3


def test_subclass_s_own_iteration_leaves_that_of_asyncio_alone() -> None:
    class Doubled(Subscriber[int]):
        def __iter__(self) -> Any:
            while True:
                yield 2 * self.recv()

    async def first(subscriber: Subscriber[int]) -> int:
        return await anext(aiter(subscriber))

    with Publisher("topic", 0) as pub, Doubled("topic", 0) as sub:
        pub.publish(1)
        assert next(iter(sub)) == 2
        pub.publish(2)
        assert asyncio.run(first(sub)) == 2


def test_failing_init_of_a_subclass_leaves_nothing(shm_dir: Path) -> None:
    class Failing(Publisher[int]):
        def __init__(self) -> None:
            super().__init__("topic", 0)
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        Failing()
    gc.collect()
    assert list(shm_dir.iterdir()) == []


def test_init_that_forgets_super_is_an_error_not_a_crash() -> None:
    class Forgetful(Publisher[int]):
        def __init__(self) -> None:
            pass

    class ForgetfulReader(Subscriber[int]):
        def __init__(self) -> None:
            pass

    pub, sub = Forgetful(), ForgetfulReader()
    for use in (lambda: pub.publish(1), sub.subscribe):
        with pytest.raises(ValueError, match=r"closed|not"):
            use()
    assert repr(pub)
    assert repr(sub)
