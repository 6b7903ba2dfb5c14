"""Publishes a recording's values, decoded in advance."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING

from .._publisher import Publisher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from .reader import Recording, Track, Value

AHEAD = 100
"""Batches that are decoded in advance, of at most BATCH values."""
BATCH = 1000


def looped_batches(
    recording: Recording, tracks: dict[int, Track], first: int, end: int, loop: bool
) -> Iterator[list[Value]]:
    """Yield the values in small batches; if loop, repeatedly, unless there are none."""
    shift = 0
    while True:
        some = False
        for values in recording.batches(tracks, first, end):
            some = some or bool(values)
            for start in range(0, len(values), BATCH):
                batch = values[start : start + BATCH]
                yield [v._replace(time_ns=v.time_ns + shift) for v in batch] if shift else batch
        if not (loop and some):
            return
        shift += end - first


class Prefetcher:
    """Decodes batches ahead of time, in a thread."""

    def __init__(self, batches: Iterator[list[Value]]) -> None:
        self._batches = batches
        # Not queue.Queue: a signal's exception may leave its lock held, for which close() waits.
        self._decoded: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._free: queue.SimpleQueue[None] = queue.SimpleQueue()
        for _ in range(AHEAD):
            self._free.put(None)
        self._closed = False
        self._thread = threading.Thread(target=self._decode, daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[list[Value]]:
        """Yield the batches, then raise the error of decoding, if any."""
        while (batch := self._decoded.get()) is not None:
            self._free.put(None)
            if isinstance(batch, Exception):
                raise batch
            yield batch

    def close(self) -> None:
        self._closed = True
        self._free.put(None)
        self._thread.join()

    def _decode(self) -> None:
        try:
            for batch in self._batches:
                self._free.get()
                if self._closed:
                    return
                self._decoded.put(batch)
            self._decoded.put(None)
        except Exception as error:
            self._decoded.put(error)


class Player:
    """The publishers of a recording's topics; some may have another name than in the recording.

    Raises ExistsError if a topic already has a live publisher.
    """

    def __init__(self, tracks: Mapping[int, Track], renamed: Mapping[str, str]) -> None:
        self.values = 0
        self.late = 0.0
        """The greatest delay of a value, in seconds."""
        self._tracks = tracks
        self._names = {t.topic: renamed.get(t.topic, t.topic) for t in tracks.values()}
        self._publishers: dict[str, Any] = {}
        self._playing: dict[str, int] = {}
        self._publish: dict[int, Callable[[Any], None]] = {}
        try:
            for channel in sorted(tracks):
                if tracks[channel].topic not in self._playing:
                    self._change_to(channel)
        except BaseException:
            self.close()
            raise

    def publish(self, channel: int, value: Any) -> None:
        """Publish a value; a new channel replaces the topic's publisher."""
        publish = self._publish.get(channel)
        if publish is None:
            self._change_to(channel)
            publish = self._publish[channel]
        publish(value)
        self.values += 1

    def _change_to(self, channel: int) -> None:
        topic, kind, buffer_num = self._tracks[channel]
        if topic in self._playing:
            del self._publish[self._playing[topic]]
            self._publishers[topic].close()
        publisher = self._publishers[topic] = Publisher(self._names[topic], kind(), buffer_num)
        self._publish[channel] = publisher.publish
        self._playing[topic] = channel

    def close(self) -> None:
        for publisher in self._publishers.values():
            publisher.close()

    @property
    def topics(self) -> int:
        """Number of topics that it publishes."""
        return len(self._publishers)
