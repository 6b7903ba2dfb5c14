"""follow(): the values of all topics that match, from one call."""

from __future__ import annotations

import time
from threading import Lock, get_ident
from typing import TYPE_CHECKING, Any, NoReturn

from . import _hot
from ._arguments import check_directory, check_name, check_timeout, kind_of, short_repr
from ._descriptors import Descriptors
from ._errors import ClosedError, TopicTypeError, TopicValueError, WaitTimeoutError
from ._follow import Follower
from ._numpy import numpy_or_none
from ._subscriber import Subscriber
from ._taking import Item, Taking
from ._trust import check_trust

if TYPE_CHECKING:
    import os
    from collections.abc import Coroutine, Iterable, Sequence


def follow(
    *patterns: str,
    newest: bool = False,
    directory: str | os.PathLike[str] | None = None,
    trust: int | str | Iterable[int | str] | None = None,
) -> Follow:
    """Receive the values of every topic that matches, those that appear later included.

        for name, sample in shm_pub_sub.follow("robot/*"):
            print(name, sample.value)

    At first that is the newest value of each topic; of topics that appear later, all that they
    keep. Topics are followed from one publisher to the next, whatever their types. Those that
    cannot be read, or are not trusted, are logged once, and followed when they can be.

    A topic takes two descriptors. If the process has few left, further topics are logged once, and
    followed when there is room.

    Args:
        patterns: Names, or shell patterns of names; all topics if there are none. `*` matches
            slashes too. The name of a topic is no pattern.
        newest: Skip all values but a topic's newest whenever it has its turn.
        directory: As for Subscriber. It need not exist yet.
        trust: As for Subscriber.

    Raises:
        TopicTypeError: An argument has a type that is not accepted (a TypeError).
        TopicValueError: An argument has a value that is not accepted (a ValueError).
        OSError: There are no descriptors left.
    """
    return Follow(*patterns, newest=newest, directory=directory, trust=trust)


