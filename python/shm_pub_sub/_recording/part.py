"""One file of a recording: whole by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._errors import RecordingError
from . import mcap_format
from .encoder import Encoder, Times

if TYPE_CHECKING:
    from .clock import Offsets, Step
    from .mcap_writer import McapWriter

SMALL = 1 << 16
"""Bytes that a part may lack when it is full."""


class Part:
    """Writes values, and what is to be known of them, to a file.

    Args:
        writer: Of the file.
        about: Its metadata record RECORDING.
        offsets: Of its first values.
    """

    def __init__(self, writer: McapWriter, about: Mapping[str, str], offsets: Offsets) -> None:
        self._writer = writer
        self._encoder = Encoder(writer)
        self._noted: dict[str, dict[str, str]] = {}
        writer.add_metadata(mcap_format.RECORDING, about)
        writer.add_metadata(mcap_format.CLOCK, offsets.metadata())

    @property
    def values(self) -> dict[str, int]:
        """The number of values by topic."""
        return self._encoder.values

    @property
    def nbytes(self) -> int:
        """Bytes written so far."""
        return self._writer.nbytes

    @property
    def path(self) -> Path:
        return self._writer.path

    def is_full(self, nbytes: int) -> bool:
        """Report whether it has values, and would have so many bytes if it were finished now."""
        if not self.values:
            return False
        # A message's index is at most half as large as the message.
        waiting = self._writer.waiting * 3 // 2 + self._writer.summary_nbytes
        if self.nbytes + waiting < nbytes:
            return False
        if self._writer.waiting < SMALL:
            return True
        self._writer.flush()  # compressed it may be much less
        return self.nbytes + self._writer.summary_nbytes + SMALL >= nbytes

    def add(self, batch: Sequence[Any], offsets: Offsets, start_ns: int) -> None:
        """Write values; those from before start_ns are logged as of then. Raises OSError."""
        self._encoder.add(batch, Times(start_ns, offsets.publish, offsets.log))

    def step(self, step: Step) -> None:
        """Note that the clock was set."""
        self._writer.add_metadata(mcap_format.CLOCK, step.metadata())

    def note(self, lost: Mapping[str, int], left_out: Mapping[str, str]) -> None:
        """Note how many values were lost, and which topics were left out, if that has changed."""
        counts = {topic: str(number) for topic, number in lost.items()}
        for name, found in ((mcap_format.LOST, counts), (mcap_format.LEFT_OUT, dict(left_out))):
            if found != self._noted.get(name, {}):
                self._noted[name] = found
                self._writer.add_metadata(name, found)

    def note_repeats(self, counts: Mapping[int, int]) -> None:
        """Note how many values of each publisher are in the part before, too."""
        if counts:
            found = {str(number): str(count) for number, count in counts.items()}
            self._writer.add_metadata(mcap_format.REPEATS, found)

    def flush(self) -> None:
        """Have everything in the file, even if this process is killed.

        Raises OSError; RecordingError if the file was removed or truncated.
        """
        self._writer.flush()
        if damage := self._writer.damage:
            raise RecordingError(
                f"record {str(self._writer.path)!r}: the file was {damage} during the "
                "recording, which is lost"
            )

    def finish(self) -> None:
        """Write the summary, and close the file; as flush()."""
        self.flush()
        self._writer.finish()

    def close(self) -> None:
        """Close the file without a summary."""
        self._writer.close()
