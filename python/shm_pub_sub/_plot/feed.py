"""Taking a topic's values into its curves, and showing its newest one."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

from .._described import spec_of_descriptor
from .._errors import OpenError, ShmError, TopicNotFoundError, TopicTypeError, WaitTimeoutError
from .._followed import Topic
from .._paths import Path, PathError, part, part_spec
from .._spec import Spec
from .._topics import TopicInfo
from .._views import Row, about, cloud, is_curve, rows_of, view_of
from .curve import Curve
from .newest import Newest

SHORTEST_PAUSE, LONGEST_PAUSE = 0.002, 0.05
"""Seconds between two polls."""

LOOK = 0.25
"""Seconds between looks for the end of a publisher, and for another type."""

AT_ONCE = 20_000
"""Values of a topic that one poll takes at most; the first one begins with those kept already."""

FAST = 20_000
"""Values a second from which on they are taken in batches."""

MOST_PARTS = 20
"""Curves of one topic."""

STAMPS = {"stamp", "stamp_ns", "time", "time_ns", "timestamp"}
"""Fields of a record that are drawn only if they are asked for, as fields in nanoseconds are."""

Inspect = Callable[[str], tuple[TopicInfo, str]]

NAN = math.nan


class Feed:
    """What is drawn of a topic: curves of its numbers, and pictures or curves of the newest value.

    Args:
        topic: The topic.
        window: The length of the window in nanoseconds.
        paths: The parts of its values that are drawn; the whole value, if there are none.
        inspect: Returns what is known of a topic, and its descriptor.
        pictures: Whether pictures can be shown.
    """

    def __init__(
        self, topic: Topic, window: int, paths: Sequence[Path], inspect: Inspect, pictures: bool
    ) -> None:
        self.topic = topic
        self.paths = paths or [Path(topic.name)]
        self.curves = [Curve(str(path), window, topic.by_pattern) for path in self.paths]
        self.newest: list[Newest] = []
        self.more = 0
        """Numbers of the topic that are not drawn, as they are too many."""
        self._window, self._inspect, self._pictures = window, inspect, pictures
        self._subscriber: Any = None  # whose type is known
        self._descriptor = ""
        self._steps: list[tuple[Curve, tuple[str | int, ...]]] = []
        self._sequence = 0
        self._next_look = self._next_question = 0.0
        self._is_fast = False
        self._taken_at = math.inf

    @property
    def time(self) -> int:
        """Of the newest value, CLOCK_MONOTONIC in nanoseconds; 0 without one."""
        return max((each.time for each in self._drawn), default=0)

    @property
    def _drawn(self) -> list[Curve | Newest]:
        return [*self.curves, *self.newest]

    def take(self) -> float:
        """Take the topic's new values, and return the seconds until the next ones are due."""
        subscriber = self.topic.subscriber
        if subscriber is None:
            self._set_state(self.topic.error, alive=False)
            return LONGEST_PAUSE
        try:
            if subscriber is not self._subscriber:
                self._look_at_type(subscriber)
            return self._take(subscriber)
        except TopicNotFoundError:
            return SHORTEST_PAUSE
        except (TopicTypeError, OpenError) as error:  # another type now, or damaged
            self._subscriber = None
            self.topic.reopen(error)
            self._set_state(None, alive=False)
            return SHORTEST_PAUSE

    def refresh(self) -> None:
        """Bring what is drawn of the newest value up to date."""
        if self.topic.subscriber is not None and self.topic.subscriber is self._subscriber:
            for newest in self.newest:
                if not newest.refresh(self._subscriber):
                    self._next_question = 0.0  # of another type now

    def _set_state(self, error: ShmError | None, alive: bool) -> None:
        for each in self._drawn:
            each.error, each.alive = error, alive

    def _take(self, subscriber: Any) -> float:
        began, before, missed = time.monotonic(), self.time, subscriber.lost
        taken = 0
        if self._steps:
            taken = self._take_batch(subscriber) if self._is_fast else self._take_each(subscriber)
        if began >= self._next_question:
            self._next_question = began + LOOK
            self._look_at_type(subscriber)
        lost: int = subscriber.lost - missed
        for curve in self.curves:
            curve.lost += lost
        self._is_fast = subscriber.type is not type(None) and (
            taken > FAST * (began - self._taken_at) > 0
        )
        self._taken_at = began
        alive = bool(taken)
        if not taken and began >= self._next_look:
            self._next_look = began + LOOK
            alive = subscriber.publisher_alive
        elif not taken:
            alive = any(each.alive for each in self._drawn)
        for each in self._drawn:
            each.alive = alive
        if self._is_fast:
            return self.curves[0].resolution / 1e9
        if self.time == before or not before or not taken:
            return LONGEST_PAUSE  # no values, one batch, or the first ones: the rate is unknown
        interval = (self.time - before) / 1e9 / (taken + lost)
        buffers: int = subscriber.buffer_num or 1
        return interval * buffers / 2

    def _take_each(self, subscriber: Any) -> int:
        """Take values one by one, each with its time, or now if that is another clock's."""
        receive, is_number = subscriber.recv_sample, subscriber.type is not type(None)
        most = AT_ONCE if is_number else AT_ONCE // 10
        for taken in range(most):
            try:
                value, sequence, at, age = receive(0)
            except WaitTimeoutError:
                return taken
            if sequence <= self._sequence and not is_number:
                self._look_at_type(subscriber)  # another publisher's first
            self._sequence = sequence
            at = at if age < math.inf else time.monotonic_ns()
            for curve, steps in self._steps:
                try:
                    found = part(value, steps) if steps else value
                except PathError:  # of a shorter array than the one before
                    found = NAN
                if type(found) in (bool, int, float):
                    curve.add(sequence, at, found)
        return most

    def _take_batch(self, subscriber: Any) -> int:
        """Take all values with the newest one's time: a tenth of the work."""
        code, size = {bool: ("?", 1), int: ("q", 8), float: ("d", 8)}[subscriber.type]
        buffer = memoryview(bytearray(AT_ONCE * size)).cast(code)  # type: ignore[call-overload]
        taken: int = subscriber.drain(into=buffer)
        if taken:
            newest = subscriber.sample()
            is_known = newest is not None and newest.age < math.inf
            at = newest.time_ns if is_known else time.monotonic_ns()
            curve = self.curves[0]
            sequence = curve.sequence + taken if newest is None else newest.sequence
            self._sequence = sequence
            curve.add_batch(sequence, at, buffer[:taken])
        return taken

    def _look_at_type(self, subscriber: Any) -> None:
        """Find out what is to be drawn, if the topic is of another type now; and what is said."""
        info, descriptor = self._inspect(self.topic.name)
        if not info.trusted:
            return
        if subscriber is not self._subscriber or descriptor != self._descriptor:
            self._draw(spec_of_descriptor(descriptor), descriptor, info.metadata)
            self._descriptor, self._subscriber = descriptor, subscriber
        for each in self._drawn:
            said = about(info.metadata, each.steps)
            each.unit, each.description = said.get("unit", ""), said.get("description", "")

    def _draw(self, spec: Spec, descriptor: str, metadata: dict[str, Any]) -> None:
        """Choose curves and pictures of a type. Those of the same names go on."""
        known = {curve.name: curve for curve in self.curves}
        newest = {each.name: each for each in self.newest}
        self.curves, self.newest, self._steps, self.more = [], [], [], 0
        for path in self.paths:
            try:
                self._draw_part(path, spec, descriptor, metadata)
            except (PathError, TopicTypeError) as error:
                what = f"topic {self.topic.name!r}"
                curve = Curve(str(path), self._window, self.topic.by_pattern)
                curve.error = TopicTypeError(f"{what}: {error}")
                self.curves.append(curve)
        self.curves = [self._kept(known.get(curve.name), curve) for curve in self.curves]
        self._steps = [(curve, curve.steps) for curve in self.curves if curve.error is None]
        for each in self.newest:
            if (before := newest.get(each.name)) is not None:
                each.shown, each.count, each.time = before.shown, before.count, before.time

    @staticmethod
    def _kept(known: Curve | None, curve: Curve) -> Curve:
        if known is None or curve.error is not None:
            return curve
        known.type, known.steps, known.error = curve.type, curve.steps, None
        return known

    def _draw_part(
        self, path: Path, whole: Spec, descriptor: str, metadata: dict[str, Any]
    ) -> None:
        spec, said = part_spec(whole, path.steps), about(metadata, path.steps)
        view = view_of(spec, "" if path.steps else descriptor, said.get("attributes", {}))
        if view is not None:
            if not (is_curve(spec) or self._pictures):
                what = "a point cloud" if view is cloud else "a picture"
                raise TopicTypeError(
                    f"found {what} ({spec}); write it with -o FILE, or use plot() in a notebook"
                )
            self.newest.append(Newest(str(path), path.steps, spec, view))
            return
        rows = [row for row in rows_of(spec, said) if row.is_number]
        if not rows:
            raise TopicTypeError(f"found {spec}; expected numbers, or a part that is one")
        rows = [row for row in rows if not _is_stamp(row)] or rows
        self.more += max(len(rows) - MOST_PARTS, 0)
        for row in rows[:MOST_PARTS]:
            steps = path.steps + row.steps
            curve = Curve(str(Path(path.topic, steps)), self._window, self.topic.by_pattern)
            curve.steps, curve.type = steps, row.type
            if curve.name not in [each.name for each in self.curves]:
                self.curves.append(curve)


def _is_stamp(row: Row) -> bool:
    """Report whether a record's field is a time, which would hide its other curves."""
    return bool(row.steps) and (row.unit == "ns" or row.steps[-1] in STAMPS)
