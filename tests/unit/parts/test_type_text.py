"""Types from the texts that tools print of them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shm_pub_sub._described import spec_of_descriptor
from shm_pub_sub._errors import TopicValueError
from shm_pub_sub._raw import raw_publisher
from shm_pub_sub._spec import Spec
from shm_pub_sub._text import short_type
from shm_pub_sub._topics import inspect_typed
from shm_pub_sub._type_text import spec_of_text
from support.types import specs


@settings(max_examples=40)
@given(specs)
def test_text_of_a_type_is_read_back(spec: Spec) -> None:
    found = spec_of_text(str(spec))
    assert found.descriptor == spec.descriptor
    assert str(spec_of_descriptor(spec.descriptor)) == str(spec)


@pytest.mark.parametrize(
    "text",
    [
        "uint8[480,640,3]",
        "Imu{stamp: int64, ax: float64, label: str <= 9}",
        "list[Imu{poses: Pose{x: float32}[<=3]}] <= 4",
        "Pose{x: float64}[4,2]",
        '"a[1]"{"x: y": bool, " ": list[bool] <= 2, Größe 1: complex64}',
    ],
)
def test_a_topics_text_is_that_of_its_type(text: str) -> None:
    descriptor = spec_of_text(text).descriptor
    with raw_publisher("topic", descriptor):
        info, found = inspect_typed("topic")
    assert (info.type_name, found) == (text, descriptor)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("float", "float"),
        ("float64", "float"),
        ("int64", "int"),
        (" bool ", "bool"),
        ("complex64", "complex64"),
        ("str", "str <= 4096"),
        ("bytes<=7", "bytes <= 7"),
        ("list[ float64 ]<=3", "list[float] <= 3"),
        ("Imu{ax:float,n:int,ok:bool}", "Imu{ax: float64, n: int64, ok: bool}"),
        ("{ a: {b: uint8[2]}[<=3,4] }", "{a: {b: uint8[2]}[<=3,4]}"),
        ("float32[]", "float32[]"),
        ("Größe 1{für dich: bool}", "Größe 1{für dich: bool}"),
    ],
)
def test_texts_that_people_write(text: str, shown: str) -> None:
    assert str(spec_of_text(text)) == shown


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "found its end at character 1; expected float, int, bool, float32"),
        ("flaot64", "found 'flaot64' at character 1; expected float, int"),
        ("Imu", "found 'Imu' at character 1"),
        ("{}", "found no type that a topic can have"),
        ("{a: float64, a: int64}", "or two of one name"),
        ("{ax}", "found '}' at character 4; expected a field such as ax: float64"),
        ("{ax: float64", "found its end at character 13; expected ',' or '}'"),
        ("{ax: float64 ay: float64}", "found 'float64 ay: float64}' at character 6"),
        ("list[float]", "expected a maximum length: list[float] <= 16"),
        ("list[str] <= 3", "expected a list of bool, int, float or records"),
        ("list[float <= 3", "expected ']'"),
        ("uint8[:,3]", "found ':,3]' at character 7; expected a number"),
        ("uint8[3,<=3]", "expected a number"),
        ("uint8[3", "expected ',' or ']'"),
        ("uint8[0]", "found no type that a topic can have: it is too large, or has no elements"),
        ("uint8[" + "9" * 30 + "]", "expected a number"),
        ("str <= x", "expected a number"),
        ("float64 <= 3", "found '<= 3' at character 9"),
        ('"Imu"', "expected '{' and fields"),
        ("uint8[999999999999999999]", "it is too large"),
        ("{a: " * 9 + "bool" + "}" * 9, "expected records nested at most 8 deep"),
        ('{"a\\b": bool}', "found no type"),
        ("{a\0: bool}", ""),
        ("{a\udcff: bool}", ""),
    ],
)
def test_what_is_no_type(text: str, said: str) -> None:
    with pytest.raises(TopicValueError) as error:
        spec_of_text(text)
    assert said in str(error.value)


@given(st.text(alphabet='abfloat64[]{}<=:, 019"', max_size=30))
def test_any_text_is_a_type_or_refused(text: str) -> None:
    try:
        found = spec_of_text(text)
    except TopicValueError:
        return
    assert str(spec_of_text(str(found))) == str(found)


def test_a_short_text_of_several_types_closes_no_record_that_is_whole() -> None:
    record = "Imu{stamp: int64, ax: float64, ok: bool}"
    for text in (
        f"{record}, Pose{{x: float64}}, int",
        f"list[{record}] <= 5, Pose{{x: float64}}, int",
    ):
        short = short_type(text)
        assert len(short) <= 60
        assert short.endswith(", ...")
        assert short.count("{") == short.count("}")
    assert short_type(f"Nested{{imu: {record}, other: {record}}}").endswith(", ...}")
