"""Elements of arrays and lists, and the fields of records: written to CDR and read from it.

What has a fixed size is copied by its layout, without a step in Python for each field. A text, a
list, an array that varies, and a record that has one, take a step each.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Protocol

from .._records import LENGTH, is_variable
from .cdr import LARGE, length_at, put_length
from .copying import copy
from .halves import narrowed, widened
from .layout import Copy, element, place, place_elements

if TYPE_CHECKING:
    from typing import Any

    from .._records import RecordSpec
    from .._spec import Spec
    from .cdr import Reader, Writer
    from .layout import Layout, Parts


class Elements(Protocol):
    """Elements of one type: `size` bytes each in memory, and `least` or more in CDR.

    They are in `memory` from `base` on.
    """

    size: int
    least: int

    def write(self, out: Writer, memory: memoryview, base: int, count: int) -> None: ...
    def read(self, data: Reader, memory: memoryview, base: int, count: int) -> None: ...
    def measure(self, data: Reader, count: int) -> None: ...


class Step(Protocol):
    """One field that varies, or all the fixed ones between two of them."""

    def write(self, out: Writer, memory: memoryview, base: int) -> None: ...
    def read(self, data: Reader, memory: memoryview, base: int) -> None: ...
    def measure(self, data: Reader) -> None: ...


def varies(record: RecordSpec) -> bool:
    """Report whether a record's length in CDR depends on its value."""
    return any(
        is_variable(field.spec) or (field.spec.record is not None and varies(field.spec.record))
        for field in record.fields
    )


def elements_of(spec: Spec) -> Elements:
    """Return the elements of an array or list, or the bytes of text and bytes."""
    if spec.record is None:
        return Numbers(spec.dtype or "u1")
    return Records(spec.record) if varies(spec.record) else FixedRecords(spec.record)


class Numbers:
    """Numbers of one dtype."""

    def __init__(self, dtype: str) -> None:
        self.size = int(dtype[1:])
        self.least, self._align = element(dtype)
        self._half = dtype == "f2"

    def write(self, out: Writer, memory: memoryview, base: int, count: int) -> None:
        if count:
            out.align(self._align)
            found = memory[base : base + count * self.size]
            out.put(widened(found) if self._half else found)

    def read(self, data: Reader, memory: memoryview, base: int, count: int) -> None:
        if count:
            data.align(self._align)
            found = data.take(count * self.least)
            memory[base : base + count * self.size] = narrowed(found) if self._half else found

    def measure(self, data: Reader, count: int) -> None:
        if count:
            data.align(self._align)
            data.take(count * self.least)


class FixedRecords:
    """Records of fixed size."""

    def __init__(self, record: RecordSpec) -> None:
        self.size = record.size
        self._record = record
        # Its padding depends on where it begins.
        self.least = min(place_elements(record, 1, state).end - state for state in range(8))
        self._known: tuple[tuple[int, int], Layout] | None = None

    def write(self, out: Writer, memory: memoryview, base: int, count: int) -> None:
        if count:
            write_layout(out, self._layout(count, out.end % 8), memory, base)

    def read(self, data: Reader, memory: memoryview, base: int, count: int) -> None:
        if count:
            read_layout(data, self._layout(count, data.place % 8), memory, base)

    def measure(self, data: Reader, count: int) -> None:
        if count:
            state = data.place % 8
            data.take(self._layout(count, state).end - state)

    def _layout(self, count: int, state: int) -> Layout:
        known = self._known
        if known is None or known[0] != (count, state):
            layout = place_elements(self._record, count, state)
            known = self._known = (count, state), layout
        return known[1]


class Records:
    """Records that have a field that varies."""

    def __init__(self, record: RecordSpec) -> None:
        self.size = record.size
        self.steps = steps_of(record)
        self.least = 1

    def write(self, out: Writer, memory: memoryview, base: int, count: int) -> None:
        for n in range(count):
            for step in self.steps:
                step.write(out, memory, base + n * self.size)

    def read(self, data: Reader, memory: memoryview, base: int, count: int) -> None:
        for n in range(count):
            for step in self.steps:
                step.read(data, memory, base + n * self.size)

    def measure(self, data: Reader, count: int) -> None:
        for _ in range(count):
            for step in self.steps:
                step.measure(data)


def steps_of(record: RecordSpec) -> list[Step]:
    """Return the steps of a record's fields."""
    steps: list[Step] = []
    fixed: list[tuple[Spec, int]] = []
    for spec, offset in _flat(record, 0):
        if not _varies(spec):
            fixed.append((spec, offset))
            continue
        if fixed:
            steps.append(Run(fixed))
            fixed = []
        if not is_variable(spec):
            steps.append(Several(spec, offset))
        else:
            steps.append((Text if spec.kind == "text" else Sequence)(spec, offset))
    return [*steps, Run(fixed)] if fixed else steps


def _varies(spec: Spec) -> bool:
    return is_variable(spec) or (spec.record is not None and varies(spec.record))


def _flat(record: RecordSpec, base: int) -> list[tuple[Spec, int]]:
    """Return a record's fields, with those of records in it that vary."""
    fields: list[tuple[Spec, int]] = []
    for field in record.fields:
        spec, offset = field.spec, base + field.offset
        if spec.kind == "record" and varies(spec.record):
            fields += _flat(spec.record, offset)
        else:
            fields.append((spec, offset))
    return fields


