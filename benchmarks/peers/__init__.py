"""The peers, one row per module: each library's recommended, fastest way for small values.

    TITLE                   the row's name
    KIND                    "topic": named publish and subscribe; "state": one shared value;
                            "queue": a queue, a pipe or a channel in lock-step
    REQUIREMENTS            for pip; empty for the standard library and for ours
    IMPORTS                 the statements that import the library
    BEFORE                  optional: what its reader returns before the first value instead of
                            None, if the library cannot tell
    prepare() -> shared     optional: what both processes must inherit; called before the fork

    publisher(topic, shared) -> publish(value)
    reader(topic, shared) -> read() -> the latest value or None, without waiting
    poller(topic, shared) -> poll() -> the next unread value or None, without waiting
    receiver(topic, shared) -> receive() -> the next unread value; sleeps until there is one
    batch_publisher(topic, shared) -> publish_many(values), a list of up to BATCH
    batch_receiver(topic, shared) -> drain() -> a list of all unread values
    small_publisher(topic, shared) -> publish(value) that keeps few values, for many topics
    other_type(topic, shared) -> publish(value) of ints, on a topic of floats
    statements(topic, shared) -> {"publish": (statement, names), "read": ..., "poll": ...}
    array_prepare(like) -> shared       optional: in place of prepare(), for the next three
    array_publisher(topic, shared, like) -> publish(array)
    array_poller(topic, shared, like) -> poll(into) -> the next unread array or None
    array_viewer(topic, shared, like) -> view() -> the same, but in the library's own memory
    close()                 cleans up what this process made

A missing function is something that the library cannot do. Values are floats. All publishers exist
before the first reader is made. The functions import the library: none of it may run before the
fork, except in prepare().

A state has no messages: its poller compares with the previous value, so consecutive values must
differ, and the first one must not be 0. If a library takes messages of any size but has no
batches, a batch is one message, of a batch_publisher for a batch_receiver.

like is a numpy array of one dimension; all that are published have its shape and dtype. What poll()
returns belongs to the caller: it is `into` if the library can fill an array, or a new one. A view()
is valid until the next. A topic keeps buffers() arrays, if that can be chosen.

statements are what a program would write in line, for calls so cheap that a function around them
would be most of what is measured. They use `value`, and the names they come with.
"""

import atexit
import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

BATCH = 1000
"""The longest list that publish_many() is given."""

TOPICS = ("there", "back")


class Inherited(dict[str, Any]):
    """What prepare() makes per topic; topics not in TOPICS are made on request, before the fork."""

    def __init__(self, make: Callable[[str], Any]) -> None:
        super().__init__({topic: make(topic) for topic in TOPICS})
        self._make, self._pid = make, os.getpid()

    def __missing__(self, topic: str) -> Any:
        if os.getpid() != self._pid:
            raise KeyError(f"{topic}: request it before the fork")
        return self.setdefault(topic, self._make(topic))


def room() -> int:
    """Return the capacity of a ring for some batches, a power of 2."""
    return 1 << (4 * BATCH - 1).bit_length()


def subscribers(usual: int) -> int:
    """Return how many a topic may have, for libraries with a limit that costs something."""
    return max(usual, int(os.environ.get("BENCHMARK_SUBSCRIBERS", "1")))


def buffers() -> int:
    """Return how many arrays a topic keeps."""
    return int(os.environ.get("BENCHMARK_BUFFERS", "3"))


def mark() -> str:
    """Return the prefix of all machine-wide names of this BENCHMARK_RUN."""
    return f"bench_{os.environ['BENCHMARK_RUN']}_"


def name(module: str, topic: str) -> str:
    """Return the machine-wide name of a topic; module is the adapter's __name__."""
    return f"{mark()}{module.rpartition('.')[2]}_{topic}_"


def remove_at_exit(name: str) -> None:
    """Remove the files that a publisher's library leaves, when this process exits."""
    if not _leaving:
        atexit.register(_remove, os.getpid())
    _leaving.add(name)


def remove_named(part: str) -> None:
    """Remove all files and folders with that in their names from /dev/shm and /tmp."""
    for path in _named(part):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with suppress(OSError):
                path.unlink()


def sweep(pattern: str) -> None:
    """Remove the files in /dev/shm whose processes were killed, for libraries that never do.

    Their names are random; those that are mapped are in use.
    """
    mapped = mapped_files("[0-9]*")
    for path in Path("/dev/shm").glob(pattern):
        with suppress(OSError):
            status = path.stat()
            aged = time.time() - status.st_mtime > 2  # a new one is mapped in a moment
            if status.st_uid == os.getuid() and aged and str(path) not in mapped:
                path.unlink()


def mapped_files(processes: str) -> set[str]:
    """Return the paths that processes, a pattern below /proc, have mapped."""
    found: set[str] = set()
    for maps in Path("/proc").glob(f"{processes}/maps"):
        with suppress(OSError):
            found.update(line.split()[-1] for line in maps.read_text().splitlines())
    return found


def newest(poll: Callable[[], float | None]) -> Callable[[], float | None]:
    """Return a reader, for libraries that keep the latest value only until it is taken."""
    found = None

    def read() -> float | None:
        nonlocal found
        value = poll()
        if value is not None:
            found = value
        return found

    return read


def none_if_empty(get: Callable[[], Any]) -> Callable[[], Any]:
    """Return a poller, for a queue that raises queue.Empty."""
    import queue  # noqa: PLC0415 - imports threading, which would count for every row

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
