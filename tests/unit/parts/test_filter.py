"""Expressions over values."""

import math
import re
import sys
from contextlib import suppress
from typing import Annotated, Any, NamedTuple

import numpy as np
import pytest
import shm_pub_sub
from hypothesis import given
from hypothesis import strategies as st
from shm_pub_sub._filter import Filter, FilterError
from shm_pub_sub._types import spec_of


class Pose(NamedTuple):
    x: float = 0.0
    yaw: float = 0.0


class Scan(NamedTuple):
    ax: float = 0.0
    mode: int = 0
    ok: bool = False
    status: Annotated[str, shm_pub_sub.MaxSize(32)] = ""
    pose: Pose = Pose()
    ranges: Annotated[Any, shm_pub_sub.MaxSize(9)] = np.zeros(0, "f4")
    level: Any = np.zeros((2, 2), "u1")
    joints: Annotated[Any, shm_pub_sub.MaxSize(4)] = [0.0]  # noqa: RUF012
    value: float = 7.0


SCAN = Scan(
    ax=3.5,
    mode=2,
    ok=True,
    status="driving",
    pose=Pose(1.0, -0.25),
    ranges=np.array([0.5, math.nan, 2.0], "f4"),
    level=np.array([[200, 100], [0, 255]], "u1"),
    joints=[1.0, -2.0],
)
SPEC = spec_of("t", Scan())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ax > 3", True),
        ("  ax>3.5 ", False),
        ("3 < ax <= 3.5 < 4", True),
        ("3 < ax < 3.2", False),
        ("ax > 3 and pose.yaw < 0", True),
        ("ax > 4 or not ok", False),
        ("ok", True),
        ("not (ok and mode == 1)", True),
        ("abs(pose.yaw) == 1/4", True),
        ("-pose.yaw + ax * 2 - 7 == 0.25", True),
        ("mode % 2 == 0 and mode // 2 == 1", True),
        ("status == 'driving'", True),
        ("'riv' in status", True),
        ("'x' not in status", True),
        ("len(status) > 6 and len(ranges) == 3", True),
        ("status < 'e'", True),
        ("any(ranges < 1)", True),
        ("all(ranges < 3)", False),  # NaN is not less
        ("min(ranges) == 0.5 and max(ranges) == 2", True),
        ("any(0 < ranges < 0.6)", True),
        ("any(0.6 < ranges < 0.7)", False),
        ("ranges[0] == 0.5", True),
        ("ranges[-1] == 2", True),
        ("ranges[3] == 2", False),
        ("not ranges[3] == 2", False),  # it has no result
        ("ax / (mode - 2) > 0", False),
        ("level[1, 1] == 255 and level[0][1] == 100", True),
        ("max(level + 1) == 256", True),
        ("max(-level) == 0 and min(-level) == -255", True),
        ("255 in level", True),
        ("254 in level", False),
        ("any(joints < 0) and min(joints) == -2", True),
        ("max(abs(joints)) == 2", True),
        ("max(ax, mode, 9) == 9", True),
        ("value == 7", True),  # the field
        ('value == 7 and pose["x"] == 1', True),
        ("True", True),
        ("ax == ax # a remark", True),
        ("'\\d' in status", False),
    ],
)
def test_result(text: str, expected: bool) -> None:
    found = Filter(text)
    found.check(SPEC)
    assert found(SCAN) is expected
    assert found(SCAN._replace(ranges=memoryview(SCAN.ranges))) is expected


def test_result_without_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    scan = SCAN._replace(ranges=memoryview(SCAN.ranges), level=memoryview(SCAN.level))
    monkeypatch.setitem(sys.modules, "numpy", None)
    for text in (
        "any(ranges < 1)",
        "min(ranges) == 0.5 and max(ranges) == 2",
        "max(level + 1) == 256",
        "255 in level and len(level) == 2",
        "any(0 < ranges < 0.6) and level[1, 1] == 255",
        "max(abs(level - 255)) == 255",
    ):
        assert Filter(text)(scan), text


@pytest.mark.parametrize(
    ("default", "value", "text", "expected"),
    [
        (0.0, 3.5, "value > 3", True),
        (False, True, "value", True),
        (False, True, "not value", False),
        ("", "emergency", "value == 'emergency'", True),
        (b"", b"\x01\x02", "len(value) == 2 and value[0] == 1", True),
        ([0.0], [1.5, 2.5], "value[1] > 2 and 1.5 in value", True),
        ([0.0], [], "min(value) > 2", False),
        (np.zeros((2, 2)), np.ones((2, 2)), "all(value == 1)", True),
        (np.zeros(()), np.array(3.0), "value == 3", True),
        (0j, 3 + 4j, "abs(value) == 5 and value == 3 + 4 * 1 - 4 + value - 3", True),
        (np.uint8(0), 255, "value + 1 == 256", True),
        ([Pose()], [Pose(2.0)], "value[0].x == 2", True),
        (np.zeros(3, [("x", "f4")]), np.ones(3, [("x", "f4")]), "all(x == 1)", True),
    ],
)
def test_value_itself(default: Any, value: Any, text: str, expected: bool) -> None:
    found = Filter(text)
    found.check(spec_of("t", default, reads=True))
    assert found(value) is expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "at character 1: "),
        ("ax >", "invalid syntax; expected a comparison"),
        ("ax = 3", "expected == to compare"),
        ("  ax ** 2", "at character 3: found **; expected a comparison such as 'ax > 3'"),
        ("ax.__class__()", "found a call of ax.__class__; expected one of abs, min, max, len"),
        ("__import__('os')", "found a call of __import__"),
        ("(ax or ay)()", "found a call of ax or ay"),
        ("eval('1')", "found a call of eval"),
        ("[x for x in ranges]", "at character 1: found a loop"),
        ("ax > 3 if ok else 1", "found if"),
        ("f'{ax}' == ''", "found an f-string"),
        ("(a := 3) > 2", "found :="),
        ("ax is 3", "found is"),
        ("ranges[0:1]", "found a slice; expected an index, such as 3 or -1"),
        ("ranges[mode]", "found a name; expected an index"),
        ("ax & 3", "found &"),
        ("~mode", "found ~"),
        ("ax == None", "found None; expected a number, text, True or False"),
        ("ax == b'1'", "found b'1'; expected a number"),
        ("ax == 1j", "found 1j; expected a number"),
        ("min(ranges, key=abs)", "found key=abs in a call"),
        ("max(*ranges)", "found *ranges in a call"),
        ("(ax, 1) > 2", "found a tuple"),
        ("1 +" * 300 + "1", "found 100 nested operations"),
        ("ax" * 501, "found 1002 characters; expected 1000 at most"),
    ],
)
def test_what_is_no_expression(text: str, said: str) -> None:
    with pytest.raises(FilterError, match=re.escape(said)):
        Filter(text)


