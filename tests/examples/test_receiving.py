"""The ways of receiving, each with the program that publishes for it."""

import math
import re

import pytest
import shm_pub_sub
from support.programs import Start

from ._order import appear_in_order

TOPIC = "greenhouse/north_bed/air_celsius"


def test_every_value_arrives_once_and_in_order(start_example: Start) -> None:
    reader = start_example("every_value.py")
    reader.wait_for("no new value")
    sensor = start_example("greenhouse_sensor.py", "--seconds", 1)
    reader.wait_for(r"coldest of \d")
    published = [line.split()[1] for line in sensor.finish()]
    while sum(map(int, reader.wait_for(r"coldest of (\d+):.* (\d+) lost").groups())) < len(
        published
    ):
        pass
    reader.wait_for("no new value")
    values = [line.split()[0] for line in reader.interrupt() if "coldest" in line]
    assert appear_in_order(values, published)
    assert re.search(rf"coldest of {len(values)}: +{min(map(float, values)):.2f}", reader.output)


def test_a_slow_reader_counts_what_it_lost(start_example: Start) -> None:
    reader = start_example("every_value.py", "--pause", 0.5)
    reader.wait_for("no new value")
    sensor = start_example("greenhouse_sensor.py")
    reader.wait_for(r" [1-9]\d* lost")
    reader.interrupt()
    sensor.interrupt()


def test_table_has_a_row_for_each_value(start_example: Start) -> None:
    table = start_example("table.py")
    table.wait_for("row, air in °C")
    sensor = start_example("greenhouse_sensor.py", "--seconds", 0.6)
    published = [line.split()[1] for line in sensor.finish()]
    table.wait_for(rf", {published[-1]}$")
    _, *rows, last = table.interrupt()
    cells = [row.split(", ") for row in rows]
    assert [int(number) for number, _ in cells] == list(range(1, len(rows) + 1))
    assert appear_in_order([celsius for _, celsius in cells], published)
    assert last == f"{len(published) - len(rows)} values were lost"


def test_table_ends_with_its_time(start_example: Start) -> None:
    lines = start_example("table.py", "--seconds", 0.2).finish()
    assert lines == ["row, air in °C", "0 values were lost"]


def test_table_ends_by_ctrl_c(start_example: Start) -> None:
    table = start_example("table.py")
    table.wait_for("row")
    assert table.interrupt()[-1] == "0 values were lost"


def test_callback_is_called_for_each_value(start_example: Start) -> None:
    alarm = start_example("callback_alarm.py", "--limit", 3.5)
    alarm.wait_for("0 values")
    with shm_pub_sub.Publisher(TOPIC, 0.0, 10) as air:
        air.publish_many([5.0, 3.0, 2.0])
        alarm.wait_for(r"ALARM at 3\.00 °C")
        alarm.wait_for("3 values")
        air.publish(4.0)
        alarm.wait_for(r"all is well at 4\.00 °C")
    lines = alarm.interrupt()
    assert [line for line in lines if "values" not in line] == [
        "ALARM at 3.00 °C",
        "all is well at 4.00 °C",
    ]


def test_asyncio_watches_three_topics_at_once(start_example: Start) -> None:
    watch = start_example("asyncio_watch.py")
    watch.wait_for("memory: no new value")
    publisher = start_example("machine_publisher.py")
    for pattern in (r"memory: \d+ MiB", r"busy: \d+ %"):
        watch.wait_for(pattern)
    publisher.interrupt()
    with shm_pub_sub.Publisher("machine/cpu/alarm", False) as alarm:
        alarm.publish_many([False, True])  # whatever this machine's own load has said before
        watch.wait_for("^alarm$")
        alarm.publish(False)
        watch.wait_for("^no alarm$")
    watch.interrupt()


def test_asyncio_ends_with_its_time(start_example: Start) -> None:
    start_example("asyncio_watch.py", "--seconds", 0.2).finish()


def test_select_prints_what_any_topic_has(start_example: Start) -> None:
    reader = start_example("select_topics.py")
    reader.wait_for("nothing new")
    with (
        shm_pub_sub.Publisher("machine/cpu/busy", 0.0) as busy,
        shm_pub_sub.Publisher("machine/memory/available_mib", 0) as memory,
        shm_pub_sub.Publisher("machine/cpu/alarm", False) as alarm,
    ):
        busy.publish(0.25)
        reader.wait_for(r"machine/cpu/busy: 0\.25")
        memory.publish(100)
        reader.wait_for("machine/memory/available_mib: 100")
        alarm.publish(True)
        reader.wait_for("machine/cpu/alarm: True")
        alarm.publish(False)
        busy.publish_many([0.5, 0.75])
        reader.wait_for(r"machine/cpu/busy: 0\.75")
    reader.wait_for("nothing new")
    assert "machine/cpu/busy: 0.5" in reader.interrupt()


@pytest.mark.parametrize("first", ["play", "measure"])
def test_batches_carry_a_whole_signal(start_example: Start, first: str) -> None:
    second = "measure" if first == "play" else "play"
    parts = {part: start_example("batch_waveform.py", part) for part in (first, second)}
    for _ in range(5):
        parts["measure"].wait_for(r"\d+ values")
    parts["play"].interrupt()
    parts["measure"].wait_for("silence")
    lines = [line.split() for line in parts["measure"].interrupt() if "values" in line]
    # Nothing is lost, unless it stalled for more than the second that is kept.
    assert lines[0][2] == "0"
    loudness = [float(line[5]) for line in lines]
    # A sine's is its height over the root of two.
    assert 0.0 <= min(loudness) < max(loudness) <= 1 / math.sqrt(2) + 0.01
