"""loan() of records: the arrays are in shared memory, the rest is read when the block ends."""

import array
import ctypes
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Annotated, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
from shm_pub_sub import LoanError, MaxSize, Publisher, Subscriber, TopicTypeError

RGB = (48, 64, 3)


def observation(name: Any = Annotated[str, 16]) -> dict[str, Any]:
    return {
        "rgb": np.zeros(RGB, np.uint8),
        "arm": {"position": np.zeros(6), "name": name},
        "stamp": 1.5,
    }


class Grip(NamedTuple):
    width: float = 0.25
    force: float = 0.0


@dataclass
class Scan:
    points: Annotated[npt.NDArray[np.float32], MaxSize(100)] = field(
        default_factory=lambda: np.zeros((0, 4), np.float32)
    )
    grip: Grip = field(default_factory=Grip)
    names: list[float] = field(default_factory=lambda: [1.0, 2.0])
    label: Annotated[str, 8] = "a"


class Raw(ctypes.Structure):
    _fields_ = (("a", ctypes.c_uint8), ("b", ctypes.c_double), ("c", ctypes.c_float * 100))


def test_a_dict() -> None:
    with Publisher("topic", observation()) as pub, Subscriber("topic", observation()) as sub:
        with pub.loan() as obs:
            assert obs["stamp"] == 1.5
            assert obs["arm"]["name"] == ""
            assert obs["rgb"].shape == RGB
            obs["rgb"][...] = 7
            obs["arm"]["position"][:] = range(6)
            obs["arm"]["name"] = "left"
            obs["stamp"] = 2
            assert sub.try_recv() is None
        got = sub.recv()
        assert list(got) == ["rgb", "arm", "stamp"]
        assert (got["rgb"] == 7).all()
        assert got["arm"]["position"].tolist() == [0, 1, 2, 3, 4, 5]
        assert (got["arm"]["name"], got["stamp"]) == ("left", 2.0)
        with pytest.raises(ValueError, match="read-only"):
            obs["rgb"][0] = 1
        with pytest.raises(ValueError, match="WRITEABLE"):
            obs["rgb"].flags.writeable = True


def test_small_records_are_in_their_slot() -> None:
    default = {"a": np.zeros(3), "b": 0}
    with Publisher("topic", default) as pub, Subscriber("topic", default) as sub:
        for n in range(1, 9):
            with pub.loan() as small:
                small["a"][:] = n
                small["b"] = n
            got = sub.recv()
            assert (got["a"].tolist(), got["b"]) == ([n] * 3, n)


def test_another_array_is_copied_in() -> None:
    with Publisher("topic", observation()) as pub, Subscriber("topic", observation()) as sub:
        frame = np.random.default_rng(1).integers(0, 255, RGB, np.uint8)
        with pub.loan() as obs:
            obs["rgb"] = frame[:, ::-1]
            obs["arm"]["position"] = np.arange(6.0)
        got = sub.recv()
        assert np.array_equal(got["rgb"], frame[:, ::-1])
        assert got["arm"]["position"].tolist() == [0, 1, 2, 3, 4, 5]
        assert np.array_equal(obs["rgb"], got["rgb"])  # the loan's again
        assert not obs["rgb"].flags.writeable
        with pub.loan() as obs:
            obs["rgb"][...] = frame
            obs["rgb"] = obs["rgb"][::-1]  # of itself
        assert np.array_equal(sub.recv()["rgb"], frame[::-1])


def test_arrays_that_change_places() -> None:
    default = {"a": np.zeros(1000), "b": np.zeros(1000)}
    with Publisher("topic", default) as pub, Subscriber("topic", default) as sub:
        with pub.loan() as pair:
            pair["a"][:] = 1
            pair["b"][:] = 2
            pair["a"], pair["b"] = pair["b"], pair["a"]
        got = sub.recv()
        assert (got["a"] == 2).all()
        assert (got["b"] == 1).all()


def test_an_object_and_its_first_rows() -> None:
    with Publisher("topic", Scan()) as pub, Subscriber("topic", Scan()) as sub:
        with pub.loan() as scan:
            assert isinstance(scan, SimpleNamespace)
            assert isinstance(scan.grip, SimpleNamespace)
            assert (scan.points.shape, scan.grip.width, scan.names) == ((100, 4), 0.25, [1, 2])
            scan.points[:3] = 5
            scan.points = scan.points[:3]
            scan.grip.force = 2
            scan.names.append(3.0)
            del scan.names[0]
            scan.label = "ä"
        got = sub.recv()
        assert isinstance(got, Scan)
        assert got.points.tolist() == [[5] * 4] * 3
        assert (got.grip, got.names, got.label) == (Grip(0.25, 2.0), [2, 3], "ä")
        assert scan.points.shape == (3, 4)
        with pytest.raises(ValueError, match="WRITEABLE"):
            scan.points.flags.writeable = True
        with pub.loan() as scan:
            scan.grip = Grip(1.0, 2.0)
            assert scan.names == [1, 2]  # the default's
        got = sub.recv()
        assert (len(got.points), got.grip) == (100, Grip(1.0, 2.0))


