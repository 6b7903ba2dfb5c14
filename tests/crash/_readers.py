"""C and Go subscribers of one topic, and what they must read."""

from contextlib import ExitStack
from typing import Any

import shm_pub_sub
from support.go import GoSubscriber
from support.waiting import until

SLACK = 2.0
"""Seconds for what takes 0.1 s on a quiet machine."""


class Readers:
    """A C and a Go subscriber that stay attached, and new ones at each look.

    What they read is text, which tells -0.0 from 0.0, True from 1, and NaN is NaN in it.
    """

    def __init__(self, topic: str, default: Any) -> None:
        self._topic, self._default = topic, default
        self._kinds: list[Any] = [shm_pub_sub.Subscriber, GoSubscriber]
        self._attached = [kind(topic, default) for kind in self._kinds]
        self.nothing = repr((default, False))

    def attached(self) -> set[str]:
        return {repr(reader.subscribe()) for reader in self._attached}

    def generations(self) -> set[int]:
        """The upper halves of the values that the attached ones read; 0 if they read none."""
        found = [reader.subscribe() for reader in self._attached]
        return {value >> 32 if ok else 0 for value, ok in found}

    def new(self) -> set[str]:
        with ExitStack() as stack:
            made = [stack.enter_context(kind(self._topic, self._default)) for kind in self._kinds]
            return {repr(reader.subscribe()) for reader in made}

    def all_read(self, expected: str) -> None:
        assert self.attached() == {expected}
        assert self.new() == {expected}

    def after_a_death(self, last: set[str]) -> str:
        """New ones know at once what is left; attached ones may read the last value for 0.1 s."""
        (left,) = self.new()
        assert self.attached() <= last | {left}
        until(lambda: self.attached() == {left}, "the death to be noticed", 0.1 + SLACK)
        return left

    def follow_the_next(self, value: Any, buffer_num: int = 3) -> None:
        """Another publisher takes the topic over, all read it, and it leaves nothing."""
        with shm_pub_sub.Publisher(self._topic, type(value)(), buffer_num) as publisher:
            publisher.publish(value)
            expected = repr((value, True))
            assert self.new() == {expected}
            until(lambda: self.attached() == {expected}, "the next publisher", 0.1 + SLACK)
        self.all_read(self.nothing)

    def close(self) -> None:
        for reader in self._attached:
            reader.close()
