"""A recording from the command line: its signals and keys, and what it prints."""

from __future__ import annotations

import math
import os
import signal
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shm_pub_sub._patterns import Selection
from shm_pub_sub._recording.parts import DiskFullError, Parts
from shm_pub_sub._recording.snapshot import Snapshots
from shm_pub_sub._text import counted, duration, size

from . import output
from .keys import Keys
from .notify import notify
from .output import EXIT_DONE, EXIT_FAILURE, EXIT_TIMEOUT, exit_code, print_json, report
from .progress import Progress
from .streams import on_signal, on_termination
from .topics import not_found_message

if TYPE_CHECKING:
    from collections.abc import Callable

    from shm_pub_sub._recording.receiver import Receiver
    from shm_pub_sub._recording.recorder import Recorder, Sink


PATIENCE = 1.0
"""Seconds after which a second signal ends it at once, even with an incomplete file. The first
may come twice: `timeout` sends it to the program and to its group."""
KEY = "s"
"""Writes a snapshot."""


class Session:
    """Runs a recorder until its end, or until a signal ends it."""

    def __init__(self, receiver: Receiver, path: Path, json: bool) -> None:
        self.path = path
        self.parts: Parts | None = None
        self._receiver, self._json = receiver, json
        self._progress = Progress()
        self._asked = math.inf  # the time of the first signal
        self._is_ready = False
        self._noun = "part"  # what a file is, if there may be several

    def log(self, text: str) -> None:
        """Print a line, beside the progress."""
        self._progress.end()
        output.log(text)

    def record(self, recorder: Recorder, sink: Sink) -> int:
        """Record, print what came of it, and return the exit code."""
        snapshots = sink if isinstance(sink, Snapshots) else None
        self._noun = "part" if snapshots is None else "snapshot"
        failed = False
        with ExitStack() as stack:
            signal.signal(signal.SIGINT, self._end)
            on_termination(self._end)
            keys = stack.enter_context(Keys()) if snapshots else None
            if snapshots is not None:
                stack.enter_context(on_signal(signal.SIGUSR1, _trigger(snapshots)))
            self._begin(snapshots, keys)
            try:
                recorder.record(lambda: self._show(recorder, snapshots, keys))
            except DiskFullError as error:
                self.log(str(error))
                failed = True
            except OSError as error:
                self.log(f"{error.filename or self.path}: {error.strerror or error}")
                failed = True
            finally:
                self._progress.end()
                notify("STOPPING=1")
                sink.close()
                if self._receiver.error is not None:
                    self.log("the file has the values before this error")
        return self._report(recorder.summary(), failed)

    def _begin(self, snapshots: Snapshots | None, keys: Keys | None) -> None:
        assert self.parts is not None
        names = f"{self.parts.first_path}{', ...' if self.parts.split else ''}"
        if snapshots is None:
            self.log(f"recording to {names}; Ctrl-C ends it")
            return
        key = f" or the key {KEY}" if keys is not None and keys.available else ""
        self.log(
            f"keeping the last {duration(snapshots.span_ns / 1e9)} in memory; `kill -USR1 "
            f"{os.getpid()}`{key} writes them to {names}; Ctrl-C ends it"
        )

    def _end(self, number: int, _frame: object) -> None:
        self._receiver.stop = True
        now = time.monotonic()
        if now > self._asked + PATIENCE:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        self._asked = min(self._asked, now)

    def _show(self, recorder: Recorder, snapshots: Snapshots | None, keys: Keys | None) -> None:
        """Print what is new; called a few times a second."""
        if not self._is_ready and self._receiver.ready.is_set():
            self._is_ready = True
            notify("READY=1", f"STATUS=recording to {self.path}")
        if snapshots is not None and keys is not None and KEY in keys.pressed():
            snapshots.trigger(time.monotonic_ns(), f"key {KEY}")
        if self._receiver.left_out.has_news:
            self._progress.end()
            report(self._receiver.left_out)
        while not self._receiver.recorded_again.empty():
            self.log(f"{self._receiver.recorded_again.get()} is now recorded")
        while not recorder.steps.empty():
            self.log(f"{recorder.steps.get()}")
        if self._progress.due():
            summary = recorder.summary()
            self._progress.show(
                self._figures(summary, f"{summary['seconds']:.1f} s")
                if snapshots is None
                else f"{duration(snapshots.kept_ns / 1e9)} kept, {size(snapshots.memory.nbytes)}"
            )

    def _report(self, summary: dict[str, Any], failed: bool) -> int:
        parts = self.parts
        assert parts is not None
        if not parts.split and not self.path.exists():
            self.log(f"{self.path} was moved during the recording")
        missing = self._receiver.unmatched()
        for word in missing:
            self.log(not_found_message(word))
        if self._json:
            files = {"files": [*map(str, parts.kept)], "removed": parts.removed}
            print_json({"file": str(self.path)} | (files if parts.split else {}) | summary)
        else:
            self.log(self._figures(summary, duration(summary["seconds"])))
            for name, figures in summary["topics"].items():
                if lost := figures["lost"]:
                    # Of what a snapshot's memory received, most was not to be written.
                    of = f" of {lost + figures['values']}" if self._noun == "part" else ""
                    self.log(f"{name}: lost {lost}{of}")
            if slow := self._receiver.lost_to_memory:
                self.log(
                    f"{counted(slow, 'value')} of those because the file was written too slowly; a "
                    "faster disk, fewer topics (--exclude) or more --memory helps"
                )
        if failed or exit_code(self._receiver.left_out):
            return EXIT_FAILURE
        return EXIT_TIMEOUT if Selection(missing).names else EXIT_DONE

    def _figures(self, summary: dict[str, Any], seconds: str) -> str:
        assert self.parts is not None
        left_out = len(summary["left_out"])
        more = f", {counted(left_out, 'topic')} left out" if left_out else ""
        files = ""
        if self.parts.split:
            files = f" in {counted(self.parts.count, self._noun)}"
            if self.parts.removed:
                files += f", of which {self.parts.removed} were removed"
        return (
            f"{seconds}, {counted(summary['values'], 'value')} of "
            f"{counted(len(summary['topics']), 'topic')}, {summary['lost']} lost{more}, "
            f"{size(summary['bytes'])}{files}"
        )


def _trigger(snapshots: Snapshots) -> Callable[[int, object], None]:
    def trigger(_number: int, _frame: object) -> None:
        snapshots.trigger(time.monotonic_ns(), "SIGUSR1")

    return trigger
