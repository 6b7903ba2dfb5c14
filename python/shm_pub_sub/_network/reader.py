"""A topic that is followed here, as what is sent of it: from one publisher to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._errors import OpenError, ShmError, TopicTypeError, WaitTimeoutError
from .._topics import TopicInfo, inspect_typed
from .messages import Description
from .values import codec_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._followed import Topic
    from .._hot import Sample
    from .outgoing import Life, Outgoing
    from .sending import Sending

TURN = 10_000
"""Values that are taken of a topic before the next one's turn."""
LAST_TURNS = 10
"""Turns for the values that a publisher has left; another may go on at once."""


class Reader:
    """Takes a topic's values, for one opening of it.

    Args:
        topic: What is followed; its subscriber is a raw one.
        outgoing: What is sent of it.
        sending: Where that belongs.
        every: Whether each value is sent.
        wire_ns: Makes a bridge's time of one on CLOCK_MONOTONIC.
        inspect: inspect_typed of the right directory and trust.
    """

    def __init__(
        self,
        topic: Topic,
        outgoing: Outgoing,
        sending: Sending,
        every: bool,
        wire_ns: Callable[[int], int],
        inspect: Callable[[str], tuple[TopicInfo, str]] = inspect_typed,
    ) -> None:
        self.topic, self.outgoing = topic, outgoing
        self.damaged = 0
        """Values that could not be encoded."""
        self.is_bridged = False
        """Whether the publisher is another bridge's: it is not sent on."""
        self.every = every
        self._sending, self._wire_ns, self._inspect = sending, wire_ns, inspect
        assert topic.info is not None
        self._info, self._descriptor = topic.info, topic.descriptor
        self._codec = codec_of(topic.descriptor)
        self._file = 0  # whose publisher the life is
        self._files = 0  # how many there were
        self._life: Life | None = None
        outgoing.read, outgoing.again = self.read, self.again
        outgoing.is_gone = False

    def read(self) -> None:
        """Take what has come; of a newest-value topic the newest value of each publisher."""
        subscriber = self.topic.subscriber
        if subscriber is None:
            return
        try:
            if self.every:
                if self._read_every(subscriber):
                    self.outgoing.has_news = True
                    return
            else:
                self._read_newest(subscriber)
            self._begin_next(subscriber)
        except (TopicTypeError, OpenError) as error:
            self.close()
            self.topic.reopen(error)

    def again(self) -> None:
        """Take the newest value once more."""
        subscriber, life = self.topic.subscriber, self._life
        if subscriber is None:
            return
        try:
            sample = subscriber.sample()
            if sample is not None and life is not None and subscriber._present == self._file:
                self._take(life, sample)
        except (TopicTypeError, OpenError):
            pass  # the next read says it

    def check(self) -> None:
        """Look whether the publisher is there, or another one."""
        subscriber = self.topic.subscriber
        if subscriber is None:
            return
        try:
            alive = subscriber._alive()
            present = subscriber._present
            if present != self._file:
                self._drain(subscriber)
                self._begin_next(subscriber)
            if not alive and self._life is not None and not self._life.is_over:
                self._drain(subscriber)
                retained = present == self._file and self._info.retain
                self._sending.end(self.outgoing, self._life, stays=retained)
        except (TopicTypeError, OpenError) as error:
            self._drain(subscriber)
            self.close()
            self.topic.reopen(error)

    def close(self) -> None:
        """Note that no more values of the publisher are taken."""
        life, self._life = self._life, None
        if life is not None and not life.is_over:
            self._sending.end(self.outgoing, life)

    @property
    def is_over(self) -> bool:
        """Whether there is no publisher to hear of."""
        return self._life is None or self._life.is_over

    def _drain(self, subscriber: Any) -> None:
        """Take the last values of a publisher that is gone."""
        try:
            if self.every:
                for _ in range(LAST_TURNS):
                    if not self._read_every(subscriber):
                        break
                else:
                    self._stir()
            else:
                self._read_newest(subscriber)
        except (TopicTypeError, OpenError):
            pass  # of the next publisher: there are no more of this one

    def _read_every(self, subscriber: Any) -> bool:
        """Take values; report whether there may be more."""
        receive, wire_ns = subscriber.recv_sample, self._wire_ns
        take = None  # of the publisher, as long as it is the one: calls cost most here
        try:
            for _ in range(TURN):
                sample = receive(0)
                if take is None or subscriber._taken_from != self._file:
                    self._taken(sample, subscriber)
                    take = None if self._life is None else self._life.take
                elif not take(sample[0], sample[1], wire_ns(sample[2])):
                    self.damaged += 1
        except WaitTimeoutError:
            return False
        return True

    def _read_newest(self, subscriber: Any) -> None:
        try:
            while True:
                subscriber._skip_each()
                self._taken(subscriber.recv_sample(0), subscriber)
                if subscriber._taken_from == subscriber._present:
                    # The descriptor tells of no value while one is left.
                    if subscriber._has_news():
                        self._stir()
                    return
        except WaitTimeoutError:
            pass

    def _stir(self) -> None:
        """Note that there is more to read."""
        self.outgoing.has_news = True
        self._sending.stir(self.outgoing)

    def _taken(self, sample: Sample[Any], subscriber: Any) -> None:
        file = subscriber._taken_from
        if file != self._file:
            self._begin(file, subscriber)
        if self._life is not None:
            self._take(self._life, sample)

    def _take(self, life: Life, sample: Sample[Any]) -> None:
        if not life.take(sample[0], sample[1], self._wire_ns(sample[2])):
            self.damaged += 1

    def _begin(self, file: int, subscriber: Any) -> None:
        """Note that another publisher's values come, and no more of the one before."""
        self.close()
        self._file = file
        self._files += 1
        self.is_bridged = subscriber._bridged
        if self.is_bridged:
            return
        if self._files > 1:
            self._look()
        info = self._info
        description = Description(
            self.outgoing.name,
            0,
            self._descriptor,
            self.every,
            info.retain,
            info.buffer_num,
            info.views,
            info.loans,
            info.metadata,
        )
        self._life = self._sending.begin(self.outgoing, description, self._codec)

    def _begin_next(self, subscriber: Any) -> None:
        """Note a publisher without a value, once all of the one before were taken."""
        present = subscriber._present
        if present not in (0, self._file):
            self._begin(present, subscriber)
            if self._life is not None:
                self.again()  # a retained value that it has of the one before is not new here

    def _look(self) -> None:
        """Learn what is known of the publisher now. If it is gone already: of the one before."""
        try:
            info, descriptor = self._inspect(self.outgoing.name)
        except ShmError:
            return
        if descriptor == self._descriptor:
            self._info = info
