"""Topics as they are sent: their publishers, one after the other, and what is known of each."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .._topics import NUMBERS
from .kept import Messages, Numbers
from .messages import Description, WireError, pack_value

if TYPE_CHECKING:
    from .values import Codec

LARGE = 1 << 16
"""Bytes of a newest value that is kept only until all receivers have got it."""


class Life:
    """A publisher of a topic, as receivers hear of it.

    Args:
        number: Greater than that of all before: receivers know it by that.
        description: Of it.
        codec: Of its type.
    """

    def __init__(self, number: int, description: Description, codec: Codec) -> None:
        self.id = number
        self.description = description
        self.nbytes = 200 + len(description.topic) + len(description.descriptor)
        """About those of the description in a round."""
        if description.metadata:
            self.nbytes += len(repr(description.metadata))
        self.published = 0
        """The number of the last value that was taken."""
        self.is_over = False
        self.stays = False
        """Whether receivers that come later hear of it though it is over: its value is retained."""
        self.kept: Numbers | Messages | None = None
        """Every value; None if only the newest one is sent."""
        if description.every:
            kind = Numbers if description.descriptor in NUMBERS else Messages
            self.kept = kind(codec, description.incarnation)
        self.message: bytes | None = None
        """The newest value; None if there is none, or if it must be read again."""
        self.number = 0
        """Its number."""
        self._codec = codec

    def take(self, raw: Any, number: int, time_ns: int) -> bool:
        """Have a value that was published; report False if it is damaged."""
        self.published = number
        try:
            if self.kept is not None:
                self.kept.add(raw, number, time_ns)
            else:
                incarnation = self.description.incarnation
                self.message = pack_value(self._codec, raw, number, time_ns, incarnation)
                self.number = number
        except WireError:
            return False
        return True

    def end(self, stays: bool = False) -> None:
        """Note that its last value was taken.

        stays: whether that is retained.
        """
        self.is_over, self.stays = True, stays

    def is_sent(self, number: int) -> bool:
        """Report whether a receiver that has got that value has nothing to get."""
        return number >= (self.number if self.kept is None else self.kept.last)


class Outgoing:
    """A topic that is sent.

    Args:
        name: Its name here.
        read: Takes values that have come, of a newest-value topic the newest one, and gives them
            to take() of the topic's publishers; it may begin and end them.
        again: Gives the newest value, which was read before, to take() again.
    """

    def __init__(
        self,
        name: str,
        read: Callable[[], None] = lambda: None,
        again: Callable[[], None] = lambda: None,
    ) -> None:
        self.name = name
        self.lives: list[Life] = []
        """Its publishers that a receiver may have to hear of, the present one last."""
        self.has_news = False
        """Whether read() may find something."""
        self.is_gone = False
        """Whether it is to be forgotten as soon as all receivers know that."""
        self.read, self.again = read, again

    def begin(self, life: Life) -> None:
        """Note a publisher, after the end of the one before."""
        for before in self.lives:
            before.stays = False
        self.lives.append(life)

    def withdraw(self) -> None:
        """Note that the retained value is gone."""
        for life in self.lives:
            life.stays = False

    def refresh(self) -> None:
        """Take what has come."""
        if self.has_news:
            self.has_news = False
            self.read()

    def message(self, life: Life) -> bytes | None:
        """Return the newest value of a publisher."""
        if life.message is None and life.number and life is self.lives[-1]:
            self.again()
        return life.message

    def newest(self) -> bytes | None:
        """Return the newest value; None if there is none."""
        self.refresh()
        life = self.lives[-1] if self.lives else None
        if life is None or (life.is_over and not life.stays):
            return None
        if life.kept is None:
            return self.message(life)
        found = life.kept.after(life.kept.last - 1, 0)
        return found and found[0]

    def next_after(self, number: int, known: int) -> Life | None:
        """Return the publisher that a receiver hears of after the one with that id.

        known: The id of the last one that began before the receiver came.
        """
        for life in self.lives:
            if life.id <= number:
                continue
            if not life.is_over or life.stays:
                return life
            # A short one: its values are for those that were there.
            is_last = life is self.lives[-1] or life.kept is not None
            if life.id > known and life.published and is_last:
                return life
        return None
