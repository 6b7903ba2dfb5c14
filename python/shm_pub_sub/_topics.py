"""Topics from outside: what there is, what is known of one, and removing what a crash left."""

from __future__ import annotations

from typing import Any, NamedTuple

from . import _extension
from ._arguments import check_name, directory
from ._errors import OpenError, TopicNotFoundError, from_go
from ._extension import load


class TopicInfo(NamedTuple):
    """What can be said of a topic without subscribing to it."""

    name: str
    type: type
    """bool, int or float."""
    buffer_num: int
    """How many values stay readable."""
    published: int
    """Values published so far."""
    age: float | None
    """Seconds since the newest was published; None where there is none."""
    alive: bool
    """Whether its publisher lives."""
    retain: bool
    """Whether the last value outlives the publisher."""
    pid: int
    """The publisher, as that process sees itself (a container has its own numbers)."""
    created: float
    """When the publisher was made, seconds since the epoch."""
    nbytes: int
    """Of shared memory."""
    path: str
    """The topic's file."""


_TYPES = {"bool": bool, "int": int, "float": float}


def topics() -> list[TopicInfo]:
    """Return all topics of this domain, sorted by name, those of dead publishers too.

    Topics that cannot be opened, such as another user's, are left out. Raises OpenError where the
    domain's directory cannot be read.
    """
    found = []
    for name in names():
        try:
            found.append(inspect(name))
        except (OpenError, TopicNotFoundError):
            continue  # not ours to read, or gone since
    return found


def names() -> list[str]:
    """Return the names alone of all topics, sorted: no topic is opened."""
    found: list[str] = _go("List", directory())
    return found


def inspect(name: str) -> TopicInfo:
    """Return what the topic's file says.

    Raises TopicNotFoundError (a LookupError) where there is no such topic, OpenError (LayoutError
    for a damaged file), TopicTypeError and TopicValueError for an impossible name.
    """
    fields = describe(directory(), check_name(name))
    fields["type"] = _TYPES[fields["type"]]
    fields["age"] = fields["age"] / 1e9 if fields["published"] else None
    fields["created"] /= 1e9
    return TopicInfo(**fields)


def remove(name: str) -> None:
    """Delete what a dead publisher left of the topic, or a retained value.

    Raises ExistsError (a RuntimeError) while its publisher lives, TopicNotFoundError (a
    LookupError) where there is nothing, OpenError, TopicTypeError and TopicValueError for an
    impossible name.
    """
    go, where, what = load(), directory(), check_name(name)
    try:
        with _extension.fork_lock:
            go.bind_Remove(where, what)
    except RuntimeError as error:
        raise from_go(error) from None


def file_of(where: str, name: str) -> str:
    """Return the path of the topic's file in the directory, be it there or not."""
    try:
        path: str = load().bind_Path(where, name)
    except RuntimeError as error:
        raise from_go(error) from None
    return path


def describe(where: str, name: str) -> dict[str, Any]:
    """Return what Go says of a topic."""
    fields: dict[str, Any] = _go("Inspect", where, name)
    return fields


def _go(function: str, *arguments: str) -> Any:
    """Call the Go function, and decode what it answers."""
    with _extension.fork_lock:
        import json  # noqa: PLC0415 - a third of the time that importing all else takes

    try:
        return json.loads(getattr(load(), f"bind_{function}")(*arguments))
    except RuntimeError as error:
        raise from_go(error) from None
