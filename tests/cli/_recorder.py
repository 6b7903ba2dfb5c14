"""A recorder in this process, whose clocks and whose values are the test's."""

import math
import queue
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import shm_pub_sub

pytest.importorskip("mcap")
from mcap.reader import make_reader
from shm_pub_sub._left_out import LeftOut
from shm_pub_sub._recording.clock import Clock, Reading
from shm_pub_sub._recording.receiver import Receiver
from shm_pub_sub._recording.recorder import Recorder, Sink

SECOND = 10**9
START = 1_800_000_000 * SECOND  # in 2027
BOOTED = 1000 * SECOND


class Clocks:
    """Clocks that go on only when the test moves them."""

    def __init__(self) -> None:
        self.monotonic = self.boottime = BOOTED
        self.epoch = START
        self.width = 0
        self.clock = Clock(self.read)

    def read(self) -> Reading:
        return Reading(self.monotonic, self.epoch, self.boottime, self.width)

    def run(self, seconds: float) -> None:
        """Let time pass."""
        passed = round(seconds * SECOND)
        self.monotonic += passed
        self.boottime += passed
        self.epoch += passed

    def set(self, seconds: float) -> None:
        """Set the clock forward, or back."""
        self.epoch += round(seconds * SECOND)

    def suspend(self, seconds: float) -> None:
        self.epoch += round(seconds * SECOND)
        self.boottime += round(seconds * SECOND)


class Fed:
    """A Receiver that the test feeds with batches."""

    def __init__(self) -> None:
        self.batches: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.lost: dict[str, int] = {}
        self.lost_to_memory = 0
        self.left_out = LeftOut()
        self.lost_to_memory = 0
        self.error = None
        self.stop = False

    def feed(self, batch: Any) -> None:
        self.batches.put(batch)

    def mark(self, mark: Any) -> None:
        self.batches.put(mark)

    def done(self, batch: Any) -> None:
        batch.clear()

    def start(self) -> None:
        pass

    def join(self) -> None:
        pass

    def unmatched(self) -> list[str]:
        return []


class Made:
    """A recorder of one topic, which a test feeds with values; its sink is the subclass's."""

    recorder: Recorder

    def __init__(self, path: Path) -> None:
        self.path, self.clocks, self.receiver = path, Clocks(), Fed()
        with shm_pub_sub.Publisher("speed", 0.0) as speed:
            self.topic = source_of(speed, 0.0)

    def feed(self, step: Callable[[], Any]) -> None:
        """Record what the steps return, each when the one before is recorded; None ends it."""

        def each() -> None:
            if self.receiver.batches.empty():
                self.receiver.feed(step())

        self.receiver.feed([])
        self.recorder.record(each)


def source_of(publisher: Any, value: Any) -> Any:
    """Publish a value; return the source that a Receiver makes of the publisher."""
    publisher.publish(value)
    receiver = Receiver([publisher.name], math.inf)
    receiver.start()
    batch = receiver.batches.get(timeout=30)
    receiver.stop = True
    receiver.join()
    return batch[0][0]


def recorder_of(receiver: Any, sink: Sink, clocks: Clocks) -> Recorder:
    return Recorder(receiver, sink, clocks.clock, 1 << 60)


def values(topic: Any, times: Sequence[int], first: int = 1) -> list[Any]:
    """Return a batch of one topic; a value is its own time, in seconds since the boot."""
    return [(topic, first + n, time_ns, time_ns / SECOND) for n, time_ns in enumerate(times)]


def notes(path: Path, name: str) -> list[dict[str, str]]:
    """Return a file's metadata records of that name."""
    with path.open("rb") as file:
        reader = make_reader(file, validate_crcs=True)
        return [r.metadata for r in reader.iter_metadata() if r.name == f"shm_pub_sub.{name}"]


def messages(path: Path) -> list[Any]:
    """Return the file's messages in the order of log_time; the summary counts them."""
    with path.open("rb") as file:
        reader = make_reader(file, validate_crcs=True)
        found = [message for _, _, message in reader.iter_messages()]
        summary = reader.get_summary()
    assert summary is not None
    assert summary.statistics is not None
    assert summary.statistics.message_count == len(found)
    return found


def count(path: Path) -> int:
    """Return how many values the reader says there are, without reading them."""
    from shm_pub_sub._recording.reader import Recording  # noqa: PLC0415

    recording = Recording(path)
    try:
        return sum(recording.counts.values())
    finally:
        recording.close()


def played(path: Path) -> list[tuple[int, int, Any]]:
    """Return log_time, publish_time and value of what `play` would publish."""
    from shm_pub_sub._recording.reader import Recording  # noqa: PLC0415

    recording = Recording(path)
    try:
        return [
            (value.time_ns, value.publish_ns, value.value)
            for batch in recording.batches(recording.tracks, 0, recording.end_ns + 1)
            for value in batch
        ]
    finally:
        recording.close()
