"""What `recording info` prints."""

from __future__ import annotations

import time

from shm_pub_sub._recording.clock import Step
from shm_pub_sub._recording.mcap_format import CLOCK
from shm_pub_sub._text import counted, duration, frequency, short_type, size

from .output import log, print_json, put, put_table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from shm_pub_sub._recording.reader import Recording

HEADING = ["TOPIC", "TYPE", "UNIT", "PUBLISHERS", "VALUES", "LOST", "RATE", "BUFFERS"]


def print_info(recording: Recording, form: str) -> None:
    topics, clock = _topics(recording), _clock(recording)
    nbytes = sum(part.stat().st_size for part in recording.parts)
    if form == "json":
        about = {"file": str(recording.path), "parts": [str(part) for part in recording.parts]}
        print_json(
            about
            | {"start": recording.start_ns / 1e9, "seconds": recording.seconds, "bytes": nbytes}
            | {"complete": recording.complete, "topics": topics, "clock": clock}
            | {"left_out": recording.left_out, "others": recording.others}
        )
        return
    span = f"{duration(recording.seconds)}, from {_time_of_day(recording.start_ns)}"
    if not recording.counts.total():
        span = "no values"
    parts = f", {counted(len(recording.parts), 'part')}" if len(recording.parts) > 1 else ""
    put(f"{recording.path}: {span}, {size(nbytes)}{parts}")
    rows = [HEADING, *map(_row, topics)]
    put_table(rows, right=(3, 4, 5, 6, 7))
    for step in clock:
        put(_step(step))
    for topic, why in sorted(recording.left_out.items()):
        log(f"{topic} was not recorded: {why}")
    for topic, why in sorted(recording.others.items()):
        log(f"{topic} cannot be played: {why}")


def _topics(recording: Recording) -> list[dict[str, Any]]:
    found, seconds = [], recording.seconds
    for topic in sorted({channel.topic for channel in recording.channels.values()}):
        numbers = [n for n, channel in recording.channels.items() if channel.topic == topic]
        tracks = [recording.tracks[number] for number in numbers if number in recording.tracks]
        values = sum(recording.counts[number] for number in numbers)
        found.append(
            {
                "topic": topic,
                "type": ", ".join(dict.fromkeys(track.type_name for track in tracks)) or None,
                "unit": next((u for t in tracks if (u := t.metadata.get("unit"))), ""),
                "publishers": len(numbers),
                "values": values,
                "lost": None if recording.lost is None else recording.lost.get(topic, 0),
                "rate": (values - 1) / seconds if values > 1 and seconds > 0 else None,
                "buffer_num": max((track.buffer_num for track in tracks), default=None),
            }
        )
    return found


def _row(topic: dict[str, Any]) -> list[str]:
    cells = topic | {"rate": frequency(topic["rate"])}
    cells["type"] = None if topic["type"] is None else short_type(topic["type"])
    return ["-" if cell is None else str(cell) for cell in cells.values()]


def _clock(recording: Recording) -> list[dict[str, int]]:
    """Return how the clock was set, and the machine suspended, during the recording."""
    found = []
    for name, about in recording.notes:
        if name == CLOCK and "monotonic_ns" in about:
            try:
                step = {key: int(value[:30]) for key, value in about.items()}
                step["time_ns"] = step["monotonic_ns"] + step["epoch_minus_monotonic_ns"]
            except (ValueError, KeyError):
                continue  # another version's
            found.append(step)
    return found


def _step(step: dict[str, int]) -> str:
    names = ("monotonic_ns", "epoch_minus_monotonic_ns", "step_ns", "suspended_ns")
    text = str(Step(*(step.get(name, 0) for name in names)))
    return f"{_time_of_day(step['time_ns'])}: {text or 'the clock was taken again'}"


def _time_of_day(time_ns: int) -> str:
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S %Z", time.localtime(time_ns / 1e9))
    except (OverflowError, ValueError, OSError):
        return f"{time_ns} ns"