@pytest.mark.parametrize("text", ["-" * 900 + "1", "(" * 900, "ax > '\0'", "ax > '\udcff'"])
def test_what_python_cannot_parse_is_refused(text: str) -> None:
    with pytest.raises(FilterError):
        Filter(text)


def test_an_error_says_where_a_nul_is() -> None:
    with pytest.raises(FilterError, match="at character 7: found a NUL; expected "):
        Filter("ax > '\0'")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ay2 > 1", "at character 1: found no field 'ay2' in Scan; expected ax, mode, ok, status"),
        ("ax > 1 and pose.z", "at character 12: found no field 'z' in Pose; expected x, yaw"),
        ("pose > 1", "at character 1: found Pose > a number; expected two numbers, or two texts"),
        ("status > 1", "found str <= 32 > a number; expected two numbers, or two texts"),
        ("status == 1", "expected two numbers, or two texts"),
        ("status + 'x' == ''", "found str <= 32 with +; expected numbers"),
        ("'x' * 1000000000 == ''", "found text with *; expected numbers"),
        ("'%s' % 3", "found text with %; expected numbers"),
        ("ranges > 1", "found numbers; expected any(...) or all(...) around their comparison"),
        ("ranges", "found float32[<=9]; expected any(...)"),
        ("ok and ranges < 2", "at character 8: found numbers; expected any(...)"),
        ("not ranges < 2", "at character 5: found numbers; expected any(...)"),
        ("pose", "found Pose; expected a comparison"),
        ("any(ax)", "found any(float64); expected an array or list of numbers"),
        ("any()", "found any(nothing); expected an array"),
        ("len(ax)", "found len(float64); expected an array, a list, text or bytes"),
        ("max(ax)", "found max(float64); expected an array or list of numbers, or two numbers"),
        ("max(ranges, 1)", "found max(float32[<=9], a number)"),
        ("abs(status)", "found abs(str <= 32)"),
        ("ax[0] > 1", "found float64, which has no element 0"),
        ("(ax + 1).x > 1", "found a number, which has no parts"),
        ("level[2, 0] > 1", "found index 2 of 2 elements; expected -2 to 1"),
        ("ax in status", "found float64 in str <= 32; expected text in a text"),
        ("ax in ax", "expected text in a text, or a number in an array or list"),
        ("é > 1 and ü > 1", "at character 1: found no field 'é'"),
        ("ok and 'é' == status and ü > 1", "at character 26: found no field 'ü'"),
    ],
)
def test_what_is_none_of_a_type(text: str, said: str) -> None:
    with pytest.raises(FilterError) as error:
        Filter(text).check(SPEC)
    assert said in str(error.value)


def test_number_has_no_fields() -> None:
    with pytest.raises(FilterError, match="found no field 'ax' in float; expected `value` for"):
        Filter("ax > 1").check(spec_of("t", 0.0))


FIELDS = ["ax", "mode", "ok", "status", "pose", "ranges", "level", "joints", "value", "nothing"]
PARTS = ["pose.x", "ranges[0]", "ranges[9]", "level[1]", "joints[1]", "0", "1", "2.5", "'d'"]
ATOMS = st.sampled_from(FIELDS + PARTS)
OPERATORS = st.sampled_from(["+", "-", "*", "/", "//", "%", "<", ">=", "==", "!=", "in", "and"])
FUNCTIONS = st.sampled_from(["abs", "min", "max", "len", "any", "all", "not", "-"])
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, OPERATORS, inner),
        st.builds("({}({}))".format, FUNCTIONS, inner),
    ),
    max_leaves=6,
)


@given(EXPRESSIONS)
def test_what_check_accepts_is_true_or_false_of_every_value(text: str) -> None:
    found = Filter(text)
    try:
        found.check(SPEC)
    except FilterError:
        return
    for scan in (SCAN, Scan(), SCAN._replace(joints=[], ranges=memoryview(SCAN.ranges))):
        assert found(scan) in (True, False)


@given(st.text(max_size=40))
def test_any_text_is_an_expression_or_refused(text: str) -> None:
    with suppress(FilterError):
        Filter(text).check(SPEC)
