"""`check`: whether topics are published as they should be, for probes and watchdogs."""

from __future__ import annotations

import argparse
from typing import NamedTuple

from shm_pub_sub import ShmError, TopicInfo, TopicNotFoundError
from shm_pub_sub._arguments import directory
from shm_pub_sub._text import duration, frequency
from shm_pub_sub._topics import inspect, names, user

from ..arguments import add_option, positive_seconds
from ..output import EXIT_DONE, EXIT_FAILURE, SHOWN, log, print_json, put
from ..topics import add_topics, selection


class _Checked(NamedTuple):
    name: str
    age: float | None
    rate: float | None
    fault: str | None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_topics(parser, more="")
    parser.add_argument(
        "--max-age",
        metavar="SECONDS",
        type=positive_seconds,
        required=True,
        help="fail if a topic's newest value is older",
    )
    add_option(parser, "rate", "fail if the values that a topic keeps came at a lower rate")


def run(options: argparse.Namespace) -> int:
    chosen, there = selection(options), names()
    checked = [_check(name, options.max_age, options.rate) for name in chosen.of(there)]
    checked += [_missing(word) for word in chosen.unmatched(there)]
    faults = [f"{each.name}: {each.fault}" for each in checked if each.fault]
    if options.format == "json":
        print_json({"ok": not faults, "topics": [each._asdict() for each in checked]})
    elif faults:
        log(_line(faults))
    else:
        put(_line([f"{each.name}: {_state(each)}" for each in checked]))
    return EXIT_FAILURE if faults else EXIT_DONE


def _check(name: str, max_age: float, least: float | None) -> _Checked:
    try:
        topic = inspect(name)
    except TopicNotFoundError:
        return _missing(name)
    except ShmError as error:
        return _Checked(name, None, None, str(error))
    return _Checked(name, topic.age, topic.rate, _fault(topic, max_age, least))


def _missing(word: str) -> _Checked:
    return _Checked(word, None, None, f"no such topic in {directory()}")


def _fault(topic: TopicInfo, max_age: float, least: float | None) -> str | None:
    """Return what was found, and what was expected instead; None if all is well."""
    if not topic.trusted:
        return f"belongs to {user(topic.uid)}, who is not trusted"
    if not topic.alive:
        return "its publisher is dead"
    if topic.age is None:
        return "no value yet"
    if topic.age > max_age:
        return f"newest value {duration(topic.age)} old, expected at most {duration(max_age)}"
    if least is None:
        return None
    if topic.buffer_num < 2:
        return "no rate, as it keeps a single value; expected buffer_num=2 or more"
    if topic.rate is None:
        return f"no rate yet, expected at least {frequency(least)}"
    if topic.rate < least:
        return f"{frequency(topic.rate)}, expected at least {frequency(least)}"
    return None


def _state(each: _Checked) -> str:
    rate = f", {frequency(each.rate)}" if each.rate else ""
    return f"{duration(each.age)} old{rate}"


def _line(parts: list[str]) -> str:
    more = f"; and {len(parts) - SHOWN} more" if len(parts) > SHOWN else ""
    return "; ".join(parts[:SHOWN]) + more
