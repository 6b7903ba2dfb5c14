"""Publishes a recording's values, decoded in advance."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING

from .._raw import raw_publisher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from .reader import Recording
    from .tracks import Track, Value

AHEAD = 100
"""Batches that are decoded in advance."""
AHEAD_BYTES = 1 << 26
"""Most bytes of values that are decoded in advance, but for one batch."""
EACH = 200
"""Bytes that a value takes besides its own."""


def looped_batches(
    recording: Recording, tracks: Mapping[int, Track], first: int, end: int, loop: bool
) -> Iterator[list[Value]]:
    """Yield the values in batches; if loop, repeatedly, unless there are none."""
    shift = 0
    while True:
        some = False
        for batch in recording.batches(tracks, first, end):
            some = True
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
        self._taken: queue.SimpleQueue[int] = queue.SimpleQueue()  # sizes
        self._closed = False
        self._thread = threading.Thread(target=self._decode, daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[list[Value]]:
        """Yield the batches, then raise the error of decoding, if any."""
        while (item := self._decoded.get()) is not None:
            if isinstance(item, Exception):
                raise item
            batch, size = item
            del item
            yield batch
            del batch  # its values may pin chunks
            self._taken.put(size)

    def close(self) -> None:
        self._closed = True
        self._taken.put(0)
        self._thread.join()

    def _decode(self) -> None:
        count = ahead = 0
        try:
            for batch in self._batches:
                size = sum(map(_size, batch))
                while count and (count >= AHEAD or ahead + size > AHEAD_BYTES):
                    ahead -= self._taken.get()
                    count -= 1
                    if self._closed:
                        return
                self._decoded.put((batch, size))
                del batch
                count, ahead = count + 1, ahead + size
                if self._closed:
                    return
            self._decoded.put(None)
        except Exception as error:
            self._decoded.put(error)


def _size(value: Value) -> int:
    found = value.value
    return EACH if isinstance(found, (int, float)) else EACH + len(found)


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
        track = self._tracks[channel]
        topic = track.topic
        if topic in self._playing:
            del self._publish[self._playing[topic]]
            self._publishers[topic].close()
        publisher = self._publishers[topic] = raw_publisher(
            self._names[topic],
            track.descriptor,
            track.buffer_num,
            metadata=track.metadata,
            retain=track.retain,
            views=track.views,
            loans=track.loans,
        )
        self._publish[channel] = publisher._publish_raw
        self._playing[topic] = channel

    def close(self) -> None:
        for publisher in self._publishers.values():
            publisher.close()

    @property
    def topics(self) -> int:
        """Number of topics that it publishes."""
        return len(self._publishers)
