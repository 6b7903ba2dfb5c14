"""Messages of chunks that may overlap in time, in the order of their times, in bounded memory."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import NamedTuple

from .mcap_chunks import RawMessage

MOST_WAITING = 1 << 26
"""Bytes of messages that wait for others that may be earlier."""
EACH = 400
"""Bytes that a message takes besides its data."""

_time = itemgetter(0)


class Piece(NamedTuple):
    """A chunk: the range of its messages' times, and how to read them."""

    start_ns: int
    end_ns: int
    read: Callable[[], list[RawMessage]]


def in_order(
    pieces: Sequence[Piece], start_ns: int, end_ns: int, most: int = MOST_WAITING
) -> Iterator[list[RawMessage]]:
    """Yield the messages from start_ns until before end_ns; equal times in the pieces' order.

    A message waits while a piece follows that begins before it. If more than `most` bytes wait, the
    latest are dropped, and their pieces are read once more for them.
    """
    pieces = sorted(pieces, key=_time)
    while start_ns < end_ns:
        left = [each for each in pieces if start_ns <= each.end_ns and each.start_ns < end_ns]
        until_ns, waiting, nbytes = end_ns, list[RawMessage](), 0
        for number, piece in enumerate(left, 1):
            if piece.start_ns >= until_ns:
                break
            new = [each for each in piece.read() if start_ns <= each.time_ns < until_ns]
            last = number == len(left)
            safe_ns = until_ns if last else max(left[number].start_ns, start_ns)
            waiting += [each if each.time_ns <= safe_ns else _apart(each) for each in new]
            nbytes += _size(new)
            del new  # its data may be large
            waiting.sort(key=_time)
            safe = bisect_right(waiting, safe_ns, key=_time)
            if safe:
                nbytes -= _size(waiting[:safe])
                yield waiting[:safe]
                del waiting[:safe]
            if nbytes > most:
                until_ns = waiting[len(waiting) // 2].time_ns
                del waiting[bisect_left(waiting, until_ns, key=_time) :]
                nbytes = _size(waiting)
        if waiting:
            yield waiting
        start_ns = until_ns


def _size(messages: Sequence[RawMessage]) -> int:
    return sum([each.data.nbytes for each in messages]) + EACH * len(messages)


def _apart(message: RawMessage) -> RawMessage:
    """Return a message that waits: with data of its own if it would keep a much larger chunk."""
    data = message.data
    if data.nbytes * 4 < len(data.obj):  # type: ignore[arg-type]
        return message._replace(data=memoryview(bytes(data)))
    return message
