"""`top` on a terminal: a table that fills it, and keys."""

from __future__ import annotations

import os
import re
import select
import signal
import sys
import termios
import tty
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.cells import cell_len, set_cell_size
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from shm_pub_sub._rate import Deadlines
from shm_pub_sub._text import printable

from ..streams import exit_on_signal
from ..watch import Row, Watch
from .table import COLUMNS, RIGHT, cells, in_order, summary

OLD = 5.0
"""Seconds after which a value is marked as old."""

AROUND = 3
"""Lines that are no topic: the summary, the heading and the keys."""

NEEDS = {"type": 70, "pid": 80, "size": 90, "buffers": 100, "command": 120}
"""The terminal's width from which these columns are shown."""

LEAST = {"topic": 16, "value": 12, "rate": 10, "age": 8, "publisher": 9}
"""Minimum widths, so that columns do not move with each value."""

COMMAND = 24
"""Characters of a long command that stay before names are shortened."""

GAP = "  "

STYLES = {"dead": "red", "not trusted": "red", "retained": "dim", "old": "yellow", "alive": ""}

KEYS = "q quit · n r a sort by name, rate, age · ↑ ↓ PgUp PgDn"
_KEY = re.compile(rb"\x1b[\[O][0-9;]*[A-Za-z~]|.", re.DOTALL)
_SORT = {b"n": "name", b"r": "rate", b"a": "age"}
_ONE = {b"\x1b[A": -1, b"\x1bOA": -1, b"k": -1, b"\x1b[B": 1, b"\x1bOB": 1, b"j": 1}
_PAGE = {b"\x1b[5~": -1, b"\x1b[6~": 1, b" ": 1}


def show(watch: Watch, interval: float, sort: str) -> None:
    """Show the table until q or Ctrl-C; refresh it every `interval` seconds."""
    screen = _Screen(sort)
    while _stopped(watch, interval, screen):
        signal.raise_signal(signal.SIGSTOP)  # the terminal is restored; continues here


def _stopped(watch: Watch, interval: float, screen: _Screen) -> bool:
    """Show the table until q, Ctrl-C or Ctrl-Z; report whether it was Ctrl-Z."""
    with (
        _keyboard() as keys,
        _signals() as signals,
        Live(console=screen.console, screen=True, auto_refresh=False) as live,
    ):
        deadlines = Deadlines(period=interval)
        while True:
            rows = watch.rows()
            deadlines.advance()
            while (left := deadlines.left()) > 0:
                live.update(screen.draw(rows, watch), refresh=True)
                ready, _, _ = select.select([*keys, signals], [], [], left)
                if signals in ready and signal.SIGTSTP in os.read(signals, 4096):
                    return True  # otherwise SIGWINCH: the terminal was resized
                if keys and keys[0] in ready:
                    typed = os.read(keys[0], 4096)
                    if not typed or not all(map(screen.press, _KEY.findall(typed))):
                        return False


class _Screen:
    def __init__(self, sort: str) -> None:
        self.console = Console()
        self._sort = sort
        self._top = 0  # topics scrolled off the top
        self._free = 1  # lines for topics

    def press(self, key: bytes) -> bool:
        """Handle a key; report whether to continue."""
        self._sort = _SORT.get(key, self._sort)
        self._top += _ONE.get(key, 0) + _PAGE.get(key, 0) * self._free
        return key != b"q"

    def draw(self, rows: Sequence[Row], watch: Watch) -> Group:
        """Return the screen as lines of text: a rich.table.Table takes ten times as long."""
        width, height = self.console.size
        self._free = max(1, height - AROUND)
        self._top = max(0, min(self._top, len(rows) - self._free))
        shown = in_order(rows, self._sort)[self._top : self._top + self._free]
        heading, *lines = _lines([COLUMNS, *map(cells, shown)], width)
        last = KEYS
        if len(shown) < len(rows):
            last = f"{self._top + 1}-{self._top + len(shown)} of {len(rows)} · {KEYS}"
        return Group(
            _text(summary(rows, watch), "bold"),
            _text(heading.ljust(width), "reverse"),
            *(_text(line, STYLES[_mark(row)]) for line, row in zip(lines, shown, strict=True)),
            *[_text("")] * (self._free - len(shown)),
            _text(last, "dim"),
        )


def _lines(table: Sequence[Sequence[str]], width: int) -> list[str]:
    """Return rows as aligned lines, with the columns that fit the width."""
    chosen = [n for n, heading in enumerate(COLUMNS) if width >= NEEDS.get(heading, 0)]
    widths = {
        n: max(LEAST.get(COLUMNS[n], 0), *(cell_len(row[n]) for row in table)) for n in chosen
    }
    # Long names are shortened to leave space for the others, and commands at the edge.
    others = (min(w, COMMAND) if COLUMNS[n] == "command" else w for n, w in widths.items())
    free = width - sum(others) + widths[0] - len(GAP) * (len(chosen) - 1)
    widths[0] = min(widths[0], max(free, LEAST["topic"]))
    return [GAP.join(_cell(row[n], widths[n], n in RIGHT) for n in chosen) for row in table]


def _cell(text: str, width: int, right: bool) -> str:
    blanks = width - cell_len(text)
    if blanks < 0:
        return set_cell_size(text, width - 1) + "…"
    return " " * blanks + text if right else text + " " * blanks


def _text(line: str, style: str = "") -> Text:
    return Text(printable(line), style, no_wrap=True, overflow="ellipsis")


def _mark(row: Row) -> str:
    return "old" if row.state == "alive" and row.age is not None and row.age > OLD else row.state


@contextmanager
def _keyboard() -> Iterator[list[int]]:
    """Read keys unbuffered, without echo. Yield [stdin's descriptor], [] if it is no terminal."""
    if not sys.stdin.isatty():
        yield []
        return
    keyboard = sys.stdin.fileno()
    before = termios.tcgetattr(keyboard)
    tty.setcbreak(keyboard)
    try:
        yield [keyboard]
    finally:
        termios.tcsetattr(keyboard, termios.TCSADRAIN, before)


@contextmanager
def _signals() -> Iterator[int]:
    """Yield a descriptor that delivers signal numbers: SIGWINCH and SIGTSTP.

    SIGTERM restores the terminal, too.
    """
    readable, writable = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    before = signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
    handlers = {
        signal.SIGWINCH: signal.signal(signal.SIGWINCH, lambda *_: None),
        signal.SIGTSTP: signal.signal(signal.SIGTSTP, lambda *_: None),
        signal.SIGTERM: signal.signal(signal.SIGTERM, exit_on_signal),
    }
    try:
        yield readable
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(before)
        os.close(readable)
        os.close(writable)
