"""`top` on a terminal: a table as large as the terminal is, and keys."""

from __future__ import annotations

import os
import re
import select
import signal
import sys
import termios
import time
import tty
from contextlib import contextmanager

from rich.cells import cell_len, set_cell_size
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from ..output import printable
from ..streams import leave
from .table import COLUMNS, RIGHT, cells, in_order, summary

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..watch import Row, Watch

OLD = 5.0
"""Seconds from which on a value is marked as old."""

AROUND = 3
"""Lines that are not a topic's: the summary, the heading and the last line."""

NEEDS = {"type": 70, "pid": 80, "size": 90, "buffers": 100, "command": 120}
"""Columns of a terminal from which on there is room for these."""

LEAST = {"topic": 16, "value": 12, "rate": 10, "age": 8, "publisher": 9}
"""Least widths, lest columns move with each value."""

COMMAND = 24
"""The width that commands have at least, where they are so long, before names are shortened."""

GAP = "  "

STYLES = {"dead": "red", "not trusted": "red", "retained": "dim", "old": "yellow", "alive": ""}

KEYS = "q quit · n r a sort by name, rate, age · ↑ ↓ PgUp PgDn"
_KEY = re.compile(rb"\x1b[\[O][0-9;]*[A-Za-z~]|.", re.DOTALL)
_SORT = {b"n": "name", b"r": "rate", b"a": "age"}
_ONE = {b"\x1b[A": -1, b"\x1bOA": -1, b"k": -1, b"\x1b[B": 1, b"\x1bOB": 1, b"j": 1}
_PAGE = {b"\x1b[5~": -1, b"\x1b[6~": 1, b" ": 1}


def show(watch: Watch, delay: float, sort: str) -> None:
    """Show the table, anew after each delay, until q or Ctrl-C."""
    screen = _Screen(sort)
    while _stopped(watch, delay, screen):
        signal.raise_signal(signal.SIGSTOP)  # with the terminal as it was; it goes on here


def _stopped(watch: Watch, delay: float, screen: _Screen) -> bool:
    """Show the table until it is to end or, by Ctrl-Z, to stop, and report whether it is that."""
    with (
        _keyboard() as keys,
        _signals() as signals,
        Live(console=screen.console, screen=True, auto_refresh=False) as live,
    ):
        while True:
            rows = watch.look()
            due = time.monotonic() + delay
            while (left := due - time.monotonic()) > 0:
                live.update(screen.draw(rows, watch), refresh=True)
                ready, _, _ = select.select([*keys, signals], [], [], left)
                if signals in ready and signal.SIGTSTP in os.read(signals, 4096):
                    return True  # and else the terminal has another size
                if keys and keys[0] in ready:
                    typed = os.read(keys[0], 4096)
                    if not typed or not all(map(screen.press, _KEY.findall(typed))):
                        return False


class _Screen:
    def __init__(self, sort: str) -> None:
        self.console = Console()
        self._sort = sort
        self._top = 0  # topics above the first that is shown
        self._room = 1  # topics that can be shown

    def press(self, key: bytes) -> bool:
        """Do what a key is for, and report whether to go on."""
        self._sort = _SORT.get(key, self._sort)
        self._top += _ONE.get(key, 0) + _PAGE.get(key, 0) * self._room
        return key != b"q"

    def draw(self, rows: Sequence[Row], watch: Watch) -> Group:
        """Return the whole screen: lines of text, as a rich.table.Table takes ten times as long."""
        width, height = self.console.size
        self._room = max(1, height - AROUND)
        self._top = max(0, min(self._top, len(rows) - self._room))
        shown = in_order(rows, self._sort)[self._top : self._top + self._room]
        heading, *lines = _lines([COLUMNS, *map(cells, shown)], width)
        last = KEYS
        if len(shown) < len(rows):
            last = f"{self._top + 1}-{self._top + len(shown)} of {len(rows)} · {KEYS}"
        return Group(
            _text(summary(rows, watch), "bold"),
            _text(heading.ljust(width), "reverse"),
            *(_text(line, STYLES[_mark(row)]) for line, row in zip(lines, shown, strict=True)),
            *[_text("")] * (self._room - len(shown)),
            _text(last, "dim"),
        )


def _lines(table: Sequence[Sequence[str]], width: int) -> list[str]:
    """Return rows as lines of aligned columns, of those that such a terminal has room for."""
    chosen = [n for n, heading in enumerate(COLUMNS) if width >= NEEDS.get(heading, 0)]
    widths = {
        n: max(LEAST.get(COLUMNS[n], 0), *(cell_len(row[n]) for row in table)) for n in chosen
    }
    # Names are shortened where they would leave no room for the others, and commands at the edge.
    others = (min(w, COMMAND) if COLUMNS[n] == "command" else w for n, w in widths.items())
    room = width - sum(others) + widths[0] - len(GAP) * (len(chosen) - 1)
    widths[0] = min(widths[0], max(room, LEAST["topic"]))
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
    """Give keys as they are pressed, unseen, where there is a keyboard: [its descriptor] or []."""
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
    """Give a descriptor to read the numbers of signals from: another size of the terminal, Ctrl-Z.

    An end by SIGTERM leaves the terminal as it was, too.
    """
    readable, writable = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    before = signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
    handlers = {
        signal.SIGWINCH: signal.signal(signal.SIGWINCH, lambda *_: None),
        signal.SIGTSTP: signal.signal(signal.SIGTSTP, lambda *_: None),
        signal.SIGTERM: signal.signal(signal.SIGTERM, leave),
    }
    try:
        yield readable
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(before)
        os.close(readable)
        os.close(writable)