class Run:
    """Fields of fixed size, one behind another. Their layout depends on where they begin."""

    def __init__(self, fields: list[tuple[Spec, int]]) -> None:
        self._fields = fields
        self._known: list[Layout | None] = [None] * 8
        self.layout(0)  # whose errors are of the type, not of a value

    def layout(self, state: int) -> Layout:
        """Return the layout from an offset in CDR, modulo 8."""
        known = self._known[state]
        if known is None:
            known = self._known[state] = place(self._fields, state)
        return known

    def write(self, out: Writer, memory: memoryview, base: int) -> None:
        write_layout(out, self.layout(out.end % 8), memory, base)

    def read(self, data: Reader, memory: memoryview, base: int) -> None:
        read_layout(data, self.layout(data.place % 8), memory, base)

    def measure(self, data: Reader) -> None:
        state = data.place % 8
        data.take(self.layout(state).end - state)


class Text:
    """A field of text."""

    def __init__(self, spec: Spec, offset: int) -> None:
        self._spec = spec
        self._offset = offset

    def write(self, out: Writer, memory: memoryview, base: int) -> None:
        at = base + self._offset
        length = length_at(memory, at, self._spec.max or 0)
        out.text(memory[at + LENGTH : at + LENGTH + length])

    def read(self, data: Reader, memory: memoryview, base: int) -> None:
        at = base + self._offset
        found = data.text()
        put_length(memory, at, fitting(len(found), self._spec.max or 0, "a text of {} bytes"))
        memory[at + LENGTH : at + LENGTH + len(found)] = found

    def measure(self, data: Reader) -> None:
        self._spec.max = max(self._spec.max or 0, len(data.text()))


class Sequence:
    """A field of bytes, a list, or an array whose first axis varies."""

    def __init__(self, spec: Spec, offset: int) -> None:
        self._spec = spec
        self._offset = offset
        self._elements = elements_of(spec)
        self._row = prod(n or 0 for n in spec.shape[1:])

    def write(self, out: Writer, memory: memoryview, base: int) -> None:
        at = base + self._offset
        count = length_at(memory, at, self._spec.max or 0) * self._row
        out.count(count)
        self._elements.write(out, memory, at + LENGTH, count)

    def read(self, data: Reader, memory: memoryview, base: int) -> None:
        at = base + self._offset
        count = data.count(self._elements.least)
        put_length(memory, at, rows(count, self._row, self._spec.max or 0))
        self._elements.read(data, memory, at + LENGTH, count)

    def measure(self, data: Reader) -> None:
        count = data.count(self._elements.least)
        self._spec.max = max(self._spec.max or 0, count)
        self._elements.measure(data, count)


class Several:
    """A field that is an array of records that vary."""

    def __init__(self, spec: Spec, offset: int) -> None:
        self._count = prod(n or 0 for n in spec.shape)
        self._offset = offset
        self._records = Records(spec.record)

    def write(self, out: Writer, memory: memoryview, base: int) -> None:
        self._records.write(out, memory, base + self._offset, self._count)

    def read(self, data: Reader, memory: memoryview, base: int) -> None:
        self._records.read(data, memory, base + self._offset, self._count)

    def measure(self, data: Reader) -> None:
        self._records.measure(data, self._count)


def fitting(found: int, most: int, what: str) -> int:
    """Return found, if it is not more than most."""
    if found > most:
        raise ValueError(f"found {what.format(found)}; expected {most} at most")
    return found


def rows(count: int, row: int, most: int) -> int:
    """Return how many rows of so many elements there are in a sequence."""
    if count % row:
        raise ValueError(f"found a sequence of {count} elements; expected a multiple of {row}")
    return fitting(count // row, most, "a sequence of {}" + (f" times {row}" if row > 1 else ""))


def write_layout(out: Writer, layout: Layout, memory: memoryview, base: int) -> None:
    """Write what has a layout, which is that of where the message ends now."""
    state = out.end % 8
    if len(layout.parts) == 1:
        (part,) = layout.parts
        if isinstance(part, Copy):
            out.tail += bytes(part.target - state)
            out.put(memory[base + part.source : base + part.source + part.size])
            return
    origin = out.end - state
    small: list[Any] = []
    for part in layout.parts:
        if isinstance(part, Copy) and part.size >= LARGE:
            _write_small(out, tuple(small), memory, base, origin, origin + part.target)
            small = []
            out.put(memory[base + part.source : base + part.source + part.size])
        else:
            small.append(part)
    _write_small(out, tuple(small), memory, base, origin, origin + layout.end)


def _write_small(
    out: Writer, parts: Parts, memory: memoryview, base: int, origin: int, end: int
) -> None:
    tail = out.tail
    shift = origin - out.end + len(tail)
    tail += bytes(end - out.end)
    if parts:
        with memoryview(tail) as view:
            copy(parts, memory, view, base, shift)


def read_layout(data: Reader, layout: Layout, memory: memoryview, base: int) -> None:
    """Read what has a layout, which is that of where the message is now."""
    origin = data.place - data.place % 8
    data.take(origin + layout.end - data.place)
    copy(layout.back, data.data, memory, origin, base)
