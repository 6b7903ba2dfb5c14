"""What a check finds."""

from __future__ import annotations

from typing import NamedTuple

OK, WARN, FAIL = "ok", "warn", "fail"


class Finding(NamedTuple):
    """The result of one check of this machine's setup."""

    check: str
    """The name of the check."""
    verdict: str
    """"ok"; "warn" if it works, but not always or not well; "fail" if it does not work."""
    found: str
    """What was found, in words."""
    remedy: str | None = None
    """What to do about it; None if there is nothing to do."""
