"""`record`: write every value of topics to an MCAP file, with its time of publication."""

from __future__ import annotations

import math
import os
import queue
import signal
import sys
import time
from pathlib import Path

from shm_pub_sub._recording import mcap_format
from shm_pub_sub._recording.mcap_format import RecordingError
from shm_pub_sub._recording.receiver import Receiver

from ..arguments import add_option
from ..output import EXIT_USAGE, counted, duration, exit_code, log, print_json, report
from ..progress import INTERVAL, Progress
from ..streams import on_termination
from ..topics import ALL, add_topics, names, not_found_message

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from shm_pub_sub._recording.mcap_writer import McapWriter
    from shm_pub_sub._recording.receiver import Source

COMPRESSIONS = ["zstd", "lz4", "none"]
MOST_CHANNELS = 0xFFFF
FLUSH = 1.0
"""Seconds after which a value is in the file, even if this process is killed."""
PATIENCE = 1.0
"""Seconds after which a second signal ends it at once, even with an incomplete file. The first
may come twice: `timeout` sends it to the program and to its group."""
GIL_SWITCH_INTERVAL = 0.0005
"""Seconds that a thread may hold the GIL: sys.setswitchinterval()."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_topics(parser, f"{ALL}, including those that appear later")
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=Path,
        help="the file (default: shm_DATE_TIME.mcap)",
    )
    add_option(parser, "duration", "exit after SECONDS (default: until Ctrl-C)", math.inf)
    add_option(parser, "count", "exit after N values, of all topics together")
    parser.add_argument("--compression", choices=COMPRESSIONS, default="zstd", help="default: zstd")
    parser.add_argument("--force", action="store_true", help="overwrite FILE")


def run(options: argparse.Namespace) -> int:
    """Record until the duration, the number of values or a signal ends it."""
    mcap_format.check_installed()
    from shm_pub_sub._recording.mcap_writer import McapWriter

    names()  # raises OpenError before a file is overwritten
    path = options.output or Path(time.strftime("shm_%Y-%m-%d_%H-%M-%S.mcap"))
    try:
        writer = McapWriter(path, options.compression, options.force)
    except FileExistsError:
        log(f"record {str(path)!r}: found an existing file; pass another name or --force")
        return EXIT_USAGE
    sys.setswitchinterval(GIL_SWITCH_INTERVAL)
    receiver = Receiver(options.topics, options.duration)

    asked = math.inf  # the time of the first signal

    def end(number: int, _frame: object) -> None:
        nonlocal asked
        receiver.stop = True
        now = time.monotonic()
        if now > asked + PATIENCE:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        asked = min(asked, now)

    signal.signal(signal.SIGINT, end)
    on_termination(end)
    recorder = Recorder(receiver, writer, options.count or sys.maxsize)
    log(f"recording to {path}; Ctrl-C ends it")
    try:
        try:
            recorder.record()
        finally:
            recorder.progress.end()
            writer.close()
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise
    if not path.exists():
        log(f"{path} was moved during the recording")
    for pattern in receiver.unmatched():
        log(not_found_message(pattern))
    if options.format == "json":
        print_json({"file": str(path)} | recorder.summary())
    else:
        recorder.report()
    return exit_code(receiver.left_out)


class Recorder:
    """Writes the values of a Receiver to a file."""

    def __init__(self, receiver: Receiver, writer: McapWriter, most: int) -> None:
        self._receiver = receiver
        self._writer = writer
        self._left = most
        self._values: dict[str, int] = {}
        self._schemas: dict[type, int] = {}
        self._channels: dict[Source, int] = {}
        self._newest_channel: dict[tuple[str, type], int] = {}
        self._lost_written: dict[str, int] = {}
        self._left_out_written: dict[str, str] = {}
        self._start = time.monotonic_ns()
        self._offset = time.time_ns() - self._start
        self._seconds = 0.0
        self.progress = Progress()

    def record(self) -> None:
        """Write all values until the receiver ends, and finish the file."""
        self._writer.add_metadata(
            mcap_format.CLOCK, {"epoch_minus_monotonic_ns": str(self._offset)}
        )
        self._receiver.start()
        try:
            self._write_all()
        finally:
            self._receiver.stop = True
            self._receiver.join()
            self._report()
        if self._receiver.error is not None:
            log("the file has the values before this error")
            self._finish()
            raise self._receiver.error
        self._finish()

    def _write_all(self) -> None:
        flush_at = 0.0
        while self._left > 0:
            try:
                batch = self._receiver.batches.get(timeout=INTERVAL)
            except queue.Empty:
                batch = []
            self._report()
            if batch is None:
                return
            if batch:
                self._write(batch[: self._left])
                self._receiver.written += len(batch)
            now = time.monotonic()
            if now >= flush_at:
                self._write_lost(every_topic=False)
                self._write_left_out()
                self._writer.flush()
                self._check_file()
                flush_at = now + FLUSH / 2
            if self.progress.due():
                self.progress.show(self._figures(f"{self._elapsed():.1f} s"))

    def _report(self) -> None:
        report(self._receiver.left_out)
        while not self._receiver.recorded_again.empty():
            log(f"{self._receiver.recorded_again.get()} is now recorded")

    def _write(self, batch: list[tuple[Source, int, int, Any]]) -> None:
        channels, add, encode = self._channels, self._writer.add_message, mcap_format.encode
        start, offset = self._start, self._offset
        for source, sequence, time_ns, value in batch:
            channel = channels.get(source) or self._add_channel(source)
            published = time_ns + offset
            # Values from before the recording are logged at its start.
            logged = published if time_ns >= start else start + offset
            add(channel, sequence, logged, published, encode(value))
            self._values[source.name] += 1
        self._left -= len(batch)

    def _add_channel(self, source: Source) -> int:
        name, kind, info = source.name, source.type, source.info
        self._values.setdefault(name, 0)
        if len(self._channels) >= MOST_CHANNELS and (name, kind) in self._newest_channel:
            # A file has no more channels: this publisher shares the one before.
            return self._newest_channel[name, kind]
        if kind not in self._schemas:
            self._schemas[kind] = self._writer.add_schema(
                mcap_format.schema_name(kind), mcap_format.SCHEMA_ENCODING, mcap_format.schema(kind)
            )
        metadata = {"type": kind.__name__}
        if info is not None:
            metadata |= {"buffer_num": str(info.buffer_num), "publisher_pid": str(info.pid)}
        channel = self._writer.add_channel(
            name, mcap_format.MESSAGE_ENCODING, self._schemas[kind], metadata
        )
        self._channels[source] = self._newest_channel[name, kind] = channel
        return channel

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

    def _finish(self) -> None:
        self._write_lost(every_topic=True)
        self._write_left_out()
        self._check_file()
        self._writer.finish()
        self._seconds = self._elapsed()

    def summary(self) -> dict[str, object]:
        """Return the recording's figures, for JSON."""
        lost = self._receiver.lost
        return {
            "seconds": self._seconds,
            "values": sum(self._values.values()),
            "lost": sum(lost.values()),
            "bytes": self._writer.nbytes,
            "topics": {
                name: {"values": self._values.get(name, 0), "lost": lost[name]}
                for name in sorted(lost)
            },
            "unmatched": self._receiver.unmatched(),
            "left_out": dict(sorted(self._receiver.left_out.reasons.items())),
        }

    def report(self) -> None:
        """Log the recording's figures, and the topics with lost values."""
        lost = self._receiver.lost
        log(f"{self._figures(duration(self._seconds))}")
        for name in sorted(lost):
            if lost[name]:
                of = lost[name] + self._values.get(name, 0)
                log(f"{name}: lost {lost[name]} of {of}")

    def _figures(self, seconds: str) -> str:
        values, lost = sum(self._values.values()), sum(dict(self._receiver.lost).values())
        of = counted(len(self._receiver.lost), "topic")
        left_out = len(self._receiver.left_out.reasons)
        more = f", {counted(left_out, 'topic')} left out" if left_out else ""
        return (
            f"{seconds}, {counted(values, 'value')} of {of}, {lost} lost{more}, "
            f"{self._writer.nbytes} bytes"
        )

    def _elapsed(self) -> float:
        return (time.monotonic_ns() - self._start) / 1e9
