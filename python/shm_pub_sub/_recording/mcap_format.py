"""What an MCAP file has beside its messages: metadata records.

MCAP: https://mcap.dev/spec. Each publisher of a topic is a channel, whose messages and metadata are
those of _messages. Times are those of publication, in nanoseconds since the epoch.
"""

from __future__ import annotations

from .._errors import RecordingError
from .._extras import EXTRAS, install

INSTALL = install(EXTRAS["record"])

MAGIC = b"\x89MCAP0\r\n"
"""At the start and the end of a file."""

CLOCK = "shm_pub_sub.clock"
"""Metadata record: epoch_minus_monotonic_ns, added to the times of CLOCK_MONOTONIC."""
LOST = "shm_pub_sub.lost"
"""Metadata record: number of values lost per topic. The last one in the file counts."""
LEFT_OUT = "shm_pub_sub.left_out"
"""Metadata record: topics that could not be recorded, with the reason. The last one counts."""

REPEATS = "shm_pub_sub.repeats"
"""Metadata record: number of values up to repeats_until, by the `source` of their channels."""
RECORDING = "shm_pub_sub.recording"
"""Metadata record: the id of the recording, the number of this part, the file of the previous
one. repeats_until: messages with a publish_time up to this are in the previous one, too."""


def check_installed() -> None:
    """Raise RecordingError if the mcap package is not installed."""
    try:
        import mcap  # noqa: F401 - the extra [record]
    except ImportError:
        raise RecordingError(f"recordings need the package mcap; {INSTALL}") from None
