"""Topics that match and cannot be recorded: which, why, and whether that is a failure."""

from __future__ import annotations

from .output import complain, counted
from .owners import is_expected

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

SHOWN = 10
"""Topics of one reason that are named on stderr; the recording names all."""


class Unrecorded:
    """What is not recorded, said once on stderr.

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
        self.failed = self.failed or name in self._named or is_expected(name)

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
