"""The sensor publisher, and the two subscribers in threads that watch it from another process."""

import signal
from collections.abc import Iterable
from itertools import groupby

from support.programs import Start

from ._blocks import MULTI_SUBSCRIBER, SENSOR_PUBLISHER
from ._programs import feeder
from ._reading import arguments, numbers, topics
from ._spec import Spec


def appear_in_order(seen: Iterable[str], published: Iterable[str]) -> bool:
    """Report whether the values seen, repeats aside, were published in that order."""
    remaining = iter(published)
    return all(value in remaining for value, _ in groupby(seen))


def test_the_subscribers_see_the_sensor_s_values_and_never_go_backwards(
    tutorial: Spec, start: Start
) -> None:
    sensor = tutorial.source(SENSOR_PUBLISHER)
    [[readings]] = arguments(sensor, "range")
    subscribing = start(tutorial.source(MULTI_SUBSCRIBER))
    publishing = start(sensor)

    published = [numbers(line)[-1] for line in publishing.finish()]
    subscribing.end_by(signal.SIGTERM, -signal.SIGTERM)

    logged = [numbers(line)[-1] for line in subscribing.lines if "LOG" in line]
    alerts = [numbers(line)[-1] for line in subscribing.lines if "HIGH" in line]
    assert len(published) == readings
    assert len(set(logged)) >= 10
    assert appear_in_order(logged, published)
    assert appear_in_order(alerts, published)
    assert all(float(value) >= 30.0 for value in alerts)


def test_a_value_outside_the_limits_is_logged_and_raises_its_alert(
    tutorial: Spec, start: Start
) -> None:
    [topic] = topics(tutorial.source(SENSOR_PUBLISHER), "Publisher")
    subscribing = start(tutorial.source(MULTI_SUBSCRIBER))
    publishing = start(feeder(topic))

    publishing.tell("40.25")
    subscribing.wait_for(r"HIGH\D*40\.25")
    subscribing.wait_for(r"LOG.*\D40\.25")
    publishing.tell("4.75")
    subscribing.wait_for(r"LOW\D*4\.75")
    publishing.tell("20.5")
    subscribing.wait_for(r"LOG.*\D20\.50", times=3)

    subscribing.end_by(signal.SIGTERM, -signal.SIGTERM)
    publishing.finish()
    assert not [line for line in subscribing.lines if "20.50" in line and "LOG" not in line]


def test_the_running_subscribers_move_to_the_next_publisher_by_themselves(
    tutorial: Spec, start: Start
) -> None:
    [topic] = topics(tutorial.source(SENSOR_PUBLISHER), "Publisher")
    subscribing = start(tutorial.source(MULTI_SUBSCRIBER))

    for value in ("31.25", "32.5"):
        publishing = start(feeder(topic))
        publishing.tell(value)
        subscribing.wait_for(rf"HIGH\D*{float(value):.2f}")
        publishing.finish()

    subscribing.end_by(signal.SIGTERM, -signal.SIGTERM)
