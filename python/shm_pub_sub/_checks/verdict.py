"""What one check of `doctor` finds."""

from __future__ import annotations

from typing import NamedTuple

OK, WARN, FAIL = "ok", "warn", "fail"


class Verdict(NamedTuple):
    """One check's."""

    check: str
    verdict: str
    """ok; warn: it works, but not always or not well; fail: it does not."""
    found: str
    do: str | None = None
    """What to do about it."""
