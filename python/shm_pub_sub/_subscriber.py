"""Subscriber: everything that is not per value. subscribe() itself is in C (hot/subscriber.c)."""

from __future__ import annotations

import os
from types import GenericAlias, TracebackType

from . import _hot
from ._arguments import (
    TYPE_TAGS,
    check_default,
    check_directory,
    check_history,
    check_max_age,
    check_name,
    check_timeout,
    path_to_go,
    short_repr,
)
from ._errors import (
    ClosedError,
    LayoutError,
    OpenError,
    TopicNotFoundError,
    TopicTypeError,
    WaitTimeoutError,
)
from ._extension import load
from ._go import from_go
from ._log import logger
from ._trust import check_trust

TYPE_CHECKING = False  # not from typing, whose import costs more than all else here
if TYPE_CHECKING:
    import builtins
    from collections.abc import Callable, Coroutine, Iterable
    from typing import Any, NoReturn


_aio: Any = None  # the module, once it is needed: asyncio takes long to import


def _asyncio_part() -> Any:
    global _aio
    if _aio is None:
        from . import _aio as part

        _aio = part
    return _aio


@_hot.own_methods
class Subscriber(_hot.Subscriber):
    """Reads a topic, whoever publishes it: its newest value, or every value in turn.

    subscribe() and sample() read the newest value. recv(), iteration, try_recv() and drain() each
    take the next one that this subscriber has not taken yet. Neither way disturbs the other.

    It may be made before the publisher, and follows the topic from one publisher to the next by
    itself.

    Args:
        name: The topic's name.
        default_value: What subscribe() returns while there is nothing to read. Its type (bool, int
            or float) must be the publisher's.
        max_age: Seconds after which a value counts as nothing to read for subscribe() and
            sample(): the guard against a publisher that lives but hangs. None for no limit.
        history: How many of the values that are there already recv() begins with, as far as the
            topic keeps them. 1 is the newest alone, 0 none: only what is published from now on.
        callback: A function to be called with each value, as recv() would return it, in a daemon
            thread of this subscriber's own. What it raises is logged and does not end it; only
            close() does, which does not wait for a call that is under way. Until then the
            thread keeps the subscriber. A forked child has no such thread.
        trust: Whose topics are read, beside this user's and root's: a uid, a user name, an iterable
            of these, or "any". None for those in SHM_PUB_SUB_TRUST and, for root, sudo's user. In a
            directory that only its owner and group can write to, the owner's trust is enough.
        directory: The path of the directory that holds the topic: a str or an os.PathLike. None for
            the one that SHM_PUB_SUB_DIR names, or /dev/shm.

    Raises:
        TopicTypeError: A live publisher publishes another type, or an argument's type is not
            accepted (a TypeError).
        TopicValueError: An argument's value is not accepted (a ValueError).
        OpenError: The topic is there and cannot be opened (a RuntimeError), or its file belongs to
            somebody who is not trusted; LayoutError where it is damaged or another version's.

    Once it exists, a file of somebody who is not trusted is no publisher: it is logged once, and
    the subscriber waits on.

    Threads may share a subscriber, and a forked child reads on with those it inherited.
    """

    __slots__ = (
        "_at_once",  # for _aio
        "_default",
        "_directory",
        "_name",
        "_stranger",
        "_trouble",
        "_trust",
        "_type",
        "_waiters",  # for _aio: by loop
    )

    def __init__(
        self,
        name: str,
        default_value: bool | int | float,
        *,
        max_age: float | None = None,
        history: int = 1,
        callback: Callable[[Any], object] | None = None,
        trust: int | str | Iterable[int | str] | None = None,
        directory: str | os.PathLike[str] | None = None,
    ) -> None:
        if self._is_open:
            Subscriber.close(self)  # __init__ is called again
        self._name = check_name(name)
        self._type, self._default = check_default(self._name, default_value)
        age = check_max_age(self._name, max_age)
        history = check_history(self._name, history)
        self._trust = check_trust(trust)
        self._directory = check_directory(directory)
        if callback is not None:
            from . import _callback

            _callback.check_callback(self._name, callback)
        self._trouble = self._stranger = ""
        self._at_once = 0
        self._waiters: dict[Any, Any] = {}
        try:
            path = load().bind_Path(path_to_go(self._directory), self._name)
        except RuntimeError as error:
            raise from_go(error) from None
        missing = (self._default, False)
        life = 0  # any: an interrupt came before it was known
        try:
            path_bytes = path.encode("latin-1")
            life = self._open(path_bytes, TYPE_TAGS[self._type], missing, age, history)
            self._attach(first=True)
        except BaseException:
            self._close(life)
            raise
        if callback is not None:
            try:
                _callback.start(self, callback)
            except BaseException:
                self._close()
                raise

    def close(self) -> None:
        """Release the topic. Again: nothing."""
        self._close()

    def arecv(self, timeout: float | None = None) -> Coroutine[Any, Any, Any]:
        """Wait for the next value as recv() does, in asyncio: `value = await sub.arecv()`.

        It may be cancelled at any moment, and loses no value by that. Several tasks may wait for
        one subscriber, in several loops. A loop in which the program itself reads fileno() cannot
        do both: add_reader() knows one function for each descriptor.

        Args:
            timeout: Seconds to wait at most; None for as long as it takes.

        Raises:
            WaitTimeoutError: There was none within timeout seconds (a TimeoutError).
            ClosedError: After close(), also while it waits (a ValueError).
            OSError: There is no descriptor or no thread left to wait with.
        """
        waiting: Coroutine[Any, Any, Any] = _asyncio_part().arecv(self, timeout)
        return waiting

    def __aiter__(self) -> Subscriber:
        return Subscriber.__iter__(self)  # not a subclass's own, which may be a generator

    def __anext__(self) -> Coroutine[Any, Any, Any]:
        waiting: Coroutine[Any, Any, Any] = _asyncio_part().anext(self)
        return waiting

    @property
    def name(self) -> str:
        """The topic's name."""
        return self._name

    @property
    def type(self) -> builtins.type[Any]:
        """What it reads: bool, int or float, as in TopicInfo."""
        return self._type

    @property
    def default_value(self) -> bool | int | float:
        """What subscribe() returns while there is nothing to read."""
        return self._default

    @property
    def buffer_num(self) -> int | None:
        """How many values the topic's publisher keeps readable; None while there is no topic."""
        return (self._look() and self._buffers) or None

    @property
    def closed(self) -> bool:
        """Whether close() was called."""
        return not self._is_open

    @property
    def publisher_alive(self) -> bool:
        """Whether the topic has a live publisher now. It costs a system call."""
        return self._look()

    def _look(self) -> bool:
        while self._is_open:
            try:
                return self._alive()
            except ClosedError:
                continue  # closed, or set up again, since
            except TopicTypeError:
                return self._other_type_lives()
            except LayoutError:
                return False
        return False

    def _other_type_lives(self) -> bool:
        """Whether the topic of another type has a publisher, or is only retained."""
        from . import _topics

        try:
            found = _topics.inspect(self._name, trust=self._trust, directory=self._directory)
            return found.alive and found.trusted
        except (OpenError, TopicNotFoundError):
            return False  # gone since

    def _attach(self, first: bool = False) -> bool | None:
        """Open what the topic's name points at now, and return whether there was something to read.

        None stands for something that is not trusted. Called from C when there is nothing.
        """
        life = self._open_epoch  # first: _map() checks whether the arguments are still its own
        if not life:
            self._say_closed()
        try:
            where, kind = path_to_go(self._directory), self._type.__name__
            found = self._map(life, load().bind_Attach, where, self._name, kind, self._trust)
        except RuntimeError as error:
            trouble = from_go(error)
            if str(error).startswith("untrusted\n"):
                self._found_stranger(str(trouble), first)
                return None
            known, self._trouble = self._trouble, str(trouble)
            if not first and known != self._trouble:
                logger().warning("subscriber of %r: %s", self._name, trouble)
            raise trouble from None
        self._trouble = ""
        if found is None:
            return False
        self._stranger = ""
        dead, pid, buffers = found
        if buffers and not first and not dead:
            logger().info(
                "subscriber of %r: attached to process %d's topic of %d buffers",
                self._name,
                pid,
                buffers,
            )
        return not dead

    def _found_stranger(self, text: str, first: bool) -> None:
        """Say that what has the topic's name is not trusted."""
        if first:
            raise OpenError(f"Failed to open shared memory: open {self._name!r}: {text}") from None
        known, self._stranger = self._stranger, text
        if not known:
            logger().warning("subscriber of %r: no publisher: %s", self._name, text)

    def _corrupt(self) -> NoReturn:
        """Say that the memory contradicts itself. Called from C."""
        raise LayoutError(
            f"subscribe to {self._name!r}: found a slot that contradicts the head; expected a "
            "topic that only this library has written; restart its publisher"
        )

    def _say_closed(self) -> NoReturn:
        """Say that it is closed. Called from C as well."""
        raise ClosedError(
            f"subscribe to {getattr(self, '_name', '?')!r}: found a closed subscriber; "
            "make a new one"
        )

    def _say_set_up_again(self) -> NoReturn:
        """Say that the life to which a call belongs is over. Called from C."""
        raise ClosedError(
            f"subscribe to {getattr(self, '_name', '?')!r}: found that __init__ was called again "
            "meanwhile; call this again as well"
        )

    def _timed_out(self, what: str, timeout: float) -> NoReturn:
        """Say that a wait was in vain. Called from C."""
        text = f"wait for a {what} of {self._name!r}: found none within {short_repr(timeout)} s"
        if self._untrusted:
            text += f", but {self._stranger}"
        raise WaitTimeoutError(text)

    def _refuse_timeout(self, timeout: object) -> NoReturn:
        """Say why it is none. Called from C."""
        check_timeout(f"wait for {getattr(self, '_name', '?')!r}", timeout)
        raise AssertionError("C refused a timeout that Python accepts")

    def _no_descriptor(self, number: int) -> NoReturn:
        """Say that fileno() has none. Called from C."""
        raise OSError(
            number,
            f"fileno of {self._name!r}: found {os.strerror(number)!r}; expected a free descriptor "
            "and a thread to watch it; raise RLIMIT_NOFILE or close what is not needed",
        )

    def _refuse_buffer(self, buffer: object) -> NoReturn:
        """Say why drain(into=) cannot fill it. Called from C."""
        code = {bool: "?", int: "q", float: "d"}[self._type]
        try:
            found = memoryview(buffer)  # type: ignore[arg-type]
            layout = f" of {found.ndim} dimension(s) and format {found.format!r}"
            layout += ", read-only" if found.readonly else "" if found.contiguous else ", with gaps"
        except TypeError:
            layout = ""
        raise TopicTypeError(
            f"drain {self._name!r}: found {type(buffer).__name__}{layout}; expected a writable, "
            f"contiguous buffer of one dimension and format {code!r}, such as array.array or "
            "numpy.empty"
        )

    def __iter__(self) -> Subscriber:
        if not self._is_open:
            self._say_closed()
        return self

    def __enter__(self) -> Subscriber:
        if not self._is_open:
            self._say_closed()
        return self

    def __exit__(
        self,
        kind: builtins.type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        name = repr(getattr(self, "_name", "?"))
        if not self._is_open:
            return f"<Subscriber {name}, closed>"
        try:
            state = "publisher alive" if self._look() else "no publisher"
            if (newest := _hot.Subscriber.sample(self)) is not None:
                state += f", newest {newest.value!r}, {newest.age:.3g} s old"
        except Exception as error:  # a repr is asked for where something is wrong already
            state = type(error).__name__
        buffers = f", {kept} buffers" if (kept := self._buffers) else ""
        kind = f"{self._type.__name__}, default {self._default!r}"
        return f"<Subscriber {name} {kind}{buffers}, {state}>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows. It takes nothing from the stream, and never raises."""
        from . import _cards, _html

        return _html.safely(lambda: _cards.of_subscriber(self, Subscriber), self)

    def __reduce__(self) -> NoReturn:
        raise TopicTypeError(
            f"cannot pickle the subscriber of {getattr(self, '_name', '?')!r}: "
            "it belongs to this process; pass the topic's name and make a Subscriber from it there"
        )

    __class_getitem__: Any = classmethod(GenericAlias)
