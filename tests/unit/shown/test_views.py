"""What cards show of records, arrays and odd types."""

import io
import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any

import numpy as np
import pytest
from shm_pub_sub import Publisher, Subscriber, Unit, _raster
from shm_pub_sub._views import MOST_FIELDS, reduced

from .test_html import Checker, shown
from .test_pictures import card, pictures

Image = pytest.importorskip("PIL.Image")


@dataclass
class Pose:
    x: Annotated[float, Unit("m")] = 0.0
    flip: bool = False


@dataclass
class State:
    step: Annotated[int, Unit("<ticks>")] = 0
    pose: Pose = field(default_factory=Pose)
    joints: Any = field(default_factory=lambda: np.zeros(2, "f4"))
    scan: Any = field(default_factory=lambda: np.zeros(100))
    name: Annotated[str, 30] = ""


def test_a_record_is_a_table_with_sparklines() -> None:
    with Publisher("topic", State(), 50) as pub, Subscriber("topic", State()) as sub:
        for n in range(40):
            pub.publish(State(n, Pose(n / 2, n > 9), np.array([n, n], "f4"), name='<b>&"'))
        for end in (pub, sub):
            found = shown(end)
            for words in ("step39 <ticks>", "pose.x19.5 m", "pose.flipTrue", 'name<b>&"'):
                assert words in found.text
            assert "joints[1]39" in found.text
            assert found.seen.count("svg") == 6, "five numbers, and the scan"
            assert end._repr_html_().count('aria-label="the last 40 values') == 5
        assert len(sub.drain()) == 40


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ([{"value": 0.5}, {"value": 1.5}], "value1.5"),
        ([np.zeros(1), np.full(1, 1.5)], "value[0]1.5"),
        ([np.zeros(1, "?"), np.ones(1, "?")], "value[0]True"),
    ],
)
def test_a_record_of_one_field_and_an_array_of_one_element(values: Any, name: str) -> None:
    with Publisher("topic", values[0], 5) as pub, Subscriber("topic") as sub:
        pub.publish_many(values)
        found = shown(sub)
    assert name in found.text
    assert found.seen.count("svg") == 1


def test_a_dict_with_a_picture_in_it() -> None:
    observation = {"image": np.zeros((84, 84, 3), "u1"), "a b<": 0.5, "deep": {"x": 1}}
    html = card(observation, observation)
    (picture,) = pictures(html)
    assert picture.shape == (84, 84, 3)
    assert "a b&lt;" in html
    assert "deep.x" in Checker(html).text


def test_a_wide_record_is_cut_off() -> None:
    wide = {f"f{n}": float(n) for n in range(MOST_FIELDS + 5)}
    found = Checker(card(wide, wide))
    assert found.seen.count("tr") == MOST_FIELDS
    assert "and 5 more" in found.text


def test_few_elements_are_a_table_and_many_a_curve() -> None:
    about = {"names": ["<hip>", "knee", 5]}
    with Publisher("topic", np.zeros(3), 9, attributes=about) as pub, Subscriber("topic") as sub:
        pub.publish_many(np.arange(12.0).reshape(4, 3))
        found = shown(sub)
    assert "value[0] <hip>9" in found.text
    assert "value[2]11" in found.text
    assert found.seen.count("svg") == 3
    scan = np.sin(np.arange(1000.0))
    html = card(np.zeros(1000), scan)
    assert 'aria-label="1000 elements over their index' in html
    assert 'aria-label="20 elements' in card([0] * 20, [*range(20)])


def test_signalling_nan_are_gaps_and_warn_of_nothing() -> None:
    nan = np.full((300, 3), 0x7F800001, "u4").view("f4")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert all(value != value for value in reduced(nan[:, 0], 100))
        assert _raster.top_view(*nan.T) is None
        assert not np.asarray(Image.open(io.BytesIO(_raster.frame(nan, "32FC1").data))).any()


def test_a_long_array_keeps_its_extremes() -> None:
    signal = np.zeros(1_000_000, "i2")
    signal[123_456], signal[654_321] = -7, 9
    points = reduced(signal, 100)
    assert len(points) <= 200
    assert (min(points), max(points)) == (-7, 9)
    odd = np.array([1.0, math.nan, math.inf, 2.0])
    assert [str(each) for each in reduced(odd, 100)] == ["1.0", "nan", "nan", "2.0"]
    assert reduced([True, 5, 2.5], 100) == [1.0, 5.0, 2.5]


@pytest.mark.parametrize(
    "default",
    [
        0j,
        np.zeros(0),
        np.zeros(100, "c8"),
        np.zeros(20, "?"),
        np.zeros((0, 5)),
        np.array(1.5),
        [1.0],
        [{"x": 1}],
        np.zeros(3, [("a", "u1"), ("b", "f4", 2)]),
        {"more": np.zeros((2, 2), "u1")},
        np.zeros((20, 20), "f2"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_every_type_has_a_card(default: Any) -> None:
    if np.shape(default)[:1] == (0,):
        card(default, default, max_size=5)
    else:
        card(default, default)


def test_without_numpy_a_card_is_text(run_python: Callable[..., Any]) -> None:
    ended = run_python(
        "import sys, array\nsys.modules['numpy'] = None\nimport shm_pub_sub\n"
        "frame = memoryview(bytes(1200)).cast('B', (20, 20, 3))\n"
        "pub = shm_pub_sub.Publisher('topic', frame)\npub.publish(frame)\n"
        "print(shm_pub_sub.Subscriber('topic')._repr_html_())\n"
        "pub = shm_pub_sub.Publisher('scan', array.array('d', range(50)))\n"
        "pub.publish(array.array('d', range(50)))\n"
        "print(shm_pub_sub.Subscriber('scan')._repr_html_())\n"
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "uint8[20,20,3], 1200 bytes" in ended.stdout
    assert "50 elements over their index, 0 to 49" in ended.stdout
