"""Messages of overlapping chunks come in the order of their times, in bounded memory."""

import tracemalloc
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("mcap")
from shm_pub_sub._recording.in_order import EACH, Piece, in_order
from shm_pub_sub._recording.mcap_chunks import RawMessage

TIMES = st.lists(st.integers(0, 12), min_size=1, max_size=8)


def piece(times: list[int], number: int) -> Piece:
    messages = [RawMessage(time, 0, n, number, memoryview(b"x")) for n, time in enumerate(times)]
    return Piece(min(times), max(times), lambda: messages)


@settings(deadline=None)
@given(st.lists(TIMES, max_size=8), st.integers(0, 13), st.integers(0, 13), st.integers(0, 10))
def test_order_is_that_of_times_however_little_may_wait(
    chunks: list[list[int]], start: int, end: int, most: int
) -> None:
    pieces = [piece(times, number) for number, times in enumerate(chunks)]
    found = [each for some in in_order(pieces, start, end, most * EACH) for each in some]
    ranked = sorted(pieces, key=lambda each: each.start_ns)  # equal times: as they begin
    expected = [each for one in ranked for each in one.read() if start <= each.time_ns < end]
    assert found == sorted(expected, key=lambda each: each.time_ns)


@pytest.mark.parametrize("spread", [1, 0], ids=["same_span", "same_time"])
def test_little_waits_when_all_chunks_overlap(spread: int) -> None:
    """A file of 16 MiB whose chunks all have the same span, or even only one time."""
    size, count = 1 << 16, 64

    def read(number: int) -> list[RawMessage]:
        times = [0, *(spread * (number + n * count) for n in range(1, 4))]
        data = bytes(4 * size)
        return [
            RawMessage(time, 0, n, number, memoryview(data)[n * size : (n + 1) * size])
            for n, time in enumerate(times)
        ]

    pieces = [Piece(0, spread * 4 * count, partial(read, number)) for number in range(count)]
    found = []
    tracemalloc.start()
    for some in in_order(pieces, 0, 10**9, most=1 << 20):
        found += [(each.time_ns, each.channel, each.sequence) for each in some]
        del some
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found) == 4 * count
    assert [time for time, *_ in found] == sorted(time for time, *_ in found)
    assert len({*found}) == len(found)
    # A chunk is kept as long as one of its messages, here at least a quarter of it.
    assert peak < 6 << 20
