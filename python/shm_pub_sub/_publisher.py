"""Publisher: everything that is not per value. publish() itself is in C (bind/publisher.c)."""

from __future__ import annotations

import os
from types import GenericAlias, TracebackType

from ._arguments import (
    TYPE_TAGS,
    check_buffers,
    check_default,
    check_mode,
    check_name,
    directory,
    shown,
)
from ._errors import ClosedError, ExistsError, ForkedError, RangeError, TopicTypeError, from_go
from . import _extension, _open
from ._extension import Extension, load
from ._log import logger
from ._open import close_at_exit, open_publishers

TYPE_CHECKING = False  # not from typing, whose import costs more than all else here
if TYPE_CHECKING:
    from typing import Any, NoReturn

_ACCEPTED = {
    bool: "True or False (bool(value) makes one)",
    int: "an int (anything with __index__)",
    float: "a float or an int (anything with __float__)",
}


class Publisher:
    """The one publisher of a topic.

    Args:
        name: The topic's name: any text without NUL; slashes make hierarchies.
        default_value: Its type (bool, int or float) is the topic's type. Its value is not published.
        buffer_num: How many values stay readable, 1 or more.
        mode: Permission bits of the topic's file, whatever the umask. Subscribers need to read.
        replace: First close this process's own earlier publisher of the topic, as when a notebook
            cell is run again.
        retain: Keep the last value readable, with ok True, after close() or the process's end.

    Raises:
        ExistsError: Another live publisher holds the topic (a RuntimeError).
        CreateError: No space, no permission, or no directory for it (a RuntimeError).
        TopicTypeError: An argument's type is not accepted (a TypeError).
        TopicValueError: An argument's value is not accepted (a ValueError).

    The topic of a publisher whose process has died is taken over, whatever its type and size.
    Threads may share a publisher. close(), the end of a `with` block, garbage collection and the
    end of the process remove the topic.
    """

    __slots__ = ()

    if TYPE_CHECKING:
        _name: str
        _directory: str
        _type: type
        _buffers: int
        _owner: int
        _handle: int
        _extension: Extension
        _mapped: bool
        _inherited: bool

        def _map(self, *mapping: int) -> None: ...
        def _unmap(self) -> bool: ...

    _SLOTS = ("_buffers", "_directory", "_extension", "_handle", "_name", "_owner", "_type")

    def __new__(cls, *_args: object, **_kwargs: object) -> Publisher:
        # Complete with publish() and the other C methods, which are there from the first use on.
        complete: Any = load().complete(cls, "Publisher", Publisher._SLOTS)
        made: Publisher = complete.__new__(complete)
        return made

    def __init__(
        self,
        name: str,
        default_value: bool | int | float,
        buffer_num: int = 3,
        *,
        mode: int = 0o600,
        replace: bool = False,
        retain: bool = False,
    ) -> None:
        self.close()  # where __init__ is called again
        self._name = check_name(name)
        self._type, _ = check_default(self._name, default_value)
        self._buffers = check_buffers(self._name, buffer_num)
        mode = check_mode(self._name, mode)
        self._directory = directory()
        self._owner = os.getpid()
        key = (self._directory, self._name)
        earlier = open_publishers.get(key)
        if replace and earlier is not None:
            earlier.close()
        with _extension.fork_lock:
            replaced = self._create(mode, bool(retain))
        open_publishers[key] = self
        close_at_exit()
        if replaced:
            logger().info(
                "publisher of %r: took over from process %d, which is gone", self._name, replaced
            )

    def _create(self, mode: int, retain: bool) -> int:
        """Make the topic and map it. Return the dead process that it was taken from, or 0."""
        extension = self._extension = load()
        make = getattr(extension.go, f"bind_New{self._type.__name__.capitalize()}Publisher")
        try:
            self._handle = make(self._directory, self._name, self._buffers, mode, retain)
        except RuntimeError as error:
            raise self._explain(from_go(error)) from None
        extension.go.IncRef(self._handle)  # a new handle has no reference yet
        try:
            *where, replaced = map(int, self._go("Mapping").split())
            self._map(*where, TYPE_TAGS[self._type])
        except BaseException:
            self._release()
            raise
        return replaced

    def publish(self, value: Any, /) -> None:
        """Make value the topic's newest; every subscriber's next read returns it.

        Args:
            value: For a bool topic a bool; for an int topic an int or anything with __index__,
                signed 64 bits; for a float topic a float or anything with __float__. All 64 bits
                of a float are kept.

        Raises:
            TopicTypeError: value is of another type (a TypeError). Nothing is published.
            RangeError: value does not fit into 64 bits (an OverflowError). Nothing is published.
            ClosedError: after close() (a ValueError).
            ForkedError: in a forked child of the process that made the publisher (a RuntimeError).
        """
        # Every instance has the C method in front of this one, which carries the documentation.
        self.publish(value)

    def close(self) -> None:
        """End the topic. Subscribers' next read says so, unless it is retained. Again: nothing."""
        if not self._mapped:
            return
        with _extension.fork_lock:
            if self._unmap():  # another thread may have been faster
                key = (self._directory, self._name)
                if open_publishers.get(key) is self:  # its file may be gone and another's be there
                    del open_publishers[key]
                self._release()

    @property
    def name(self) -> str:
        """The topic's name."""
        return self._name

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

    def _go(self, method: str) -> Any:
        function = getattr(self._extension.go, f"bind_{self._type.__name__.capitalize()}Publisher_{method}")
        return function(self._handle)

    def _release(self) -> None:
        """Close the Go side. Only once, and never in a forked child, where its runtime is dead."""
        try:
            self._go("Close")
        except RuntimeError as error:
            logger().warning("%s", from_go(error))
        finally:
            self._extension.go.DecRef(self._handle)

    def _explain(self, error: Exception) -> Exception:
        holder = open_publishers.get((self._directory, self._name))
        if isinstance(error, ExistsError) and holder is not None and holder._mapped:
            return ExistsError(f"{error}; it is this very process: close() it, or pass replace=True")
        return error

    def _refuse(self, value: object, overflow: bool) -> NoReturn:
        """Say why publish() did not take value. Called from C."""
        what = f"publish to {self._type.__name__} topic {self._name!r}"
        if overflow:
            limits = "-2**63 to 2**63 - 1" if self._type is int else "a number that a float can hold"
            raise RangeError(f"{what}: found a number beyond that; expected {limits}")
        raise TopicTypeError(
            f"{what}: found {type(value).__name__} {shown(value)}; "
            f"expected {_ACCEPTED[self._type]}"
        )

    def _unusable(self) -> None:
        """Say why publish() does not work. Called from C."""
        if _open.exiting:
            return  # a daemon thread that does not know yet that its process has ended
        if self._inherited:
            raise ForkedError(
                f"publish to {self._name!r}: found a publisher inherited by fork; it is process "
                f"{self._owner}'s, and a topic has one publisher; make another topic in this process"
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
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
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

    def __reduce__(self) -> NoReturn:
        raise TopicTypeError(
            f"cannot pickle the publisher of {self._name!r}: it belongs to this process; "
            "pass the topic's name and make a Subscriber from it there"
        )

    __class_getitem__ = classmethod(GenericAlias)
    __new__.__wrapped__ = __init__  # type: ignore[attr-defined]  # for inspect.signature and help()
