"""Writing the values that a Receiver takes to an MCAP file."""

from __future__ import annotations

import queue
import time
from typing import TYPE_CHECKING, Any

from . import mcap_format
from .encoder import Encoder, Times
from .mcap_format import RecordingError

if TYPE_CHECKING:
    from collections.abc import Callable

    from .mcap_writer import McapWriter
    from .receiver import Receiver

FLUSH = 1.0
"""Seconds after which a value is in the file, even if this process is killed."""
INTERVAL = 0.2
"""Seconds between two calls of record()'s function, at most."""


class Recorder:
    """Writes the values of a Receiver to a file, at most so many of them."""

    def __init__(self, receiver: Receiver, writer: McapWriter, most: int) -> None:
        self._receiver = receiver
        self._writer = writer
        self._encoder = Encoder(writer)
        self._left = most
        self._lost_written: dict[str, int] = {}
        self._left_out_written: dict[str, str] = {}
        start = time.monotonic_ns()
        offset = time.time_ns() - start
        self._times = Times(start, offset, offset)

    def record(self, each: Callable[[], object]) -> None:
        """Write all values until the receiver ends, and finish the file; call `each` meanwhile.

        Raises the receiver's error, and RecordingError or OSError if the file cannot be written.
        """
        offset = str(self._times.publish_offset)
        self._writer.add_metadata(mcap_format.CLOCK, {"epoch_minus_monotonic_ns": offset})
        self._receiver.start()
        try:
            self._write_all(each)
        finally:
            self._receiver.stop = True
            self._receiver.join()
            each()
        self._write_lost(every_topic=True)
        self._write_left_out()
        self._check_file()
        self._writer.finish()
        if self._receiver.error is not None:
            raise self._receiver.error

    def summary(self) -> dict[str, Any]:
        """Return the figures of the recording so far, for JSON."""
        lost, values = dict(self._receiver.lost), self._encoder.values
        return {
            "seconds": (time.monotonic_ns() - self._times.start) / 1e9,
            "values": sum(values.values()),
            "lost": sum(lost.values()),
            "bytes": self._writer.nbytes,
            "topics": {
                name: {"values": values.get(name, 0), "lost": lost[name]} for name in sorted(lost)
            },
            "unmatched": self._receiver.unmatched(),
            "left_out": dict(sorted(self._receiver.left_out.reasons.items())),
        }

    def _write_all(self, each: Callable[[], object]) -> None:
        flush_at = 0.0
        while self._left > 0:
            try:
                batch = self._receiver.batches.get(timeout=INTERVAL)
            except queue.Empty:
                batch = []
            if batch is None:
                return
            if batch:
                if len(batch) > self._left:
                    batch = batch[: self._left]
                self._encoder.add(batch, self._times)
                self._left -= len(batch)
                self._receiver.done(batch)
            now = time.monotonic()
            if now >= flush_at:
                self._write_lost(every_topic=False)
                self._write_left_out()
                self._writer.flush()
                self._check_file()
                flush_at = now + FLUSH / 2
            each()

    def _write_lost(self, every_topic: bool) -> None:
        lost = {t: n for t, n in dict(self._receiver.lost).items() if n or every_topic}
        if every_topic or lost != self._lost_written:
            self._lost_written = lost
            self._writer.add_metadata(mcap_format.LOST, {t: str(n) for t, n in lost.items()})

    def _write_left_out(self) -> None:
        left_out = self._receiver.left_out.reasons.copy()
        if left_out != self._left_out_written:
            self._left_out_written = left_out
            self._writer.add_metadata(mcap_format.LEFT_OUT, left_out)

    def _check_file(self) -> None:
        """Raise RecordingError if the file was removed or truncated."""
        if damage := self._writer.damage:
            raise RecordingError(
                f"record {str(self._writer.path)!r}: the file was {damage} during the "
                "recording; expected it to stay; the recording is lost"
            )
