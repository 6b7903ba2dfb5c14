"""The peers, one row a module: each a library's own recommended and fastest way for small values.

    TITLE                   the row's name
    KIND                    "topic": named publish and subscribe; "state": one shared value;
                            "queue": a queue, a pipe or a channel in lock-step
    REQUIREMENTS            what pip installs; empty for the standard library and for ours
    BEFORE                  optional: what its reader says before the first value instead of None,
                            where the library cannot tell
    prepare() -> shared     optional: what both processes have to inherit; called before the fork

    publisher(topic, shared) -> publish(value)
    reader(topic, shared) -> read() -> the newest value or None, without waiting
    poller(topic, shared) -> poll() -> the next value not yet taken or None, without waiting
    receiver(topic, shared) -> receive() -> the next value; sleeps until there is one
    batch_publisher(topic, shared) -> publish_many(values), a list of up to BATCH
    batch_receiver(topic, shared) -> drain() -> all values not yet taken, a list
    small_publisher(topic, shared) -> publish(value), one of very many: it keeps few values
    other_type(topic, shared) -> publish(value), a publisher of ints on a topic of floats
    statements(topic, shared) -> {"publish": (statement, names), "read": ..., "poll": ...}
    close()                 tidies up what this process made

A function that is missing is something that the library does not have. Values are floats. All
publishers exist before the first reader is made. All import their library themselves: nothing of
it may run before the fork, unless in prepare().

A state has no messages: its poller compares with the value before, so each value published has to
differ from the one before it, and the first one from 0. Where a library has no batches, and takes
messages of any size, a batch is one message: batch_publisher and batch_receiver belong together.

statements are what a program writes in line, for calls so cheap that a function around them would
be most of what is measured. They use `value`, and the names they come with.
"""

import atexit
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

BATCH = 1000
"""The longest list that publish_many() is given."""

TOPICS = ("there", "back")


class Inherited(dict[str, Any]):
    """What prepare() makes for each topic. Other topics than TOPICS come into being when asked for,
    which has to be before the fork."""

    def __init__(self, make: Callable[[str], Any]) -> None:
        super().__init__({topic: make(topic) for topic in TOPICS})
        self._make, self._pid = make, os.getpid()

    def __missing__(self, topic: str) -> Any:
        if os.getpid() != self._pid:
            raise KeyError(f"{topic}: has to be asked for before the fork")
        return self.setdefault(topic, self._make(topic))


def room() -> int:
    """Values that a ring for batches has room for: some batches, and a power of 2."""
    return 1 << (4 * BATCH - 1).bit_length()


def subscribers(usual: int) -> int:
    """How many a topic may have, for libraries that have to be told and where more cost more."""
    return max(usual, int(os.environ.get("BENCHMARK_SUBSCRIBERS", "1")))


def mark() -> str:
    """What all names of this BENCHMARK_RUN begin with that are the whole machine's."""
    return f"bench_{os.environ['BENCHMARK_RUN']}_"


def name(module: str, topic: str) -> str:
    """Of a topic, for the adapter whose __name__ that is: others run beside it."""
    return f"{mark()}{module.rpartition('.')[2]}_{topic}_"


def remove_at_exit(name: str) -> None:
    """For a publisher whose library leaves its files: remove them at the end of this process."""
    if not _leaving:
        atexit.register(_remove, os.getpid())
    _leaving.add(name)


def sweep() -> None:
    """Remove what this BENCHMARK_RUN's processes left, however they ended."""
    remove_named(mark())


def remove_named(part: str) -> None:
    """Remove all files and folders with that in their names, where the libraries put them."""
    for path in _named(part):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with suppress(OSError):
                path.unlink()


def newest(poll: Callable[[], float | None]) -> Callable[[], float | None]:
    """Return a reader, where the library keeps the newest value only until it is taken."""
    found = None

    def read() -> float | None:
        nonlocal found
        value = poll()
        if value is not None:
            found = value
        return found

    return read


def none_if_empty(get: Callable[[], Any]) -> Callable[[], Any]:
    """Return a poller, of a queue that raises queue.Empty."""
    import queue  # noqa: PLC0415 - it brings threading, which is not to be every row's

    def poll() -> Any:
        try:
            return get()
        except queue.Empty:
            return None

    return poll


_leaving: set[str] = set()


def _named(part: str) -> list[Path]:
    folders = Path("/dev/shm"), Path("/tmp")
    return [path for folder in folders for path in folder.glob(f"*{part}*")]


def _remove(pid: int) -> None:
    if pid != os.getpid():  # a forked child's end
        return
    for path in _named(mark()):
        *words, _ = path.name[path.name.index(mark()) :].split("_")
        if any("_".join([*words[:count], ""]) in _leaving for count in range(1, len(words) + 1)):
            path.unlink(missing_ok=True)