def test_arrays_of_other_kinds_are_copied_when_the_block_ends() -> None:
    default = {
        "a": array.array("d", [1.0] * 100),
        "b": memoryview(bytes(600)),
        "c": (ctypes.c_int * 3)(1, 2, 3),
    }
    with Publisher("topic", default) as pub, Subscriber("topic", default) as sub:
        for n in (2, 3):
            with pub.loan() as kinds:
                assert [type(kinds[key]) for key in "abc"] == [type(default[key]) for key in "abc"]
                assert (kinds["a"][0], kinds["c"][2]) == (1, 3)  # the default's
                kinds["a"][99] = kinds["b"][599] = kinds["c"][0] = n
            got = sub.recv()
            assert (got["a"][99], got["b"][599], [*got["c"]]) == (n, n, [n, 2, 3])


def test_a_structure_is_copied_when_the_block_ends() -> None:
    with Publisher("topic", Raw(b=3)) as pub, Subscriber("topic", Raw()) as sub:
        with pub.loan() as raw:
            assert (type(raw), raw.b) == (Raw, 3)
            raw.a = 7
            raw.c[99] = 1
        raw.a = 8
        got = sub.recv()
        assert (got.a, got.b, got.c[99]) == (7, 3, 1)


def test_a_structured_scalar_is_an_array_without_axes() -> None:
    default = np.zeros((), [("a", "u1"), ("b", "f8", (40,))])[()]
    with Publisher("topic", default) as pub, Subscriber("topic", default) as sub:
        with pub.loan() as one:
            assert one.shape == ()
            one["a"] = 7
            one["b"][:] = 2
        got = sub.recv()
        assert isinstance(got, np.void)
        assert (got["a"], got["b"].tolist()) == (7, [2] * 40)
        with pytest.raises(ValueError, match="read-only"):
            one["a"] = 1


def test_arrays_that_outlive_the_block() -> None:
    with Publisher("topic", observation()) as pub, Subscriber("topic", observation()) as sub:
        with pytest.raises(BufferError, match="del them in the block"), pub.loan() as obs:
            part = obs["arm"]["position"][1:]
        assert sub.try_recv() is None
        assert not obs["rgb"].flags.writeable
        with pytest.raises(LoanError, match="del the arrays"):
            pub.publish(observation("arm"))
        del part
        with pytest.raises(LoanError):
            pub.publish(observation("arm"))
        del obs
        with pub.loan() as obs:
            frame = obs["rgb"]
            obs["rgb"] = np.ones(RGB, np.uint8)
        assert (sub.recv()["rgb"] == 1).all()
        with pytest.raises(ValueError, match="read-only"):
            frame[:] = 1
    with Publisher("scan", Scan()) as pub, pytest.raises(BufferError), pub.loan() as scan:
        rows = scan.points = scan.points[:3]
    assert not rows.base.flags.writeable


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("stamp", "soon", "stamp"),
        ("stamp", None, "stamp"),
        ("rgb", np.zeros(3), "rgb"),
        ("arm", {"position": np.zeros(6)}, "name"),
        ("other", 1, "other"),
    ],
)
def test_what_does_not_fit_publishes_nothing(key: str, value: Any, text: str) -> None:
    with Publisher("topic", observation()) as pub, Subscriber("topic") as sub:
        for _ in range(5):  # the chunk is free again
            with pytest.raises(TopicTypeError, match=text), pub.loan() as obs:
                obs[key] = value
        with pytest.raises(ZeroDivisionError), pub.loan() as obs:
            obs["stamp"] = 1 / 0
        assert sub.try_recv() is None
        pub.publish(observation("arm"))
        assert sub.recv() is not None


def test_what_has_no_loan_of_that_size() -> None:
    with Publisher("topic", observation()) as pub, pytest.raises(TopicTypeError, match="size"):
        pub.loan(3)
    with Publisher("list", [Grip()]) as pub, pytest.raises(TopicTypeError, match="publish"):
        pub.loan()
