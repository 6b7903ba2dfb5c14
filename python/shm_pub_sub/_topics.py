"""List, inspect and remove topics without subscribing."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from ._arguments import check_directory, check_name, path_from_go, path_to_go
from ._errors import OpenError, ShmError, TopicNotFoundError
from ._extension import load
from ._go import call, from_go
from ._metadata import decoded, shown
from ._numpy import imported_numpy
from ._patterns import Selection
from ._text import duration, printable, short_type, table
from ._trust import check_trust


class TopicInfo(NamedTuple):
    """What a topic's file says."""

    name: str
    """The topic's name."""
    type: type
    """Of its values in Python: bool, int, float, complex, str, bytes, list, a NamedTuple or dict
    for records, or numpy.ndarray for arrays (memoryview, or list of records, if numpy is not
    imported)."""
    buffer_num: int
    """The number of values that stay readable."""
    published: int
    """Values published so far."""
    age: float | None
    """Seconds since the time of the latest value; None if there is none, inf if it is from
    before this boot."""
    rate: float | None
    """Values per second, in Hz, from the times of the values that it keeps. None if they are fewer
    than two or of one batch, or if the publisher is gone. It does not fall when a publisher pauses:
    see `age`."""
    alive: bool
    """Whether it has a live publisher."""
    retain: bool
    """Whether the last value outlives the publisher."""
    pid: int
    """The publisher's process, by its own number (a container has its own numbers)."""
    created: float
    """When the publisher was made, seconds since the epoch."""
    nbytes: int
    """The size in shared memory, in bytes."""
    path: str
    """The topic's file."""
    uid: int
    """The user who owns it."""
    trusted: bool
    """Whether a Subscriber with the same `trust` reads it. If not, do not rely on the rest."""
    type_name: str
    """The type in full: "float", "uint8[480,640,3]", "float32[<=131072,4]", "str <= 4096"."""
    views: int
    """Values that readers may hold at once without a copy; 0 for small values of fixed size."""
    loans: int
    """Values that the publisher may fill at once; 0 for small values of fixed size."""
    bridged: bool
    """Whether bridges leave it out of what they send to other machines: it is from one, or its
    publisher asked for it."""
    metadata: dict[str, Any]
    """What the publisher says about it, as of Subscriber.metadata."""

    def __hash__(self) -> int:
        return hash(self[:-1])  # but for the dict

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        from . import _html

        def show() -> str:
            rows = fields(self)
            about = shown(rows.pop("metadata"))
            return _html.fields(rows | {part: "; ".join(lines) for part, lines in about.items()})

        return _html.safely(show, self)


FIELDS = [name for name in TopicInfo._fields if name != "type_name"]
"""Of tables, where `type` is the type's name."""

_HEADING = ("topic", "type", "publisher", "published", "newest", "buffers")


class TopicTable(list[TopicInfo]):
    """A list of topics that prints as a table, in notebooks too."""

    __slots__ = ()

    def to_pandas(self) -> Any:
        """Return a pandas DataFrame with a row for each topic and a column for each field.

        `type` is what `type_name` is here, and `created` a time in UTC. Raises ImportError without
        pandas, which the extra `notebook` brings.
        """
        from ._extras import import_extra

        pandas = import_extra("pandas")
        frame = pandas.DataFrame.from_records([*map(fields, self)], columns=FIELDS)
        frame["age"] = frame["age"].astype("float64")
        frame["created"] = pandas.to_datetime(frame["created"], unit="s", utc=True)
        return frame

    def __repr__(self) -> str:
        if not self:
            return "[]"
        return table([_HEADING, *self._rows()], right=(3, 4, 5))

    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (
                printable(topic.name),
                short_type(topic.type_name),
                state(topic),
                f"{topic.published:,}",
                age_text(topic),
                f"{topic.buffer_num:,}",
            )
            for topic in self
        ]

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        from . import _html

        rows = [(topic.alive, row) for topic, row in zip(self, self._rows(), strict=True)]
        return _html.safely(lambda: _html.topics(_HEADING, rows), self)


def fields(topic: TopicInfo) -> dict[str, Any]:
    """Return a topic's FIELDS."""
    found = topic._asdict()
    found["type"] = found.pop("type_name")
    return found


def state(topic: TopicInfo) -> str:
    """Describe the topic's publisher."""
    if not topic.trusted:
        return f"of {user(topic.uid)}, not trusted"
    if topic.alive:
        return f"process {topic.pid}"
    return "retained" if topic.retain else "gone"


def age_text(topic: TopicInfo) -> str:
    """Describe when the latest value was published."""
    return "-" if topic.age is None else f"{duration(topic.age)} ago"


def user(uid: int) -> str:
    try:
        import pwd

        return f"user {pwd.getpwuid(uid).pw_name} ({uid})"
    except (ImportError, KeyError):
        return f"user {uid}"


NUMBERS: dict[str, type] = {"bool": bool, "int": int, "float": float}
"""The types of one value in a slot, by their names."""

_KINDS = {"text": str, "bytes": bytes, "list": list}
_SCALARS = {"i": int, "u": int, "f": float, "c": complex}

_NEVER = 2**63 - 1
"""Go's age, in ns, of a value from before this boot."""


def names(
    directory: str | None = None, patterns: Sequence[str] = (), exclude: Sequence[str] = ()
) -> list[str]:
    """Return the names of a directory's topics, sorted: those that match, or all.

    It opens no topic, so it includes unreadable ones, and takes a tenth of the time of topics().
    """
    found: list[str] = call("List", path_to_go(check_directory(directory)))
    return Selection(patterns, exclude=exclude).of(found)


