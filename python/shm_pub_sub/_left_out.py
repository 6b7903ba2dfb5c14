"""Topics that are left out because they cannot be read: why, and whether that is a failure."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable

from ._arguments import directory
from ._errors import ShmError, TopicTypeError
from ._topics import file_of
from ._trust import trusts


class LeftOut:
    """What is left out of all that was asked for."""

    def __init__(self, named: Iterable[str] = ()) -> None:
        self.reasons: dict[str, str] = {}
        """By topic. Those that can be read later stay: values of them are missing."""
        self.failed = False
        """Whether one was asked for by name, or belongs to a trusted user."""
        self._named = set(named)
        self._new: list[str] = []

    def add(self, name: str, error: ShmError | str) -> None:
        """Leave a topic out; one of a type that is not taken fails only if it was named."""
        if name not in self.reasons:
            self.reasons[name] = str(error)
            self._new.append(name)
            expected = not isinstance(error, TopicTypeError) and is_expected(name)
            self.failed = self.failed or name in self._named or expected

    def discard(self, name: str) -> bool:
        """Note that a topic can be read again; return whether it was left out."""
        return self.reasons.pop(name, None) is not None

    @property
    def has_news(self) -> bool:
        """Whether news() has something to return."""
        return bool(self._new)

    def news(self) -> list[tuple[str, list[str]]]:
        """Return what was added since the last call: reasons, each with its topics."""
        new, self._new = self._new, []
        found: dict[str, list[str]] = {}
        for name in new:
            reason = self.reasons.get(name, "")
            same = reason.replace(repr(name), "it").replace(f'"{name}"', "it")
            found.setdefault(same, []).append(name)
        return [
            (self.reasons[names[0]] if len(names) == 1 else reason, names)
            for reason, names in found.items()
            if names[0] in self.reasons
        ]


def is_expected(name: str) -> bool:
    """Report whether the topic's owner is trusted; the rule is that of trust.go."""
    where = directory()
    try:
        owner = os.lstat(file_of(where, name)).st_uid
        status = os.stat(where)
    except (OSError, ShmError):
        return False  # gone since
    if trusts(owner):
        return True
    return trusts(status.st_uid) and not status.st_mode & stat.S_IWOTH
