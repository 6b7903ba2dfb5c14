"""The pace of `play`: values at their recorded times, with pauses and steps by keys."""

from __future__ import annotations

import time

from shm_pub_sub._text import counted, duration

from .output import log
from .progress import INTERVAL, Progress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from shm_pub_sub._recording.player import Player
    from shm_pub_sub._recording.tracks import Value

    from .keys import Keys

FOUND = 0.1
"""Seconds after which waiting subscribers have found a topic: they look every 20 ms."""
GAP = 60.0
"""Seconds without a value after which the gap is reported or skipped."""
KEPT = 1.0
"""Seconds that remain of a skipped gap."""
LOOK = 0.05
"""Seconds after which keys are looked for while values leave no time to wait."""

_clock = time.monotonic


class Playback:
    """Publishes batches of values, from the recorded time `first` until before `end`, in ns.

    Each value has an absolute time, so that delays do not add up.
    """

    def __init__(
        self,
        player: Player,
        keys: Keys,
        first: int,
        end: int,
        *,
        speed: float = 1.0,
        skip_gaps: bool = False,
        paused: bool = False,
    ) -> None:
        self._player, self._keys = player, keys
        self._first, self._length = first, (end - first) / 1e9
        self._speed, self._factor = speed, 1e-9 / speed
        self._gap = GAP * min(1.0, 1 / speed)  # a minute of recorded or of playing time
        self._skip_gaps = skip_gaps
        self._start = 0.0  # when `first` is due
        self._paused_at = 0.0 if not paused else _clock()
        self._typed = ""
        self._stopped = 0.0
        self._look_at = 0.0
        self._progress = Progress()

    def play(self, batches: Iterable[list[Value]]) -> None:
        """Publish all values, or those before the key q."""
        player, first, factor = self._player, self._first, self._factor
        try:
            for batch in batches:
                # Decoding the first batch takes a while.
                self._start = self._start or _clock() + FOUND
                for time_ns, _, _, channel, value in batch:
                    recorded = (time_ns - first) * factor
                    now = _clock()
                    if now < self._start + recorded or now >= self._look_at or self._paused_at:
                        if not self._wait(recorded):
                            return
                        now = _clock()
                    player.publish(channel, value)
                    late = now - self._start - recorded
                    if late > player.late:
                        player.late = late
            time.sleep(FOUND)
        finally:
            self._progress.end()

    def _wait(self, recorded: float) -> bool:
        """Wait until a value is due, or a key steps to it; report whether to go on."""
        checked = False
        while True:
            if not self._paused_at and not checked:
                self._check_gap(recorded)
                checked = True
            now = _clock()
            if self._progress.due():
                self._show(now)
            left = INTERVAL if self._paused_at else self._start + recorded - now
            self._typed += self._keys.wait(0 if self._typed else min(max(left, 0), INTERVAL))
            now = self._look_at = _clock()
            self._look_at += LOOK
            self._note_stop()
            while self._typed:
                key, self._typed = self._typed[0], self._typed[1:]
                if key == "q":
                    return False
                if key == " ":
                    self._toggle(now)
                elif key == "." and self._paused_at:
                    self._start, self._paused_at = now - recorded, now
                    self._show(now)
                    return True
            if not self._paused_at and now >= self._start + recorded:
                return True

    def _toggle(self, now: float) -> None:
        if self._paused_at:
            self._start += now - self._paused_at
            self._paused_at = 0.0
        else:
            self._paused_at = now
        self._show(now)

    def _note_stop(self) -> None:
        """Go on after Ctrl-Z where it was, as after a pause."""
        stopped = self._keys.stopped
        if not self._paused_at:
            self._start += stopped - self._stopped
        self._stopped = stopped

    def _check_gap(self, recorded: float) -> None:
        """Report a gap before a value, and skip it if that is wanted."""
        gap = self._start + recorded - _clock()
        if gap > self._gap:
            self._progress.end()
            what = "skipped" if self._skip_gaps else "--skip-gaps shortens it"
            log(f"no value for {duration(gap)}; {what}")
            if self._skip_gaps:
                self._start -= gap - KEPT

    def _show(self, now: float) -> None:
        at = ((self._paused_at or now) - self._start) * self._speed
        place = f"{max(at, 0.0) % (self._length or 1):.1f} s of {self._length:.1f} s"
        text = f"{place}, {counted(self._player.values, 'value')}"
        if self._paused_at:
            text = f"paused at {text}; . steps, space plays, q ends"
        elif self._keys.available:
            text = f"{text}; space pauses, q ends"
        self._progress.show(text)
