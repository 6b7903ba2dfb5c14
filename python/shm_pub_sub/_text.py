"""Text for people: tables, durations, numbers and names."""

from __future__ import annotations

from collections.abc import Sequence

WIDEST_TYPE = 60
"""Characters of a type in tables: a record's names all its fields."""


def table(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    """Return rows, the first one the heading, as lines; the columns in `right` are right-aligned.

    Each row is one line, even if its cells contain newlines.
    """
    rows = [[*map(printable, row)] for row in rows]
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]

    def padded(column: int, cell: str) -> str:
        spaces = " " * (widths[column] - width(cell))
        return spaces + cell if column in right else cell + spaces

    return "\n".join("  ".join(map(padded, range(len(row)), row)).rstrip() for row in rows)


def width(text: str) -> int:
    """Return the number of a terminal's columns that text takes: two for a Chinese character."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 1 + (east_asian_width(c) in "WF") for c in text)


def duration(seconds: float | None) -> str:
    """Return seconds in units of their size: 12.3 us, 4.56 ms, 7.8 s, 2 min 3 s, 5 h 6 min."""
    if seconds is None:
        return "-"
    if seconds == float("inf"):  # the age of a value from before this boot
        return "an unknown time"
    for factor, unit in ((1e9, "ns"), (1e6, "us"), (1e3, "ms")):
        if seconds * factor < 999.5:
            return f"{seconds * factor:.3g} {unit}"
    if seconds < 60:
        return f"{seconds:.3g} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min {int(seconds % 60)} s"
    return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60)} min"


def frequency(hertz: float | None) -> str:
    """Return a rate in units of its size: 0.5 Hz, 12.3 kHz."""
    if hertz is None:
        return "-"
    for factor, unit in ((1, "Hz"), (1e3, "kHz")):
        if hertz < 999.5 * factor:
            return f"{hertz / factor:.3g} {unit}"
    return f"{hertz / 1e6:.3g} MHz"


def size(nbytes: float) -> str:
    """Return bytes in units of their size: 8 KiB, 1.5 MiB."""
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if nbytes < 1024:
            return f"{nbytes:.4g} {unit}"
        nbytes /= 1024
    return f"{nbytes:.4g} TiB"


def listed(names: Sequence[str], most: int = 10) -> str:
    """Return names, the first ones of many."""
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")


def number(value: bool | int | float) -> str:
    """Return a value in a few characters: True, 123456, 3.14159."""
    return f"{value:.6g}" if type(value) is float else str(value)


def printable(text: str) -> str:
    """Return text with control characters escaped: a topic may have any name."""
    if text.isprintable():
        return text
    # The command line's stdout escapes lone surrogates too.
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def shortened(text: str, most: int) -> str:
    """Return at most so many characters of a text, which ends with "..." if it is longer."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def short_type(text: str) -> str:
    """Return a type's text for a table: of a long record the first fields, `Imu{ax: float64, ...}`.

    It is still one that a reader can tell from others, and none that `pub --type` takes.
    """
    if len(text) <= WIDEST_TYPE:
        return text
    fields, _, _ = text[: WIDEST_TYPE - len(", ...}")].rpartition(", ")
    if fields.count("{") > fields.count("}"):
        return f"{fields}, ...}}"
    return f"{fields}, ..." if fields else shortened(text, WIDEST_TYPE)


def type_matches(text: str, pattern: str) -> bool:
    """Report whether a pattern matches a type's text, or it without fields or without its bound.

    `*` stands for any text and `?` for any character; brackets are those of the type.
    """
    import re

    regex = "".join({"*": ".*", "?": "."}.get(c) or re.escape(c) for c in pattern)
    bare, left = text, 1
    while left:
        bare, left = re.subn(r"\{[^{}]*\}", "", bare)
    texts = {text, bare}
    texts |= {re.sub(r" <= \d+$", "", each) for each in texts}
    return any(re.fullmatch(regex, each) for each in texts)


def counted(number: int, noun: str) -> str:
    """Return "1 topic", "2 topics"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