class Follow:
    """What follow() returns: an iterator, for `async for` too, of (name, sample).

    Values are as of a Subscriber without a default, and always the program's own. Threads may share
    it, and a forked child may use one that it inherited.
    """

    def __init__(
        self,
        *patterns: str,
        newest: bool = False,
        directory: str | os.PathLike[str] | None = None,
        trust: int | str | Iterable[int | str] | None = None,
    ) -> None:
        self._closed = True
        for pattern in patterns:
            if isinstance(pattern, (list, tuple, set, frozenset)):
                raise TopicTypeError(
                    f"follow: found {kind_of(pattern)} {short_repr(pattern)}; expected names or "
                    "patterns, an argument each; write follow(*names)"
                )
        words = [check_name(pattern) for pattern in patterns]
        if type(newest) is not bool:
            raise TopicTypeError(
                f"follow: found newest={short_repr(newest)}; expected True or False"
            )
        for word in words:
            if not word:
                raise TopicValueError(
                    "follow: found an empty pattern; expected a name, or 'robot/*'"
                )
        where, trusted = check_directory(directory), check_trust(trust)

        def subscribe(name: str, history: int) -> Any:
            return Subscriber(name, None, history=history, directory=where, trust=trusted)

        self._text = ", ".join(map(repr, words)) or "all topics"
        self._follower = Follower(
            words, directory=where, subscribe=subscribe, most=Descriptors().most
        )
        self._taking = Taking(self._follower, newest, self._text)
        self._receivers = 0  # calls that receive, or wait to
        self._signals = False  # whether anything else waits for the descriptor
        self._at_once = 0  # for arecv
        self._forks = _hot.forks()
        self._lock = Lock()
        self._owner = 0
        self._closed = False
        numpy_or_none()  # now: it takes longer than some topics live
        self._taking.look()

    def recv(self, timeout: float | None = None) -> Item:
        """Wait for the next value of any topic, and return the topic's name and the Sample.

        Args:
            timeout: Seconds to wait at most; None to wait without end.

        Raises:
            WaitTimeoutError: No value came within timeout seconds (a TimeoutError).
            ClosedError: It is closed, or was closed meanwhile (a ValueError).
        """
        hand: list[Item] = []
        try:
            self._recv(hand, timeout)
            return hand[0]
        except BaseException:
            self._put_back(hand)
            raise

    def _recv(self, hand: list[Item], timeout: object) -> None:
        """Wait for the next value, and put it into `hand`, from where Ctrl-C does not lose it."""
        seconds = check_timeout("follow", timeout)
        deadline = None if seconds is None else time.monotonic() + seconds
        self._receivers += 1
        try:
            self._wait(hand, deadline, timeout)
        finally:
            self._receivers -= 1

    def _wait(self, hand: list[Item], deadline: float | None, timeout: object) -> None:
        fds: Sequence[int] = ()
        while not self._next(hand, fds):
            if deadline is not None and time.monotonic() >= deadline:
                if self._next(hand, None):
                    return
                self._time_out(timeout)
            until = self._follower.due()
            if deadline is not None:
                until = min(until, deadline)
            try:
                fds = self._follower.poll.wait(max(0.0, until - time.monotonic()))
            except (OSError, ValueError):
                fds = ()  # closed, or lost: that is found next

    def arecv(self, timeout: float | None = None) -> Coroutine[Any, Any, Item]:
        """Wait as recv() does, in asyncio: `name, sample = await follow.arecv()`.

        Cancelling it loses no value. Several tasks, in several loops, may wait.
        """
        from . import _following_aio

        return _following_aio.arecv(self, timeout)

    def close(self) -> None:
        """Release all topics, and end iteration and waiting, of other threads too. Idempotent."""
        if self._closed:
            return
        self._closed = True
        self._follower.stop()
        self._release()

    @property
    def closed(self) -> bool:
        """True after close()."""
        return self._closed

    @property
    def lost(self) -> int:
        """How many values were overwritten before they were taken."""
        return self._taking.lost

    @property
    def topics(self) -> list[str]:
        """The names of the topics that are followed now, sorted."""
        topics = [*self._follower.topics.values()]
        return sorted(topic.name for topic in topics if topic.is_there and topic.subscriber)

    def fileno(self) -> int:
        """Return a descriptor that is readable while there may be something to take.

        Wake-ups can be spurious, and recv(0) is to be called once a second at least: it looks for
        topics. It belongs to this object; never read or close it.
        """
        if self._closed:
            self._say_closed()
        self._signals = True
        return self._follower.poll.fileno()

    def _next(self, hand: list[Item], fds: Sequence[int] | None = ()) -> bool:
        """Put the next value that is there into `hand`; report whether there is one.

        fds: What the poll found readable just now. None: look at each topic.
        """
        lock, me = self._own_lock(), get_ident()
        if self._owner == me:
            raise RuntimeError(
                "follow: called by a signal handler, or a destructor, in the midst of a call; "
                "expected it after that call"
            )
        try:
            with lock:
                self._owner = me
                try:
                    found = self._take_one(hand, fds)
                finally:
                    self._owner = 0
            return found
        except ValueError:
            if self._closed:
                self._say_closed()
            raise
        finally:
            if self._closed:
                self._release()

    def _put_back(self, hand: list[Item]) -> None:
        """Have the next call return what this one took: it ends by an exception."""
        if hand:
            with self._own_lock():
                self._taking.values.extendleft(hand)
        if self._taking.has_more and not self._closed:
            self._follower.poll.wake()  # this call may have been the one that was woken up

    def _own_lock(self) -> Lock:
        """Return the lock; in a forked child a new one, as a thread of the parent may hold that."""
        if self._forks != _hot.forks():
            self._forks, self._lock, self._owner = _hot.forks(), Lock(), 0
        return self._lock

    def _release(self) -> None:
        """Release the topics, unless a thread is in the midst of a call, which then does so."""
        lock = self._own_lock()
        if lock.acquire(blocking=False):
            try:
                self._follower.close()
                self._taking.values.clear()
            finally:
                lock.release()

    def _take_one(self, hand: list[Item], fds: Sequence[int] | None) -> bool:
        if self._closed:
            self._say_closed()
        found = self._taking.next(hand, fds)
        if found and self._taking.has_more and (self._receivers > 1 or self._signals):
            self._follower.poll.wake()
        return found

    def _say_closed(self) -> NoReturn:
        raise ClosedError(f"follow {self._text}: found it closed; call follow() again") from None

    def _time_out(self, timeout: object) -> NoReturn:
        raise WaitTimeoutError(
            f"follow {self._text}: found no value within {short_repr(timeout)} s"
        )

    def __iter__(self) -> Follow:
        return self

    def __next__(self) -> Item:
        hand: list[Item] = []
        try:
            self._recv(hand, None)
            return hand[0]
        except ClosedError:
            raise StopIteration from None
        except BaseException:
            self._put_back(hand)
            raise

    def __aiter__(self) -> Follow:
        return self

    def __anext__(self) -> Coroutine[Any, Any, Item]:
        from . import _following_aio

        return _following_aio.anext(self)

    def __enter__(self) -> Follow:
        if self._closed:
            self._say_closed()
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "closed" if self._closed else f"{len(self.topics)} topics"
        return f"<Follow {self._text}, {state}>"

    def __reduce__(self) -> NoReturn:
        raise TopicTypeError(
            "cannot pickle what follow() returns: it belongs to this process; call follow() there"
        )
