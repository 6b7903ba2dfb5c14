"""The lines that `echo` prints: text, a CSV table or JSON, well over 100,000 per second."""

from __future__ import annotations

import csv
import io
import json
import math
import time
from collections.abc import Callable, Sequence
from typing import Any

from shm_pub_sub import Sample
from shm_pub_sub._brief import Brief
from shm_pub_sub._paths import Path, written
from shm_pub_sub._text import printable

from .output import json_value
from .parts import ABSENT

Rows = list[tuple[str, Sample[Any]]]
"""Topics, each with a sample: of a number, or of a tuple of what is printed of its parts."""

NOT_AS_PYTHON = {
    repr(value): json.dumps(json_value(value))
    for value in (True, False, math.nan, math.inf, -math.inf)
}
"""JSON text of values that Python prints otherwise: json.dumps() takes five times as long."""

BEFORE = ("time", "topic", "sequence")
"""Columns of a table before those of the value."""


class WallClock:
    """The offset from CLOCK_MONOTONIC to the time since 1970."""

    def __init__(self) -> None:
        self._offset = 0

    def offset(self) -> int:
        """Return ns to add to CLOCK_MONOTONIC, constant until the clock is set.

        Measuring it each time would give every batch another error.
        """
        offset = time.time_ns() - time.monotonic_ns()
        if abs(offset - self._offset) > 1_000_000:
            self._offset = offset
        return self._offset


def seconds(ns: int) -> str:
    """Return ns since 1970 as seconds with all digits."""
    digits = str(ns)
    return f"{digits[:-9]}.{digits[-9:]}"


class Lines:
    """Makes lines of samples. The first two methods are for whole values and for parts.

    Args:
        paths: By topic: what is printed of it.
        named: Whether each line has its topic's name.
        timed: Whether it has its time.
    """

    def __init__(self, paths: dict[str, list[Path]], named: bool, timed: bool) -> None:
        self._paths, self._named, self._timed = paths, named, timed
        self._clock = WallClock()

    def wholes(self, rows: Rows) -> list[str]:
        offset = self._clock.offset()
        labels = {name: f"{printable(name)}: " if self._named else "" for name, _ in rows}
        return [
            (f"[{seconds(time_ns + offset)}] " if self._timed else "") + f"{labels[name]}{value}\n"
            for name, (value, _, time_ns, _) in rows
        ]

    def parts(self, rows: Rows) -> list[str]:
        offset, lines = self._clock.offset(), []
        for name, (values, _, time_ns, _) in rows:
            at = f"[{seconds(time_ns + offset)}] " if self._timed else ""
            for path, value in zip(self._paths[name], values, strict=True):
                if value is not ABSENT:
                    label = f"{printable(str(path))}: " if self._named else ""
                    lines.append(f"{at}{label}{value}\n")
        return lines


class Objects(Lines):
    """JSON: an object a line."""

    def wholes(self, rows: Rows) -> list[str]:
        offset = self._clock.offset()
        quoted = {name: json.dumps(name) for name in {name for name, _ in rows}}
        return [
            f'{{"topic": {quoted[name]}, "sequence": {sequence}, "time_ns": {time_ns}, '
            f'"time": {seconds(time_ns + offset)}, "value": {_json(value)}}}\n'
            for name, (value, sequence, time_ns, _) in rows
        ]

    def parts(self, rows: Rows) -> list[str]:
        offset, lines = self._clock.offset(), []
        for name, (values, sequence, time_ns, _) in rows:
            for path, value in zip(self._paths[name], values, strict=True):
                if value is not ABSENT:
                    part = f'"part": {json.dumps(_bare(path))}, ' if path.steps else ""
                    lines.append(
                        f'{{"topic": {json.dumps(name)}, {part}"sequence": {sequence}, '
                        f'"time_ns": {time_ns}, "time": {seconds(time_ns + offset)}, '
                        f'"value": {_json(value)}}}\n'
                    )
        return lines


class Table(Lines):
    """CSV.

    Args:
        begin: Returns the names of the columns, when the first value is there.
        columns: By topic: the names of its columns.
    """

    def __init__(
        self, begin: Callable[[], list[str]], columns: Callable[[str], Sequence[str]]
    ) -> None:
        super().__init__({}, named=True, timed=True)
        self._begin, self._columns = begin, columns
        self._header: list[str] = []

    def wholes(self, rows: Rows) -> list[str]:
        """Return the lines of topics whose values are numbers."""
        before = self._heading()
        if self._header != ["value"]:
            return before + self._cells(
                [(name, Sample(((value,), *rest))) for name, (value, *rest) in rows]
            )
        offset = self._clock.offset()
        names = {name: text_cell(name) for name in {name for name, _ in rows}}
        return before + [
            f"{seconds(time_ns + offset)},{names[name]},{sequence},{value}\n"
            for name, (value, sequence, time_ns, _) in rows
        ]

    def parts(self, rows: Rows) -> list[str]:
        return self._heading() + self._cells(rows)

    def _heading(self) -> list[str]:
        if self._header:
            return []
        self._header = self._begin()
        return [heading(self._header)]

    def _cells(self, rows: Rows) -> list[str]:
        offset, lines = self._clock.offset(), []
        for name, (values, sequence, time_ns, _) in rows:
            found = dict(zip(self._columns(name), map(any_cell, values), strict=True))
            cells = ",".join([found.get(column, "") for column in self._header])
            at = seconds(time_ns + offset)
            lines.append(f"{at},{text_cell(name)},{sequence},{cells}\n")
        return lines


def _bare(path: Path) -> str:
    return written(path.steps).removeprefix(".")


def _json(value: Any) -> str:
    if type(value) is Brief:
        return json.dumps(json_value(value))
    text = repr(value)
    return NOT_AS_PYTHON.get(text, text)


def heading(columns: Sequence[str]) -> str:
    """Return the first line of a table."""
    return f"{','.join(map(text_cell, (*BEFORE, *columns)))}\n"


def any_cell(value: Any) -> str:
    """Return a part of a value as a CSV cell, empty if the value has none."""
    if value is ABSENT:
        return ""
    return text_cell(value) if type(value) is str else str(value)


def text_cell(text: str) -> str:
    """Return text as a CSV cell: newlines stay, other unprintable characters are escapes."""
    row = io.StringIO()
    # The writer quotes cells that contain its line terminator.
    csv.writer(row, lineterminator="\n").writerow(["\n".join(map(printable, text.split("\n")))])
    return row.getvalue()[:-1]
