"""Unit in the annotations of a record's fields: metadata of the fields."""

from dataclasses import dataclass, field
from typing import Annotated, Any, NamedTuple

import pytest
import shm_pub_sub
from shm_pub_sub import MaxSize, Publisher, Subscriber, TopicValueError, Unit, inspect


@dataclass
class Pose:
    x: Annotated[float, Unit("m")] = 0.0
    yaw: Annotated[float, Unit("rad")] = 0.0


@dataclass(slots=True)
class Imu:
    ax: Annotated[float, Unit("m/s^2")] = 0.0
    count: int = 0
    unit: Annotated[str, MaxSize(8), Unit("its name is a part's")] = ""
    pose: Pose = field(default_factory=Pose)
    path: Annotated[list[Pose], MaxSize(4)] = field(default_factory=lambda: [Pose()])


class Battery(NamedTuple):
    volts: Annotated[float, Unit("V")] = 0.0
    cells: Annotated[list[float], Unit("V")] = [0.0]  # noqa: RUF012 - it is copied


POSE = {"x": {"unit": "m"}, "yaw": {"unit": "rad"}}
IMU = {
    "ax": {"unit": "m/s^2"},
    "unit": {"unit": "its name is a part's"},
    "pose": {"fields": POSE},
    "path": {"fields": POSE},
}


@pytest.mark.parametrize(
    ("default", "fields"),
    [
        (Pose(), POSE),
        (Imu(), IMU),
        (Battery(), {"volts": {"unit": "V"}, "cells": {"unit": "V"}}),
        ([Pose()], POSE),
        ({"pose": Pose(), "stamp": 0.0}, {"pose": {"fields": POSE}}),
    ],
)
def test_readers_find_them_by_field(default: Any, fields: dict[str, Any]) -> None:
    with Publisher("topic", default), Subscriber("topic", default) as sub:
        assert sub.metadata == Subscriber("topic").metadata == {"fields": fields}
        assert inspect("topic").metadata == {"fields": fields}


def test_a_record_has_metadata_of_its_own_beside_them() -> None:
    with Publisher("topic", Pose(), description="of the robot", unit="SI") as pub:
        found = inspect("topic").metadata
        assert found == {"unit": "SI", "description": "of the robot", "fields": POSE}
        pub.publish(Pose(1.0, 2.0))
        card = pub._repr_html_()
    assert ">in SI</div>" in card
    assert ">1 m</td>" in card
    assert ">2 rad</td>" in card


def test_units_are_no_part_of_the_type() -> None:
    @dataclass
    class Plain:
        x: float = 0.0
        yaw: float = 0.0

    with Publisher("topic", Pose()) as pub, Subscriber("topic", Plain()) as sub:
        pub.publish(Pose(1.0, 2.0))
        assert sub.subscribe() == (Plain(1.0, 2.0), True)
        assert sub.metadata == {"fields": POSE}
    with Publisher("topic", Plain()):
        assert inspect("topic").metadata == {}


def test_a_unit_that_utf_8_cannot_encode() -> None:
    @dataclass
    class Broken:
        x: "Annotated[float, shm_pub_sub.Unit('\\ud800')]" = 0.0

    with pytest.raises(TopicValueError, match=r"^topic 'topic': fields\['x'\]\['unit'\]: found a"):
        Publisher("topic", Broken())
