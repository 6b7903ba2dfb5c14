"""Keeps the last seconds in memory, and writes them to a file when something has happened."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from .._text import counted, duration, size
from .part import Part
from .receiver import Mark

if TYPE_CHECKING:
    from .clock import Clock, Step
    from .memory import Kept, Memory
    from .parts import Parts
    from .receiver import Receiver
    from .taken import Source
    from .when import When

OLDEST = -(1 << 62)
LATE_NS = 500_000_000
"""A value that arrives so late may still trigger a snapshot of all that is before it."""


class Trigger(NamedTuple):
    """What a snapshot is written for."""

    time_ns: int
    """CLOCK_MONOTONIC; a value published then is the last one in the snapshot."""
    why: str


class Snapshots:
    """Writes the values of the last seconds before each trigger, to a file for each.

    They are written in a thread; meanwhile the memory goes on. One further trigger waits for that,
    more are ignored.

    Args:
        note: Called in the main thread with a line about each snapshot.
        conditions: What triggers a snapshot besides trigger().
    """

    def __init__(
        self,
        parts: Parts,
        receiver: Receiver,
        clock: Clock,
        memory: Memory,
        span_ns: int,
        note: Callable[[str], object],
        conditions: Sequence[When] = (),
    ) -> None:
        self._parts, self._receiver, self._clock = parts, receiver, clock
        self.memory, self.span_ns, self._note = memory, span_ns, note
        self.values: Counter[str] = Counter()
        """The number of values by topic, in all files."""
        self.nbytes = 0
        """Bytes of all files."""
        self.written = 0
        """How many files."""
        self._asked: deque[Trigger] = deque()  # by trigger(), at any time
        self._marked: Trigger | None = None  # the receiver is taking what came before
        self._due: tuple[Trigger, Kept] | None = None  # waits for the thread
        self._thread: _Writing | None = None
        self._last: Kept | None = None
        self._conditions = dict.fromkeys(conditions, "")  # with what was said of each
        self._is_short = self._is_over = self._is_ignoring = self._is_idle = False
        self._start = clock.now_ns

    @property
    def kept_ns(self) -> int:
        """Nanoseconds since the oldest value in memory."""
        first = self.memory.first_ns
        return 0 if first is None else min(self._clock.now_ns - first, self.span_ns)

    def trigger(self, time_ns: int, why: str) -> None:
        """Have a snapshot written; a signal handler may call it."""
        self._asked.append(Trigger(time_ns, why))

    def add(self, batch: Sequence[Any]) -> None:
        """Keep a batch for a while, and do what triggers ask for."""
        self._is_idle = False
        now = self._clock.now_ns
        self._drop(max(min(now, batch[0][2]), now - LATE_NS))
        for condition, said in self._conditions.items():
            for time_ns in condition.times(batch):
                self.trigger(time_ns, f"{condition}")
            if condition.error != said:
                self._conditions[condition] = condition.error
                if condition.error:
                    self._note(f"no snapshots for {condition}: {condition.error}")
        for portion, offsets in self._clock.portions(batch):
            self.memory.add(portion, offsets)
        if self._asked:
            self._look()  # before more values need the memory

    def step(self, step: Step) -> None:
        self.memory.step(step)

    def tick(self) -> None:
        """Do what triggers ask for, and drop what is too old; called twice a second."""
        self._look()
        now, dropped_ns = self._clock.now_ns, self.memory.dropped_ns
        if dropped_ns > now - self.span_ns and not self._is_short:
            self._is_short = True
            there = duration(max(now - dropped_ns, 0) / 1e9)
            self._note(
                f"the last {there} fill {size(self.memory.limit)} of memory: a snapshot will not "
                f"have {duration(self.span_ns / 1e9)}; pass a larger --memory"
            )
        if self._is_idle:
            self._drop(now)
        self._is_idle = True

    def _drop(self, now: int) -> None:
        """Drop what a trigger from now on does not ask for."""
        self.memory.drop(min(now, self._marked.time_ns if self._marked else now) - self.span_ns)

    def _look(self) -> None:
        while self._asked:
            trigger = self._asked.popleft()
            if self._marked is not None or self._due is not None:
                if not self._is_ignoring:
                    self._note(f"{trigger.why}: ignored, as a snapshot is waiting to be written")
                self._is_ignoring = True
            elif self._is_over:
                self._take(trigger)
            else:
                self._marked = trigger
                self._receiver.mark(Mark(partial(self._take, trigger)))
        if self._thread is not None and not self._thread.is_alive():
            self._end(self._thread)
        self._write()

    def _take(self, trigger: Trigger) -> None:
        """Write the snapshot: all values up to its trigger have been added."""
        self._marked = None
        self._due = trigger, self.memory.take(trigger.time_ns - self.span_ns, trigger.time_ns)
        self._write()

    def finish(self) -> None:
        """Write what triggers have asked for: all values have been added."""
        self._is_over = True
        if self._marked is not None:
            self._take(self._marked)
        self._look()
        while self._thread is not None:
            self._thread.join()
            self._look()

    def close(self) -> None:
        """Let a snapshot that is being written be finished."""
        if self._thread is not None:
            self._thread.join()

    def _write(self) -> None:
        """Begin to write the snapshot that is due, unless another one is being written."""
        if self._due is None or self._thread is not None:
            return
        (trigger, kept), self._due = self._due, None
        self._is_ignoring = False
        span = duration(self.span_ns / 1e9)
        if not kept.blocks:
            why = f"no value in the last {span}"
            if kept.missing_ns:
                why = f"no value of the last {span} fitted into {size(self.memory.limit)} of memory"
            self._note(f"{trigger.why}: {why}; nothing is written")
            return
        writer, about = self._parts.open(sum(block.end for block in kept.blocks))
        if self._last is not None and self._last.end_ns > kept.start_ns:
            until = self._last.end_ns + self._clock.offsets.publish
            about["repeats_until"] = str(until)
        self._last = kept
        part = Part(writer, about, kept.blocks[0].offsets)
        repeats_until = int(about.get("repeats_until", -1))
        left_out = self._receiver.left_out.reasons.copy()
        self._thread = _Writing(part, trigger, kept, self.memory, left_out, repeats_until)
        self._thread.start()

    def _end(self, thread: _Writing) -> None:
        """Count what has been written; raises what the thread raised."""
        thread.join()
        self._thread = None
        self.values += Counter(thread.part.values)
        self.nbytes += thread.part.nbytes
        if thread.error is not None:
            raise thread.error
        self._parts.add(thread.part.path)
        self._parts.make_room(0)
        self.written += 1
        kept = thread.kept
        span = duration(min(self.span_ns, kept.end_ns - self._start) / 1e9)
        values = counted(sum(thread.part.values.values()), "value")
        text = f"{thread.part.path}: the last {span}, {values}, {size(thread.part.nbytes)}"
        if kept.missing_ns:
            there = duration((self.span_ns - kept.missing_ns) / 1e9)
            text += f"; only {there} of it fitted into {size(self.memory.limit)} of memory"
        self._note(f"{text} ({thread.trigger.why})")


class _Writing(threading.Thread):
    """Writes one snapshot."""

    def __init__(
        self,
        part: Part,
        trigger: Trigger,
        kept: Kept,
        memory: Memory,
        left_out: Mapping[str, str],
        repeats_until: int,
    ) -> None:
        super().__init__(name="shm_pub_sub snapshot", daemon=True)
        self.part, self.trigger, self.kept = part, trigger, kept
        self.error: Exception | None = None
        self._memory, self._left_out = memory, left_out
        self._repeats_until = repeats_until

    def run(self) -> None:
        blocks = self.kept.blocks
        try:
            self._write()
        except Exception as error:
            self.error = error
            with suppress(OSError):  # what is left may fit on the disk
                self.part.finish()
            self.part.close()
        while blocks:
            self._memory.release(blocks.popleft())

    def _write(self) -> None:
        blocks, part, gaps, first = self.kept.blocks, self.part, _Gaps(), True
        repeats: Counter[int] = Counter()
        try:
            while blocks:
                block = blocks[0]
                if block.step is not None and not first:
                    part.step(block.step)
                first = False
                for values in block.values(self.kept.start_ns, self.kept.end_ns):
                    part.add(values, block.offsets, OLDEST)
                    gaps.add(values)
                    until = self._repeats_until - block.offsets.publish
                    repeats.update(source.number for source, _, t, _ in values if t <= until)
                    values.clear()
                self._memory.release(blocks.popleft())
        finally:
            part.note(gaps.by_topic(), self._left_out)
            part.note_repeats(repeats)
        part.finish()


class _Gaps:
    """Counts the values that are missing between others, by their sequence numbers."""

    def __init__(self) -> None:
        self._found: dict[Source, list[int]] = {}  # the first, the last, how many

    def add(self, values: Sequence[Any]) -> None:
        for source, sequence, *_ in values:
            found = self._found.setdefault(source, [sequence, sequence, 0])
            found[0], found[1] = min(found[0], sequence), max(found[1], sequence)
            found[2] += 1

    def by_topic(self) -> dict[str, int]:
        lost: Counter[str] = Counter()
        for source, (first, last, count) in self._found.items():
            lost[source.name] += last - first + 1 - count
        return dict(lost)
