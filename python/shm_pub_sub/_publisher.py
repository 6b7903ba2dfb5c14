"""Publisher: everything that is not per value. publish() itself is in C (hot/publisher.c)."""

from __future__ import annotations

import os
import time
from types import GenericAlias, TracebackType

from . import _hot
from ._arguments import (
    TYPE_TAGS,
    check_buffers,
    check_default,
    check_directory,
    check_mode,
    check_name,
    conversion,
    path_to_go,
    short_repr,
)
from ._errors import (
    ClosedError,
    CreateError,
    ExistsError,
    ForkedError,
    RangeError,
    TopicTypeError,
)
from ._exit import close_at_exit, close_own, exit_if_orphaned_daemon, outlives_process, publishes
from ._extension import load
from ._go import from_go
from ._log import logger
from ._trust import check_trust

TYPE_CHECKING = False  # not from typing, whose import costs more than all else here
if TYPE_CHECKING:
    import builtins
    from collections.abc import Iterable
    from typing import Any, NoReturn

_ACCEPTED = {
    bool: "True or False (bool(value) makes one)",
    int: "an int (anything with __index__)",
    float: "a float or an int (anything with __float__)",
}


@_hot.own_methods
class Publisher(_hot.Publisher):
    """The one publisher of a topic.

    Args:
        name: The topic's name: any text without NUL; slashes make hierarchies.
        default_value: Its type (bool, int or float) is the topic's type. It is not published.
        buffer_num: How many values stay readable, 1 or more.
        mode: Permission bits of the topic's file, whatever the umask. Subscribers need to read.
        replace: First close this process's own earlier publisher of the topic, as when a notebook
            cell is run again.
        retain: Keep the last value readable, with ok True, after close() or the process's end.
        trust: Whose retained values are carried over, beside this user's and root's: a uid, a user
            name, an iterable of these, or "any". None for those in SHM_PUB_SUB_TRUST and, for
            root, sudo's user.
        directory: The path of the directory that holds the topic: a str or an os.PathLike. None for
            the one that SHM_PUB_SUB_DIR names, or /dev/shm.

    Raises:
        ExistsError: Another live publisher holds the topic (a RuntimeError).
        CreateError: No space, no permission, or no directory for it (a RuntimeError).
        TopicTypeError: An argument's type is not accepted (a TypeError).
        TopicValueError: An argument's value is not accepted (a ValueError).

    The topic of a publisher whose process has died is taken over, whatever its type and size.
    Threads may share a publisher. close(), the end of a `with` block, garbage collection and the
    end of the process remove the topic.
    """

    __slots__ = ("_buffers", "_default", "_directory", "_name", "_owner", "_type")

    if TYPE_CHECKING:
        _name: str
        _directory: str
        _type: type
        _default: bool | int | float
        _buffers: int
        _owner: int

    def __init__(
        self,
        name: str,
        default_value: bool | int | float,
        buffer_num: int = 3,
        *,
        mode: int = 0o600,
        replace: bool = False,
        retain: bool = False,
        trust: int | str | Iterable[int | str] | None = None,
        directory: str | os.PathLike[str] | None = None,
    ) -> None:
        if self._mapped:
            Publisher.close(self)  # __init__ is called again
        self._name = check_name(name)
        self._type, self._default = check_default(self._name, default_value)
        self._buffers = check_buffers(self._name, buffer_num)
        mode = check_mode(self._name, mode)
        trusted = check_trust(trust)
        self._directory = check_directory(directory)
        self._owner = os.getpid()
        close_at_exit()
        go = load(CreateError)
        make = getattr(go, f"bind_New{self._type.__name__.capitalize()}Publisher")
        where = path_to_go(self._directory)
        arguments = (where, self._name, self._buffers, mode, bool(retain), trusted)
        tag = TYPE_TAGS[self._type]
        until = time.monotonic() + 5
        while True:
            gone = replace and close_own(self._directory, self._name)
            before = _hot.changes()
            try:
                path = None if retain else go.bind_Path(where, self._name).encode("latin-1")
                replaced = self._create(go, make, arguments, tag, exit_if_orphaned_daemon, path)
                break
            except RuntimeError as error:
                trouble = from_go(error)
                # Another thread, or a signal handler, may have made one since: then once more.
                again = gone and isinstance(trouble, ExistsError) and time.monotonic() < until
                own = publishes(self._directory, self._name)
                if not again or not (own or _hot.changes() != before + 2):  # _create() itself: 2
                    raise self._explain(trouble) from None
        if replaced:
            try:
                logger().info(
                    "publisher of %r: took over from process %d, which is gone",
                    self._name,
                    replaced,
                )
            except BaseException:
                self._end()  # nobody else will, while a traceback holds on to self
                raise

    def close(self) -> None:
        """End the topic. Subscribers' next read says so, unless it is retained. Again: nothing."""
        try:
            self._end()
        except RuntimeError as error:
            logger().warning("%s", from_go(error))

    @property
    def name(self) -> str:
        """The topic's name."""
        return self._name

    @property
    def type(self) -> builtins.type[Any]:
        """What the topic carries: bool, int or float, as in TopicInfo."""
        return self._type

    @property
    def default_value(self) -> bool | int | float:
        """The default that decided the type."""
        return self._default

    @property
    def buffer_num(self) -> int:
        """How many values stay readable."""
        return self._buffers

    @property
    def closed(self) -> bool:
        """Whether publish() is over: after close(), and in a forked child."""
        return not self._mapped

    @property
    def publisher_alive(self) -> bool:
        """Whether the topic's publisher, which is this one, is open."""
        return self._mapped

    def _explain(self, error: Exception) -> Exception:
        if isinstance(error, ExistsError) and publishes(self._directory, self._name):
            return ExistsError(
                f"{error}; it is this very process: close() it, or pass replace=True"
            )
        return error

    def _refuse(self, value: object, overflow: bool, position: int) -> NoReturn:
        """Say why publish(), or publish_many() at a position, did not take value. Called from C."""
        what = f"publish to {self._type.__name__} topic {self._name!r}"
        if position >= 0:
            what += f", value {position} of a batch, none of which is published"
        if overflow:
            limits = (
                "-2**63 to 2**63 - 1" if self._type is int else "a number that a float can hold"
            )
            raise RangeError(f"{what}: found a number beyond that; expected {limits}")
        hint = "" if self._type is bool else conversion(value, self._type)
        raise TopicTypeError(
            f"{what}: found {type(value).__name__} {short_repr(value)}; "
            f"expected {_ACCEPTED[self._type]}{hint}"
        )

    def _refuse_values(self, values: object) -> NoReturn:
        """Say why publish_many() cannot take values. Called from C."""
        raise TopicTypeError(
            f"publish many to {self._name!r}: found {type(values).__name__} {short_repr(values)}; "
            "expected a list or another iterable of values, or a buffer of them"
        )

    def _unusable(self) -> None:
        """Say why publish() does not work. Called from C."""
        if outlives_process():
            return  # a daemon thread that does not know yet that its process has ended
        if self._inherited:
            raise ForkedError(
                f"publish to {self._name!r}: found a publisher inherited by fork; "
                f"it is process {self._owner}'s, and a topic has one publisher; "
                "make another topic in this process"
            )
        raise ClosedError(
            f"publish to {getattr(self, '_name', '?')!r}: found a closed publisher; make a new one"
        )

    def __enter__(self) -> Publisher:
        if not self._mapped:
            self._unusable()
        return self

    def __exit__(
        self,
        kind: builtins.type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        if self._mapped:
            state = "open"
        elif self._inherited:
            state = f"inherited from process {self._owner}"
        else:
            state = "closed"
        name = repr(getattr(self, "_name", "?"))
        kind = getattr(self, "_type", object).__name__
        return f"<Publisher {name} {kind}, {getattr(self, '_buffers', 0)} buffers, {state}>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows. It never raises."""
        from . import _cards, _html, _subscriber

        return _html.safely(lambda: _cards.of_publisher(self, _subscriber.Subscriber), self)

    def __reduce__(self) -> NoReturn:
        raise TopicTypeError(
            f"cannot pickle the publisher of {getattr(self, '_name', '?')!r}: "
            "it belongs to this process; pass the topic's name and make a Subscriber from it there"
        )

    __class_getitem__: Any = classmethod(GenericAlias)
