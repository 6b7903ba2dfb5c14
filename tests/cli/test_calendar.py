"""Times of publication as those of the calendar."""

import time
from types import SimpleNamespace

import pytest
from shm_pub_sub._cli import lines


def test_calendar_time_calendars_a_clock_that_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = lines.WallClock()
    offset = clock.offset()
    assert abs(time.monotonic_ns() + offset - time.time_ns()) < 2_000_000_000
    assert abs(clock.offset() - offset) < 1_000_000_000
    hour = 3600 * 10**9
    set_forward = SimpleNamespace(
        time_ns=lambda: time.time_ns() + hour, monotonic_ns=time.monotonic_ns
    )
    monkeypatch.setattr(lines, "time", set_forward)
    assert abs(clock.offset() - offset - hour) < 10**9


def test_seconds_have_every_digit() -> None:
    assert lines.seconds(1795575131_000000007) == "1795575131.000000007"
