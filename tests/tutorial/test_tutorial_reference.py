"""The API reference: constructors by their documented keywords, publish(), subscribe()."""

import re

import pytest
from support.programs import Start

from ._blocks import (
    PUBLISH_CALLS,
    PUBLISHER_SIGNATURES,
    READING_SYMPTOM,
    SUBSCRIBE_CALLS,
    SUBSCRIBER_SIGNATURES,
)
from ._programs import HOLD, IMPORT, feeder
from ._reading import Topic, arguments, signatures, statements
from ._spec import Spec

KINDS = ("bool", "int", "float")
PUBLISHED: dict[str, bool | int | float] = {"bool": False, "int": 7, "float": 1.5}
ABSENT: dict[str, bool | int | float] = {"bool": True, "int": -3, "float": -2.5}
"""What subscribers answer while nothing is published."""

PUBLISHERS = "".join(
    f"pub_{kind} = shm_pub_sub.Publisher('topic/{kind}', {PUBLISHED[kind]!r})\n" for kind in KINDS
)
SUBSCRIBERS = "".join(
    f"sub_{kind} = shm_pub_sub.Subscriber('topic/{kind}', {ABSENT[kind]!r})\n" for kind in KINDS
)
REPORT = "print((data, is_success))\n"


@pytest.mark.parametrize("kind", KINDS)
def test_the_documented_keywords_build_a_pair_of_that_type(
    tutorial: Spec, start: Start, kind: str
) -> None:
    [publisher] = [s for s in signatures(tutorial.source(PUBLISHER_SIGNATURES)) if s.kind == kind]
    [subscriber] = [s for s in signatures(tutorial.source(SUBSCRIBER_SIGNATURES)) if s.kind == kind]
    values = {"name": "topic", "buffer_num": 4}

    child = start(
        f"{IMPORT}"
        f"pub = {publisher.call(default_value=PUBLISHED[kind], **values)}\n"
        f"sub = {subscriber.call(default_value=ABSENT[kind], **values)}\n"
        f"print(sub.subscribe())\n"
        f"pub.publish({PUBLISHED[kind]!r})\n"
        f"print(sub.subscribe())\n"
    )

    assert child.finish() == [repr((ABSENT[kind], False)), repr((PUBLISHED[kind], True))]


def test_the_number_of_buffers_defaults_to_the_documented_three(
    tutorial: Spec, start: Start
) -> None:
    documented = set(re.findall(r"\(default: (\d+)\)", "\n".join(tutorial.lines)))
    child = start(
        f"{IMPORT}import inspect\n"
        "parameters = inspect.signature(shm_pub_sub.Publisher).parameters\n"
        "print(parameters['buffer_num'].default)\n"
    )

    assert set(child.finish()) == documented


def test_another_process_reads_each_published_value_with_its_type(
    tutorial: Spec, start: Start
) -> None:
    publish, subscribe = tutorial.source(PUBLISH_CALLS), tutorial.source(SUBSCRIBE_CALLS)
    publishing = start(IMPORT + PUBLISHERS + publish + HOLD)
    publishing.wait_for("held")

    reading = start(IMPORT + SUBSCRIBERS + "".join(s + REPORT for s in statements(subscribe)))

    expected = [repr((value, True)) for [value] in arguments(publish, "publish")]
    assert reading.finish() == expected
    publishing.finish()


def test_without_a_publisher_each_read_gives_the_default_and_no_success(
    tutorial: Spec, start: Start
) -> None:
    subscribe = tutorial.source(SUBSCRIBE_CALLS)

    reading = start(IMPORT + SUBSCRIBERS + "".join(s + REPORT for s in statements(subscribe)))

    assert reading.finish() == [repr((ABSENT[kind], False)) for kind in KINDS]


@pytest.mark.parametrize(
    ("published_topic", "values"),
    [(None, []), ("topic", []), ("topics", ["1.5"])],
    ids=["no publisher", "nothing sent yet", "another topic's name"],
)
def test_a_read_has_no_success_for_each_documented_cause(
    tutorial: Spec, start: Start, published_topic: str | None, values: list[str]
) -> None:
    if published_topic is not None:
        publishing = start(feeder(Topic(published_topic, 0.0)))
        publishing.wait_for("ready")
        for value in values:
            publishing.tell(value)
            publishing.wait_for("published")

    subscriber = f"{IMPORT}subscriber = shm_pub_sub.Subscriber('topic', 0.5)\n"
    reading = start(subscriber + tutorial.source(READING_SYMPTOM) + "print((data, success))\n")

    assert reading.finish() == [repr((0.5, False))]
    if published_topic is not None:
        publishing.finish()
