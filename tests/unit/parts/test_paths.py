"""Parts of values, and the words that select them."""

from typing import Any, NamedTuple

import numpy as np
import pytest
import shm_pub_sub
from hypothesis import given
from hypothesis import strategies as st
from shm_pub_sub._paths import (
    Path,
    PathError,
    Selected,
    candidates,
    part,
    part_spec,
    written,
)
from shm_pub_sub._types import spec_of


class Pose(NamedTuple):
    x: float = 0.0
    yaw: float = 0.5


class Arm(NamedTuple):
    name: str = "left"
    pose: Pose = Pose()
    position: Any = np.arange(7, dtype="f4")
    grid: Any = np.arange(6, dtype="u2").reshape(2, 3)
    tools: Any = [Pose(1.0, 2.0), Pose(3.0, 4.0)]  # noqa: RUF012


DTYPE = np.dtype([("x", "f4"), ("rgb", "u1", 3), ("at", [("row", "i4")])])
CLOUD = np.zeros(5, DTYPE)
CLOUD["x"] = np.arange(5)
CLOUD["at"]["row"] = np.arange(5) * 10


@pytest.mark.parametrize(
    ("word", "readings"),
    [
        ("imu", [("imu", ())]),
        ("imu.ax", [("imu.ax", ()), ("imu", ("ax",))]),
        ("cloud[0,-2]", [("cloud[0,-2]", ()), ("cloud", (0, -2))]),
        (
            "a.b[3].c",
            [("a.b[3].c", ()), ("a.b[3]", ("c",)), ("a.b", (3, "c")), ("a", ("b", 3, "c"))],
        ),
        ('a["b.c"].d', [('a["b.c"].d', ()), ('a["b.c"]', ("d",)), ("a", ("b.c", "d"))]),
        ("robot/*.ax", [("robot/*.ax", ()), ("robot/*", ("ax",))]),
        (".ax", [(".ax", ())]),
        ("a.", [("a.", ())]),
        ("a[x]", [("a[x]", ())]),
        ("a[1]b", [("a[1]b", ())]),
        ("a[" + "9" * 5000 + "]", [("a[" + "9" * 5000 + "]", ())]),
    ],
)
def test_readings_of_a_word(word: str, readings: list[Any]) -> None:
    assert candidates(word) == [Path(*reading) for reading in readings]


NAMES = st.text(st.characters(exclude_characters='"\\', exclude_categories=["C", "Z"]), min_size=1)
STEPS = st.lists(st.one_of(NAMES, st.integers(-(10**17), 10**17)), min_size=1).map(tuple)


@given(STEPS)
def test_what_is_written_is_read_back(steps: tuple[Any, ...]) -> None:
    assert Path("topic", steps) in candidates(f"topic{written(steps)}")


@given(st.text())
def test_any_word_has_readings(word: str) -> None:
    first, *others = candidates(word)
    assert first == Path(word)
    assert all(word.startswith(other.topic) and other.steps for other in others)


@pytest.mark.parametrize(
    ("there", "selected"),
    [
        (["imu"], {"imu": ["imu.ax"]}),
        (["imu", "imu.ax"], {"imu.ax": ["imu.ax"]}),
        (["other"], {}),
    ],
)
def test_a_topic_of_the_words_name_comes_first(there: list[str], selected: Any) -> None:
    selection = Selected(["imu.ax"])
    assert selection.names == ["imu.ax"]
    chosen = selection.of(there)
    assert {name: [*map(str, selection.paths(name))] for name in chosen} == selected


def test_a_pattern_comes_before_a_part_and_a_long_name_before_a_short_one() -> None:
    selection = Selected(["joint[1]"])
    assert selection.of(["joint", "joint1", "joint2"]) == ["joint1"]
    assert selection.paths("joint1") == [Path("joint1")]
    selection = Selected(["joint[1]"])
    assert selection.of(["joint"]) == ["joint"]
    assert selection.paths("joint") == [Path("joint", (1,))]
    selection = Selected(["a.b.c"])
    assert selection.of(["a", "a.b"]) == ["a.b"]
    assert selection.paths("a.b") == [Path("a.b", ("c",))]


def test_parts_of_a_patterns_topics() -> None:
    selection = Selected(["robot/*.ax", "robot/imu.ay", "robot/imu"])
    assert selection.of(["robot/gps", "robot/imu"]) == ["robot/gps", "robot/imu"]
    assert selection.paths("robot/gps") == [Path("robot/gps", ("ax",))]
    assert [*map(str, selection.paths("robot/imu"))] == [
        "robot/imu.ax",
        "robot/imu.ay",
        "robot/imu",
    ]
    assert selection.patterns == ["robot/*.ax"]


def test_a_better_reading_replaces_one_that_holds_and_stays() -> None:
    selection = Selected(["imu.ax"])
    assert selection.of(["imu"]) == ["imu"]
    version = selection.version
    assert selection.of(["imu"]) == ["imu"]
    assert selection.version == version
    assert selection.of(["imu.ax"]) == ["imu.ax"]
    assert selection.version > version
    assert selection.of(["imu"]) == []
    assert selection.names == ["imu.ax"]


def test_what_is_excluded_is_not_chosen() -> None:
    assert Selected([], exclude=["b*"]).of(["a", "b", "b/c"]) == ["a"]
    selection = Selected(["*", "b"], exclude=["b", "c[1]"])
    assert selection.of(["a", "b", "c1", "c2"]) == ["a", "c2"]
    assert selection.names == []
    # A name is no pattern.
    assert selection.of(["a", "b", "c1", "c[1]"]) == ["a", "c1"]
    assert selection.unmatched(["b"]) == ["*", "b"]


