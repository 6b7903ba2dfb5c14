"""bridged=True: bridges leave a topic out of what they send to other machines."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shm_pub_sub import Publisher, Subscriber, inspect, topics
from shm_pub_sub._raw import raw_publisher, raw_subscriber
from shm_pub_sub._topics import inspect_typed
from support.layout import read_field, topic_file

BIT = 2


@pytest.mark.parametrize("default", [False, 0, 0.0, np.int16(0), "", b"", [0], np.zeros(500)])
@pytest.mark.parametrize("bridged", [False, True])
def test_a_topic_is_marked_if_its_publisher_says_so(
    bridged: bool, default: Any, shm_dir: Path
) -> None:
    with Publisher("topic", default, bridged=bridged):
        assert inspect("topic").bridged is bridged
        assert [topic.bridged for topic in topics()] == [bridged]
        assert bool(read_field(topic_file(shm_dir), "flags") & BIT) is bridged


def test_a_topic_is_not_marked_unless_asked_for() -> None:
    with Publisher("topic", 0, retain=True) as pub:
        assert inspect("topic").bridged is False
        pub.publish(1)
    with Publisher("topic", 0, bridged=True):
        found = inspect("topic")
        assert (found.bridged, found.retain) == (True, False)


@pytest.mark.parametrize("default", [0.0, np.zeros(500), "text"])
def test_raw_publishers_mark_too(default: Any) -> None:
    with Publisher("topic", default):
        descriptor = inspect_typed("topic")[1]
    for bridged in (True, False):
        with raw_publisher("topic", descriptor, bridged=bridged):
            assert inspect("topic").bridged is bridged


@pytest.mark.parametrize("default", [0, np.zeros(500)])
def test_a_subscriber_knows_it_of_each_publisher_that_it_goes_on_with(default: Any) -> None:
    """A bridge must not send what a bridged publisher of the same type publishes later."""
    with Publisher("topic", default):
        descriptor = inspect_typed("topic")[1]
    with Subscriber("topic", default) as sub, raw_subscriber("topic", descriptor) as raw:
        assert (sub._bridged, raw._bridged) == (False, False)
        for bridged in (False, True, False):
            with Publisher("topic", default, bridged=bridged) as pub:
                pub.publish(default)
                for each in (sub, raw):
                    assert each.try_recv() is not None
                    assert each._bridged is bridged
            for each in (sub, raw):
                assert each.try_recv() is None
                assert each.publisher_alive is False
                assert each._bridged is False
