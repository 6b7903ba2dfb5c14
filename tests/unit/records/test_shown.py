"""What people see of a record: in echo, tables and cards."""

import json
from typing import Any, NamedTuple

import numpy as np
import pytest
from shm_pub_sub import Publisher, Subscriber, inspect, topics
from shm_pub_sub._brief import brief
from shm_pub_sub._cli.output import json_value


class Pose(NamedTuple):
    x: float
    name: str = "a\x1bb"


FRAME = np.full((4, 5), 7, "u1")
CLOUD = np.array([(1.5, [1, 2])] * 9, dtype=[("x", "f4"), ("ids", "i2", (2,))])
FIGURES = {"dtype": "uint8", "shape": [4, 5], "min": 7, "max": 7, "mean": 7.0}
IDS = {"dtype": "int16", "shape": [2], "values": [1, 2], "min": 1, "max": 2, "mean": 1.5}


@pytest.mark.parametrize(
    ("value", "text", "as_json"),
    [
        (Pose(1.5), r"x=1.5, name='a\x1bb'", {"x": 1.5, "name": "a\x1bb"}),
        ({"x y": True, "z": b"a"}, "x y=True, z=1 byte: 61", {"x y": True, "z": {"bytes": 1}}),
        (
            {"p": Pose(float("nan"), ""), "f": FRAME},
            "p=(x=nan, name=''), f=uint8[4,5] (min 7, max 7, mean 7)",
            {"p": {"x": "NaN", "name": ""}, "f": FIGURES},
        ),
        ([Pose(0.0, "b")], "[(x=0, name='b')]", [{"x": 0.0, "name": "b"}]),
        (
            CLOUD,
            "{x, ids}[9], the first (x=1.5, ids=int16[2] ([1, 2]))",
            {"fields": ["x", "ids"], "shape": [9], "first": {"x": 1.5, "ids": IDS}},
        ),
        (CLOUD[:0], "{x, ids}[0], empty", {"fields": ["x", "ids"], "shape": [0]}),
    ],
)
def test_a_record_in_a_line_and_as_json(value: Any, text: str, as_json: Any) -> None:
    found = brief(value)
    assert str(found) == text
    shown = json_value(found)
    json.dumps(shown, allow_nan=False)
    if isinstance(shown, dict) and isinstance(shown.get("z"), dict):
        del shown["z"]["first"]
    assert shown == as_json


@pytest.mark.parametrize(
    ("default", "kind"),
    [
        (Pose(0.0, "")._asdict() | {"name": 0}, tuple),
        ({"not a name": 0.0}, dict),
        ([{"x": 0.0}], list),
        (CLOUD, np.ndarray),
    ],
)
def test_inspect_has_the_type_of_its_values(default: Any, kind: type) -> None:
    with Publisher("topic", default) as pub:
        pub.publish(default)
        value, ok = Subscriber("topic").subscribe()
        assert ok
        assert issubclass(inspect("topic").type, kind)
        assert isinstance(value, inspect("topic").type)
        assert type(value) is inspect("topic").type


def test_tables_shorten_the_type_and_inspect_does_not() -> None:
    with Publisher("topic", {f"field_{n}": 0.0 for n in range(50)}) as pub:
        assert inspect("topic").type_name.endswith("field_49: float64}")
        assert "field_3" not in repr(topics())
        assert len(max(repr(topics()).splitlines())) < 200
        assert "field_49" not in pub._repr_html_()
