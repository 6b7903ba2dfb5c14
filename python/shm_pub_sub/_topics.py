"""Topics from outside: what there is, what is known of one, and removing what a crash left."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

from ._arguments import check_directory, check_name, path_from_go, path_to_go
from ._errors import OpenError, ShmError, TopicNotFoundError
from ._extension import load
from ._go import call, from_go
from ._patterns import matched
from ._text import duration, printable, table
from ._trust import check_trust

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


class TopicInfo(NamedTuple):
    """What can be said of a topic without subscribing to it."""

    name: str
    """The topic's name."""
    type: type
    """bool, int or float."""
    buffer_num: int
    """How many values stay readable."""
    published: int
    """Values published so far."""
    age: float | None
    """Seconds since the newest was published; None if there is none; inf if its time is another
    boot's."""
    rate: float | None
    """How often it is published, in Hz: that of the values it keeps, by their times. None if they
    are fewer than two or all of one batch, or if its publisher is gone."""
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
    uid: int
    """The user who owns it."""
    trusted: bool
    """Whether a Subscriber with the same `trust` reads it. If not, all this is its owner's word."""

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        from . import _html

        return _html.safely(lambda: _html.fields(self._asdict()), self)


_HEADING = ("topic", "type", "publisher", "published", "newest", "buffers")


class TopicTable(list[TopicInfo]):
    """Topics: a list that prints as a table, in a notebook as well."""

    __slots__ = ()

    def to_pandas(self) -> Any:
        """Return a pandas DataFrame with a row for each topic and a column for each field.

        `type` is the type's name and `created` a time in UTC. Raises ImportError where there is no
        pandas (the extra `notebook` brings it).
        """
        from ._extras import import_extra

        pandas = import_extra("pandas")
        frame = pandas.DataFrame.from_records(list(self), columns=TopicInfo._fields)
        frame["type"] = [topic.type.__name__ for topic in self]
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
                topic.type.__name__,
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


def state(topic: TopicInfo) -> str:
    """Return what there is to say of the topic's publisher."""
    if not topic.trusted:
        return f"of {user(topic.uid)}, not trusted"
    if topic.alive:
        return f"process {topic.pid}"
    return "retained" if topic.retain else "gone"


def age_text(topic: TopicInfo) -> str:
    """Return when the newest value was published."""
    return "-" if topic.age is None else f"{duration(topic.age)} ago"


def user(uid: int) -> str:
    """Name a user."""
    try:
        import pwd

        return f"user {pwd.getpwuid(uid).pw_name} ({uid})"
    except (ImportError, KeyError):
        return f"user {uid}"


_TYPES = {"bool": bool, "int": int, "float": float}

_NEVER = 2**63 - 1
"""Go's age, in ns, of a value whose time is another boot's."""


def names(directory: str | None = None, patterns: Sequence[str] = ()) -> list[str]:
    """Return the names of a directory's topics that patterns choose, sorted; all without patterns.

    No topic is opened: it takes a tenth of the time of topics(), and has unreadable ones too.
    """
    found: list[str] = call("List", path_to_go(check_directory(directory)))
    return matched(patterns, found)


def topics(
    *patterns: str,
    trust: int | str | Iterable[int | str] | None = None,
    directory: str | os.PathLike[str] | None = None,
) -> TopicTable:
    """Return the topics of a directory, sorted by name, those of dead publishers too.

    patterns are names, or shell patterns of names: "robot/*" is all below robot, as `*` matches
    slashes too. A name that is there is no pattern. Without patterns it is all topics. Nothing that
    matches is an empty list.

    The list prints as a table, and `.to_pandas()` makes a DataFrame of it.

    Topics that cannot be opened, such as another user's, are left out. Those that may be read and
    are not trusted are there, with `trusted` False: trust and directory are as for Subscriber.
    Raises OpenError where the directory cannot be read, TopicTypeError and TopicValueError for an
    impossible pattern, trust or directory.
    """
    wanted = [check_name(pattern) for pattern in patterns]
    found, trusted, where = TopicTable(), check_trust(trust), check_directory(directory)
    for name in names(where, wanted):
        try:
            found.append(inspect(name, trust=trusted, directory=where))
        except (OpenError, TopicNotFoundError):
            continue  # not ours to read, or gone since
    return found


def inspect(
    name: str,
    *,
    trust: int | str | Iterable[int | str] | None = None,
    directory: str | os.PathLike[str] | None = None,
) -> TopicInfo:
    """Return what the topic's file says, be it trusted or not.

    trust and directory are as for Subscriber. Raises TopicNotFoundError (a LookupError) where there
    is no such topic, OpenError (LayoutError for a damaged file), TopicTypeError and TopicValueError
    for an impossible name, trust or directory.
    """
    text, trusted = check_name(name), check_trust(trust)
    fields = call("Inspect", path_to_go(check_directory(directory)), text, trusted)
    fields["path"] = path_from_go(fields["path"])
    fields["type"] = _TYPES[fields["type"]]
    age = fields["age"]
    seconds = age / 1e9 if age < _NEVER else float("inf")
    fields["age"] = seconds if fields["published"] else None
    fields["rate"] = fields["rate"] or None
    fields["created"] /= 1e9
    return TopicInfo(**fields)


def remove(name: str, *, directory: str | os.PathLike[str] | None = None) -> None:
    """Delete what a dead publisher left of the topic, or a retained value.

    directory is as for Subscriber. Raises ExistsError (a RuntimeError) while its publisher lives,
    TopicNotFoundError (a LookupError) where there is nothing, OpenError, TopicTypeError and
    TopicValueError for an impossible name or directory. Whose it is does not matter if the kernel
    permits it.
    """
    what, where, go = check_name(name), check_directory(directory), load()
    try:
        go.bind_Remove(path_to_go(where), what)
    except RuntimeError as error:
        raise from_go(error) from None


def file_of(where: str, name: str) -> str:
    """Return the path of the topic's file in the directory, be it there or not."""
    try:
        path: str = load().bind_Path(path_to_go(where), name)
    except RuntimeError as error:
        raise from_go(error) from None
    return path_from_go(path)


def memory_room() -> tuple[int, int, str] | None:
    """Return how large a topic memory allows, the limit, and the cgroup's path or "", in bytes.

    None where no limit is known.
    """
    found = call("MemoryRoom")
    return found and (found["bytes"], found["limit"], path_from_go(found["where"]))


def strangers(names: Iterable[str], directory: str | None = None) -> Iterator[tuple[str, str]]:
    """Yield the topics that are there and not trusted, and the user whose each is.

    What belongs to this user or to root need not be opened to know.
    """
    where = check_directory(directory)
    for name in names:
        try:
            if os.lstat(file_of(where, name)).st_uid in (0, os.geteuid()):
                continue
            topic = inspect(name, directory=where)
        except (OSError, ShmError):
            continue  # gone since, or unreadable: then the error says whose it is
        if not topic.trusted:
            yield name, user(topic.uid)


def inspect_each(
    names: Iterable[str], directory: str | None = None
) -> Iterator[tuple[str, tuple[TopicInfo, None] | tuple[None, ShmError]]]:
    """Yield with each name what is known of the topic, or the error why it cannot be opened.

    Those that are gone by now are left out.
    """
    for name in names:
        try:
            yield name, (inspect(name, directory=directory), None)
        except TopicNotFoundError:
            continue
        except ShmError as error:
            yield name, (None, error)