def topics(
    *patterns: str,
    trust: int | str | Iterable[int | str] | None = None,
    directory: str | os.PathLike[str] | None = None,
) -> TopicTable:
    """Return the topics of a directory, sorted by name, including those of dead publishers.

    The list prints as a table, and `.to_pandas()` makes a DataFrame of it. Topics that cannot be
    opened, such as another user's, are left out. Topics that can be read but are not trusted are
    included, with `trusted` False.

    Args:
        patterns: Names, or shell patterns of names; all topics if there are none. `*` matches
            slashes too: "robot/*" is everything below robot. The name of a topic is no pattern.
        trust: As for Subscriber.
        directory: As for Subscriber.

    Raises:
        OpenError: The directory cannot be read (a RuntimeError).
        TopicTypeError: An argument has a type that is not accepted (a TypeError).
        TopicValueError: An argument has a value that is not accepted (a ValueError).
    """
    wanted = [check_name(pattern) for pattern in patterns]
    found, trusted, where = TopicTable(), check_trust(trust), check_directory(directory)
    for name in names(where, wanted):
        try:
            found.append(inspect(name, trust=trusted, directory=where))
        except (OpenError, TopicNotFoundError):
            continue  # not readable, or removed meanwhile
    return found


def inspect(
    name: str,
    *,
    trust: int | str | Iterable[int | str] | None = None,
    directory: str | os.PathLike[str] | None = None,
) -> TopicInfo:
    """Return what the topic's file says, whether it is trusted or not.

    Args:
        name: The topic's name.
        trust: As for Subscriber.
        directory: As for Subscriber.

    Raises:
        TopicNotFoundError: There is no such topic (a LookupError).
        OpenError: It cannot be opened (a RuntimeError); LayoutError if it is damaged.
        TopicTypeError: An argument has a type that is not accepted (a TypeError).
        TopicValueError: An argument has a value that is not accepted (a ValueError).
    """
    return inspect_typed(name, trust=trust, directory=directory)[0]


def inspect_typed(
    name: str,
    *,
    trust: int | str | Iterable[int | str] | None = None,
    directory: str | os.PathLike[str] | None = None,
) -> tuple[TopicInfo, str]:
    """Return what inspect() does, and the descriptor: "bool", "int", "float" or canonical JSON."""
    text, trusted = check_name(name), check_trust(trust)
    found = call("Inspect", path_to_go(check_directory(directory)), text, trusted)
    found["path"] = path_from_go(found["path"])
    descriptor: str = found.pop("descriptor") or found["type_name"]
    found["type"] = python_type(descriptor)
    age = found["age"]
    seconds = age / 1e9 if age < _NEVER else float("inf")
    found["age"] = seconds if found["published"] else None
    found["rate"] = found["rate"] or None
    found["created"] /= 1e9
    found["metadata"] = decoded(text, found["metadata"].encode("latin-1"))
    return TopicInfo(**found), descriptor


def python_type(descriptor: str) -> type:
    """Return the type of a topic's values in Python."""
    if descriptor in NUMBERS:
        return NUMBERS[descriptor]
    described = json.loads(descriptor)
    kind = described["kind"]
    if kind == "scalar":
        return _SCALARS[described["dtype"][1]]
    if kind == "record":
        from ._records_read import record_of

        found: type = record_of(descriptor).cls or dict
        return found
    if kind == "array":
        numpy = imported_numpy()
        without = list if isinstance(described["dtype"], dict) else memoryview
        return without if numpy is None else numpy.ndarray
    return _KINDS[kind]


def remove(name: str, *, directory: str | os.PathLike[str] | None = None) -> None:
    """Remove a dead publisher's topic, or a retained value.

    It needs the kernel's permission, not trust in the owner.

    Args:
        name: The topic's name.
        directory: As for Subscriber.

    Raises:
        ExistsError: The topic has a live publisher (a RuntimeError).
        TopicNotFoundError: There is no such topic (a LookupError).
        OpenError: The topic cannot be opened or removed (a RuntimeError).
        TopicTypeError: An argument has a type that is not accepted (a TypeError).
        TopicValueError: An argument has a value that is not accepted (a ValueError).
    """
    what, where, go = check_name(name), check_directory(directory), load()
    try:
        go.bind_Remove(path_to_go(where), what)
    except RuntimeError as error:
        raise from_go(error) from None


def file_of(where: str, name: str) -> str:
    """Return the path of the topic's file in the directory, whether it exists or not."""
    try:
        path: str = load().bind_Path(path_to_go(where), name)
    except RuntimeError as error:
        raise from_go(error) from None
    return path_from_go(path)


def memory_room() -> tuple[int, int, str] | None:
    """Return the bytes left for topics, the limit in bytes, and the path of its cgroup or "".

    None if no limit is known.
    """
    found = call("MemoryRoom")
    return found and (found["bytes"], found["limit"], path_from_go(found["where"]))


def strangers(names: Iterable[str], directory: str | None = None) -> Iterator[tuple[str, str]]:
    """Yield the topics that are not trusted, each with its owner.

    Topics of this user and of root are not opened for that.
    """
    where = check_directory(directory)
    for name in names:
        try:
            if os.lstat(file_of(where, name)).st_uid in (0, os.geteuid()):
                continue
            topic = inspect(name, directory=where)
        except (OSError, ShmError):
            continue  # removed meanwhile, or unreadable
        if not topic.trusted:
            yield name, user(topic.uid)


def inspect_each(
    names: Iterable[str], directory: str | None = None
) -> Iterator[tuple[str, tuple[TopicInfo, None] | tuple[None, ShmError]]]:
    """Yield each name with what is known of the topic, or with the error on opening it.

    Topics that were removed meanwhile are left out.
    """
    for name in names:
        try:
            yield name, (inspect(name, directory=directory), None)
        except TopicNotFoundError:
            continue
        except ShmError as error:
            yield name, (None, error)
