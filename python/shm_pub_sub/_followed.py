"""A topic that is followed from one publisher to the next, whatever their types."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

from . import _hot
from ._errors import LayoutError, OpenError, ShmError, TopicTypeError, WaitTimeoutError
from ._hot import Sample
from ._topics import TopicInfo

AT_ONCE = 10_000
"""Values of a topic that take() returns at most, so that the others have their turn."""

FEWER_AT_ONCE = 100
"""The same of a topic whose values may be large."""

OPENED, REFUSED, GONE = "opened", "refused", "gone"


class Event(NamedTuple):
    """What has happened to a topic."""

    what: str
    """OPENED: it is subscribed to. REFUSED: it is there, and topic.error says why it cannot be
    read. GONE: it is there no longer."""
    topic: Topic


class Topic:
    """A topic that is followed.

    Args:
        hurry: Gets those that are to be opened at the next look.
        stalled: Gets those that the follower is to wait for again, later.
    """

    def __init__(self, name: str, by_pattern: bool, hurry: set[Topic], stalled: set[Topic]) -> None:
        self.name = name
        self.by_pattern = by_pattern
        """Whether a pattern chose it; otherwise it was named."""
        self.is_there = False
        self.info: TopicInfo | None = None
        """What was known of it when it was opened, or refused; None before."""
        self.descriptor = ""
        """Of its type, if it was inspected."""
        self.subscriber: Any = None
        """None while there is no such topic, or none that can be read."""
        self.error: ShmError | None = None
        """Why the topic that is there cannot be read, or is not taken."""
        self.in_doubt: OpenError | None = None
        """The same after one attempt; it may have been about to change its type."""
        self.damage: LayoutError | None = None
        """What was found while values were read; the next look refuses the topic for now."""
        self.damaged: tuple[int, int] | None = None
        """The device and inode of the file in which that was found."""
        self.glance: Callable[[Any], Any] | None = None
        """Makes of a value what is kept of it; None: values are kept as they are."""
        self.fd = -1
        """The subscriber's descriptor, once the follower waits for it."""
        self._poll: _hot.Poll | None = None
        self._hurry, self._stalled = hurry, stalled
        self._lost = 0

    def take(self, timeout: float | None = 0) -> list[Sample[Any]]:
        """Return values that have not been taken yet. It waits for the first, the others are there.

        The list is empty if none comes in time, or if the topic is another now.
        """
        taken: list[Sample[Any]] = []
        receive, glance = self.subscriber.recv_sample, self.glance
        try:
            if glance is not None:
                for _ in range(FEWER_AT_ONCE):
                    taken.append(_reduced(receive(0 if taken else timeout), glance))
                return taken
            taken.append(receive(timeout))
            for _ in range(AT_ONCE - 1):
                taken.append(receive(0))
        except WaitTimeoutError:
            pass
        except (TopicTypeError, OpenError) as error:
            self.reopen(error)
        return taken

    def newest(self) -> Sample[Any] | None:
        """Return the newest value, taken or not; None if there is none."""
        try:
            newest: Sample[Any] | None = self.subscriber.sample()
        except (TopicTypeError, OpenError) as error:
            self.reopen(error)
            return None
        if newest is None or self.glance is None:
            return newest
        return _reduced(newest, self.glance)

    def has_news(self) -> bool:
        """Report whether there is something to take, be it an error."""
        try:
            found: bool = self.subscriber._has_news()
        except (TopicTypeError, OpenError):
            return True
        return found

    def wait_in(self, poll: _hot.Poll, told: bool, once: bool = False) -> None:
        """Make the poll readable while there are values to take; raises OSError.

        told: whether look_at_name() will be called whenever the topic's file is another.
        once: whether wait() returns it once, until all values are taken.
        """
        if told:
            self.subscriber._tell(True)
        self.fd, self._poll = self.subscriber.fileno(), poll
        with suppress(FileExistsError):  # from a call that Ctrl-C has ended
            poll.add(self.fd, once)

    def tell(self, told: bool) -> None:
        """Say whether look_at_name() will be called whenever the topic's file is another."""
        if self.fd >= 0 and self.subscriber is not None:
            self.subscriber._tell(told)

    def look_at_name(self) -> None:
        """Have the subscriber look whether the name is another file's."""
        if self.subscriber is not None:
            self.subscriber._renamed()

    def reopen(self, error: ShmError) -> None:
        """Have the next look subscribe again: the topic is of another type, or damaged.

        If its next file cannot be opened, as no descriptor is left, the subscriber knows best
        where to go on, and is only left alone for a while.
        """
        if type(error) is OpenError and self._poll is not None:
            self._stalled.add(self)
            self.leave_poll()
            return
        if self.is_there and isinstance(error, LayoutError):
            self.damage = error
        self._hurry.add(self)
        self.close()

    def close(self) -> None:
        if self.subscriber is not None:
            self._lost += self.subscriber.lost
            self.leave_poll()
            self.subscriber.close()
            self.subscriber = None

    def leave_poll(self) -> None:
        """Make no poll readable any more."""
        if self._poll is not None:
            with suppress(OSError, ValueError):  # closed, or the program closed its descriptors
                self._poll.remove(self.fd)
        self.fd, self._poll = -1, None

    @property
    def alive(self) -> bool:
        return self.subscriber is not None and self.subscriber.publisher_alive

    @property
    def lost(self) -> int:
        """How many values were overwritten before they were taken."""
        return self._lost + (self.subscriber.lost if self.subscriber is not None else 0)


def _reduced(sample: Sample[Any], glance: Callable[[Any], Any]) -> Sample[Any]:
    """Return a sample without its value, which may lie in shared memory, but for a glance at it."""
    value, *rest = sample
    return Sample((glance(value), *rest))
