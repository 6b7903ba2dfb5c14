"""Topics that match and cannot be recorded: which, why, and whether that is a failure."""

from __future__ import annotations

import os
import pwd

from shm_pub_sub import ShmError
from shm_pub_sub._arguments import directory
from shm_pub_sub._topics import file_of
from shm_pub_sub._trust import check_trust

from ._output import complain, counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

SHOWN = 10
"""Topics of one reason that are named on stderr; the recording names all."""


class LeftOut:
    """What is left out, said once on stderr.

    What fails to open may be about to change its type: it counts from the second failure on.

    Args:
        named: The topics that were asked for by name.
    """

    def __init__(self, named: Collection[str]) -> None:
        self.reasons: dict[str, str] = {}
        """By topic."""
        self.failed = False
        """Whether one was named, or is this user's, or a trusted one's: it should be there."""
        self._named = named
        self._first: dict[str, str] = {}
        self._new: dict[str, list[str]] = {}

    @property
    def in_doubt(self) -> bool:
        """Whether to look again soon."""
        return bool(self._first)

    def add(self, name: str, reason: str, sure: bool = False) -> None:
        """Take down that a topic could not be opened, or is not to be, which is sure."""
        if name in self.reasons:
            return
        if not sure and name not in self._first:
            self._first[name] = reason
            return
        self._first.pop(name, None)
        self.reasons[name] = reason
        self._new.setdefault(reason.replace(repr(name), "it"), []).append(name)
        self.failed = self.failed or name in self._named or _ours(name)

    def keep(self, names: Collection[str]) -> None:
        """Forget those in doubt that are gone."""
        self._first = {name: why for name, why in self._first.items() if name in names}

    def opened(self, name: str) -> None:
        """Take down that a topic is recorded now."""
        self._first.pop(name, None)
        if self.reasons.pop(name, None):
            complain(f"{name} is recorded from now on")

    def end(self) -> None:
        """Count those in doubt: there is no other look."""
        for name, reason in self._first.copy().items():
            self.add(name, reason)
        self.tell()

    def tell(self) -> None:
        """Say what is new."""
        for reason, names in self._new.items():
            shown = ", ".join(names[:SHOWN])
            if len(names) > SHOWN:
                shown = f"{counted(len(names), 'topic')}, {shown}, ..."
            complain(f"left out: {shown}: {reason}")
        self._new = {}


def _ours(name: str) -> bool:
    """Return whether the topic's file is this user's, or of somebody whose topics it reads."""
    try:
        uid = os.lstat(file_of(directory(), name)).st_uid
    except (OSError, ShmError):
        return False  # gone since
    return uid in (0, os.geteuid()) or any(_is(user, uid) for user in check_trust(None).split(","))


def _is(user: str, uid: int) -> bool:
    if user.startswith("sudo:"):
        return os.geteuid() == 0 and user == f"sudo:{uid}"
    try:
        return user in ("any", str(uid)) or pwd.getpwnam(user).pw_uid == uid
    except KeyError:
        return False