ARM = Arm()


@pytest.mark.parametrize(
    ("value", "steps", "expected"),
    [
        (1.5, (), 1.5),
        (ARM, ("name",), "left"),
        (ARM, ("pose",), Pose()),
        (ARM, ("pose", "yaw"), 0.5),
        (ARM, ("position", 3), 3.0),
        (ARM, ("position", -1), 6.0),
        (ARM, ("grid", 1), np.array([3, 4, 5], "u2")),
        (ARM, ("grid", 1, 2), 5),
        (ARM, ("tools", 1, "x"), 3.0),
        ({"a b": {"c": [1, 2]}}, ("a b", "c", 1), 2),
        (CLOUD, ("x",), np.arange(5, dtype="f4")),
        (CLOUD, ("x", 2), 2.0),
        (CLOUD, (2, "x"), 2.0),
        (CLOUD, ("at", "row"), np.arange(5, dtype="i4") * 10),
        (CLOUD, (2,), {"x": 2.0, "rgb": np.zeros(3, "u1"), "at": {"row": 20}}),
        ([Pose(1.0), Pose(2.0)], ("x",), [1.0, 2.0]),
        (b"ab", (1,), 98),
        (memoryview(b"ab"), (1,), 98),
    ],
)
def test_part_of_a_value(value: Any, steps: Any, expected: Any) -> None:
    found = part(value, steps)
    assert type(found) is type(expected)
    np.testing.assert_equal(found, expected)


def test_rows_of_a_memoryview_are_views() -> None:
    flat = bytearray(np.arange(24, dtype="i2").tobytes())
    view = memoryview(flat).cast("h", (2, 3, 4))
    assert part(view, (1, 2)).tolist() == [20, 21, 22, 23]
    assert part(view, (-1, -1, -1)) == 23
    part(view, (0,))[0, 0] = 7
    assert view[0, 0, 0] == 7
    with pytest.raises(PathError, match="found index 3 of 3 elements; expected -3 to 2"):
        part(view, (0, 3))


@pytest.mark.parametrize(
    ("value", "steps", "said"),
    [
        (1.5, ("x",), "found a float, which has no field 'x'"),
        (True, (0,), "found a bool, which has no element 0"),
        ("text", (0,), "found text, which has no element 0"),
        (ARM, ("ax",), "found no field 'ax' in Arm; expected name, pose, position, grid, tools"),
        (ARM, ("_fields",), "found no field '_fields' in Arm"),
        (ARM, ("count",), "found no field 'count' in Arm"),
        (ARM, (0,), "found Arm, which has no element 0"),
        ({"x": 1}, (0,), "found a record, which has no element 0"),
        (ARM, ("position", 7), "found index 7 of 7 elements; expected -7 to 6"),
        (ARM, ("position", "x"), "found an array of shape [7], which has no field 'x'"),
        ([], (0,), "found index 0 of nothing"),
        (CLOUD, ("y",), "found no field 'y' in an array of shape [5]; expected x, rgb, at"),
        (np.array(3), (0,), "found an array of shape [], which has no element 0"),
    ],
)
def test_what_is_no_part(value: Any, steps: Any, said: str) -> None:
    with pytest.raises(PathError) as error:
        part(value, steps)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("default", "steps", "expected"),
    [
        (ARM, ("pose", "yaw"), "float64"),
        (ARM, ("name",), "str <= 32"),
        (ARM, ("grid", 1), "uint16[3]"),
        (ARM, ("grid", -1, 0), "uint16"),
        (CLOUD, ("x",), "float32[5]"),
        (CLOUD, ("rgb",), "uint8[5,3]"),
        (CLOUD, (0, "rgb"), "uint8[3]"),
        (CLOUD, ("at", 3), "{row: int32}"),
        ([1.5], (0,), "float64"),
        (b"ab", (0,), "uint8"),
        (0.5, (), "float"),
    ],
)
def test_part_of_a_type(default: Any, steps: Any, expected: str) -> None:
    if default is ARM:
        default = ARM._replace(name="l", tools=[Pose()])
        spec = spec_of("t", {**default._asdict(), "name": bounded("l", 32)})
    else:
        spec = spec_of("t", default)
    assert str(part_spec(spec, steps)) == expected


def bounded(text: str, size: int) -> Any:
    from typing import Annotated  # noqa: PLC0415 - beside its only use

    return Annotated[type(text), shm_pub_sub.MaxSize(size)]


@pytest.mark.parametrize(
    ("default", "steps", "said"),
    [
        (Pose(), ("z",), "found no field 'z' in Pose; expected x, yaw"),
        (Pose(), (0,), "found Pose, which has no element 0"),
        (0.5, ("x",), "found float, which has no field 'x'"),
        (CLOUD, (5,), "found index 5 of 5 elements"),
        ([1.5], (1,), "found index 1 of 1 elements"),
        ([Pose()], ("x",), "found list[Pose], which has no field 'x'"),
        ("text", (0,), "found str <= 4096, which has no element 0"),
    ],
)
def test_what_is_no_part_of_a_type(default: Any, steps: Any, said: str) -> None:
    with pytest.raises(PathError) as error:
        part_spec(spec_of("t", default), steps)
    assert said in str(error.value)
