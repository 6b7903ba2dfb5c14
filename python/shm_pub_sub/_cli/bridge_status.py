"""`bridge status`: the bridges of this machine, by the topics that they publish of themselves."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from shm_pub_sub import ShmError, Subscriber, TopicInfo, inspect
from shm_pub_sub._arguments import directory
from shm_pub_sub._network.status import PERIOD, ROOT, TOPICS
from shm_pub_sub._text import duration, shortened
from shm_pub_sub._topics import names

from .output import EXIT_DONE, EXIT_FAILURE, log, print_json, put_table

STUCK = 5 * PERIOD
"""Seconds without an update after which a live bridge does nothing."""
COUNTS = ("sent", "received", "skipped", "lost", "refused")
WIDEST = 40
"""Characters of the names of other bridges."""


class Seen(NamedTuple):
    """A bridge of this machine."""

    bridge: str
    state: str
    """alive, stuck or dead."""
    pid: int
    age: float | None
    """Seconds since it last published."""
    values: dict[str, Any]
    """By topic; None of a dead one."""


def show(as_json: bool) -> int:
    """Print the bridges; the exit code says whether there are some, all alive."""
    bridges = [_seen(name) for name in _bridges()]
    if not bridges:
        log(f"no bridge in {directory()}; `shm-pub-sub bridge --help` shows how to start one")
    elif as_json:
        for each in bridges:
            peers = each.values["peers"]
            values = each.values | {"peers": peers.splitlines() if peers is not None else None}
            about = {"bridge": each.bridge, "state": each.state, "pid": each.pid, "age": each.age}
            print_json(about | values)
    else:
        heading = ["bridge", "state", *COUNTS, "rtt", "pid", "peers"]
        put_table([heading, *map(_cells, bridges)], right=range(2, 9))
    well = bridges and all(each.state == "alive" for each in bridges)
    return EXIT_DONE if well else EXIT_FAILURE


def _bridges() -> list[str]:
    """Return the names of those that publish, or have published."""
    pattern = re.compile(f"{ROOT}/([^/]+)/connected")
    return sorted(match[1] for name in names() if (match := pattern.fullmatch(name)))


def _seen(bridge: str) -> Seen:
    try:
        topic: TopicInfo | None = inspect(f"{ROOT}/{bridge}/connected")
    except ShmError as error:
        log(str(error))
        topic = None
    alive = topic is not None and topic.alive
    age = topic.age if topic is not None else None
    state = "dead"
    if alive:
        state = "alive" if age is None or age < STUCK else f"stuck for {duration(age)}"
    values = {
        name: _value(f"{ROOT}/{bridge}/{name}", about.default) if alive else None
        for name, about in TOPICS.items()
    }
    return Seen(bridge, state, topic.pid if topic is not None else 0, age, values)


def _value(topic: str, default: Any) -> Any:
    """Return the newest value; None if there is none."""
    try:
        with Subscriber(topic, default) as subscriber:
            value, ok = subscriber.subscribe()
            return value if ok else None
    except ShmError as error:
        log(str(error))
        return None


def _cells(seen: Seen) -> list[str]:
    counts = [_cell(seen.values[name]) for name in COUNTS]
    peers = seen.values["peers"]
    names = shortened(", ".join(peers.splitlines()), WIDEST) if peers else "-"
    return [seen.bridge, seen.state, *counts, duration(seen.values["rtt"]), str(seen.pid), names]


def _cell(value: object) -> str:
    return "-" if value is None else str(value)
