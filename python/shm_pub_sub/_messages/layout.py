"""Where the parts of a value of fixed size are in memory, and in CDR.

CDR (XCDR1) aligns each number to its size, counted from behind the header of four bytes. A record
has neither an alignment nor padding at its end of its own: it begins where its first field does.
The C ABI, which topics have, differs in nothing else, so that most layouts are one copy.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Final

    from .._records import RecordSpec
    from .._spec import Spec

MOST_PARTS: Final = 20_000
"""Parts of one layout. Only a record that was made for it has more."""
_UNROLLED: Final = 16
"""Copies up to which an array of records is no Repeat."""


class Copy(NamedTuple):
    """Bytes that are the same in both."""

    source: int
    size: int
    target: int


class Widen(NamedTuple):
    """float16 in the source, float32 in the target."""

    source: int
    numbers: int
    target: int


class Narrow(NamedTuple):
    """float32 in the source, float16 in the target."""

    source: int
    numbers: int
    target: int


class Repeat(NamedTuple):
    """The parts of each element of an array; their places are within the element."""

    source: int
    source_step: int
    target: int
    target_step: int
    times: int
    parts: Parts


Part = Copy | Widen | Narrow | Repeat
Parts = tuple[Part, ...]


class Layout(NamedTuple):
    """How a value gets from memory into a message, and where it ends there."""

    parts: Parts
    back: Parts
    """The parts from a message into memory."""
    end: int


def up(number: int, multiple: int) -> int:
    """Return the least multiple that is not less than number."""
    return -(-number // multiple) * multiple


def element(dtype: str) -> tuple[int, int]:
    """Return the size and the alignment of a number in CDR. A complex one is a record of two."""
    if dtype == "f2":
        return 4, 4
    size = int(dtype[1:])
    return size, size // 2 if dtype[0] == "c" else size


def place(fields: list[tuple[Spec, int]], target: int) -> Layout:
    """Return the layout of fields of fixed size, each with its offset in memory.

    target is where they may begin in CDR, behind its header. Raises ValueError if that takes too
    many parts.
    """
    layer = _Layer([0])
    for spec, offset in fields:
        target = layer.field(spec, offset, target)
    return _layout(layer, target)


def place_elements(record: RecordSpec, count: int, target: int) -> Layout:
    """Return the layout of records of fixed size, one behind another in memory."""
    layer = _Layer([0])
    end = layer.elements(record, count, 0, target)
    return _layout(layer, end)


def _layout(layer: _Layer, end: int) -> Layout:
    parts = tuple(layer.parts)
    return Layout(parts, _swapped(parts), end)


class _Layer:
    """Collects parts, and merges those that are one copy: the padding between them is the same."""

    def __init__(self, total: list[int]) -> None:
        self.parts: list[Part] = []
        self._total = total

    def field(self, spec: Spec, source: int, target: int) -> int:
        """Add a value, and return where it ends."""
        if spec.record is None:
            count = prod(n or 0 for n in spec.shape) if spec.kind == "array" else 1
            size, align = element(spec.dtype)
            target = up(target, align)
            if spec.dtype == "f2":
                self._add(Widen(source, count, target))
            else:
                self._add(Copy(source, count * size, target))
            return target + count * size
        if spec.kind == "array":
            count = prod(n or 0 for n in spec.shape)
            return self.elements(spec.record, count, source, target)
        return self._record(spec.record, source, target)

    def _record(self, record: RecordSpec, source: int, target: int) -> int:
        for field in record.fields:
            target = self.field(field.spec, source + field.offset, target)
        return target

    def elements(self, record: RecordSpec, count: int, source: int, target: int) -> int:
        """Add records. Behind the field with the greatest alignment all of them are alike.

        Only the first element may differ, by how it begins.
        """
        first, greatest = _alignments(record)
        start = up(target, first)
        inner, end = self._element(record, start)
        if count == 1 or (up(end, first) - start) % greatest == 0:
            self._repeat(source, start, count, record.size, up(end, first) - start, inner)
            return start + (count - 1) * (up(end, first) - start) + end - start
        self._repeat(source, start, 1, record.size, 0, inner)
        start = up(end, first)
        inner, end = self._element(record, start)
        step = up(end, first) - start
        self._repeat(source + record.size, start, count - 1, record.size, step, inner)
        return start + (count - 2) * step + end - start

    def _element(self, record: RecordSpec, start: int) -> tuple[Parts, int]:
        layer = _Layer(self._total)
        end = layer._record(record, 0, start)
        return tuple(part._replace(target=part.target - start) for part in layer.parts), end

    def _repeat(
        self, source: int, target: int, count: int, source_step: int, step: int, parts: Parts
    ) -> None:
        one = parts[0]
        if len(parts) == 1 and isinstance(one, Copy) and (source_step == step or count == 1):
            size = one.size + (count - 1) * step
            self._add(Copy(source + one.source, size, target + one.target))
        elif count * len(parts) <= max(_UNROLLED, len(parts)):
            for n in range(count):
                for part in parts:
                    at, to = source + n * source_step, target + n * step
                    self._add(part._replace(source=at + part.source, target=to + part.target))
        else:
            self._add(Repeat(source, source_step, target, step, count, parts))

    def _add(self, part: Part) -> None:
        self._total[0] += 1
        if self._total[0] > MOST_PARTS:
            raise ValueError(
                f"found a record of more than {MOST_PARTS} separate parts; expected fewer"
            )
        last = self.parts[-1] if self.parts else None
        if (
            isinstance(part, Copy)
            and isinstance(last, Copy)
            and part.source - last.source == part.target - last.target
        ):
            size = part.source + part.size - last.source
            self.parts[-1] = last._replace(size=size)
        else:
            self.parts.append(part)


def _alignments(record: RecordSpec) -> tuple[int, int]:
    """Return the alignment of the first field, and the greatest one."""
    each = [_alignments_of(field.spec) for field in record.fields]
    return each[0][0], max(greatest for _, greatest in each)


def _alignments_of(spec: Spec) -> tuple[int, int]:
    if spec.record is not None:
        return _alignments(spec.record)
    align = element(spec.dtype)[1]
    return align, align


def _swapped(parts: Parts) -> Parts:
    back: list[Part] = []
    for part in parts:
        if isinstance(part, Repeat):
            back.append(
                Repeat(
                    *(part.target, part.target_step, part.source, part.source_step, part.times),
                    _swapped(part.parts),
                )
            )
        elif isinstance(part, Copy):
            back.append(Copy(part.target, part.size, part.source))
        else:
            back.append(Narrow(part.target, part.numbers, part.source))
    return tuple(back)
