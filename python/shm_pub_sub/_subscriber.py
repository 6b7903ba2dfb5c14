"""Subscriber: all but the ways to read and receive, which are in C (hot/subscriber.c)."""

from __future__ import annotations

import os

from . import _hot
from ._arguments import (
    check_directory,
    check_history,
    check_max_age,
    check_name,
    path_to_go,
    short_repr,
)
from ._errors import ClosedError, LayoutError, OpenError, TopicNotFoundError, TopicTypeError
from ._extension import load
from ._go import from_go
from ._log import logger
from ._metadata import decoded
from ._numpy import numpy_or_none
from ._subscriber_refusals import SubscriberRefusals
from ._trust import check_trust
from ._types import spec_of

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable
    from typing import Any, NoReturn

    from ._hot import Record
    from ._spec import Spec


_aio: Any = None  # the module once it is needed: asyncio is slow to import


def _asyncio_part() -> Any:
    global _aio
    if _aio is None:
        from . import _aio as part

        _aio = part
    return _aio


@_hot.own_methods
class Subscriber(_hot.Subscriber, SubscriberRefusals):
    """Reads a topic's latest value, or receives every value in turn.

    subscribe() and sample() read the latest value. recv(), iteration, try_recv() and drain() take
    the next values that this subscriber has not taken yet. The two ways are independent.

    It may be made before the publisher, and reattaches automatically when the publisher restarts.

    Args:
        name: The topic's name.
        default_value: What subscribe() returns if there is nothing to read. Its type must be the
            publisher's: bool, int, float, str, bytes, a list, the element type and shape of an
            array, or a record of the same fields; an array of which the first axis has length 0
            stands for any length. It is copied. None for a topic of any type, which may change;
            values are then arrays of numpy, or memoryviews without it, and NamedTuples.
        copy: Whether arrays and bytes are the program's own, new and writable at each call. False
            for views: read-only arrays (of bytes: memoryviews) in shared memory, which do not
            change as long as anything refers to them. More views at once than the publisher's
            views= are read-only copies, and so are all if this process may not write to the
            topic's file: `copied` counts them.
        max_age: Seconds after which subscribe() and sample() ignore a value. It guards against a
            publisher that hangs. None for no limit.
        history: The number of already published values to receive first, up to what the topic
            keeps: 1 for the latest one, 0 for new values only.
        callback: A function that is called with each value in a daemon thread of this subscriber.
            Exceptions are logged; delivery continues. close() ends it, without waiting for a
            running call; until then the thread keeps the subscriber alive. A forked child has no
            such thread.
        trust: Users whose topics are read, in addition to this user and root: a uid, a user name,
            an iterable of these, or "any". None stands for SHM_PUB_SUB_TRUST and, for root, sudo's
            user. If only its owner and group can write to the directory, trusting the owner is
            enough.
        directory: The directory of the topic, a str or an os.PathLike. None stands for
            SHM_PUB_SUB_DIR, or /dev/shm if that is not set.

    Raises:
        TopicTypeError: The live publisher's type is another one, or an argument has a type that is
            not accepted (a TypeError).
        TopicValueError: An argument has a value that is not accepted (a ValueError).
        OpenError: The topic exists and cannot be opened, or its owner is not trusted (a
            RuntimeError); LayoutError if it is damaged or of another version.

    If an untrusted user makes the topic later, that is logged once, and the subscriber waits for a
    trusted publisher.

    Threads may share a subscriber, and a forked child may use those it inherited.
    """

    __slots__ = (
        "_at_once",  # for _aio
        "_default",
        "_directory",
        "_name",
        "_spec",
        "_stranger",
        "_trouble",
        "_trust",
        "_type",
        "_waiters",  # for _aio: by loop
        "_wanted",  # the descriptor, for Go; after "=" exactly that
    )

    def __init__(
        self,
        name: str,
        default_value: Any = None,
        *,
        copy: bool = True,
        max_age: float | None = None,
        history: int = 1,
        callback: Callable[[Any], object] | None = None,
        directory: str | os.PathLike[str] | None = None,
        trust: int | str | Iterable[int | str] | None = None,
    ) -> None:
        if self._is_open:
            Subscriber.close(self)  # __init__ is called again
        self._name = check_name(name)
        spec = None if default_value is None else spec_of(self._name, default_value, reads=True)
        if type(self) in (Subscriber, ArraySubscriber):
            plain = spec is not None and spec.is_number
            self.__class__ = Subscriber if plain else ArraySubscriber
        if type(copy) is not bool:
            raise TopicTypeError(
                f"subscribe to {self._name!r}: found copy={short_repr(copy)}; expected True, or "
                "False for views"
            )
        if spec is None:
            numpy_or_none()  # whose arrays its values are then
        age = check_max_age(self._name, max_age)
        if callback is not None:
            from . import _callback

            _callback.check_callback(self._name, callback)
        self._begin(spec, history, trust, directory, age=age, copy=copy)
        if callback is not None:
            try:
                _callback.start(self, callback)
            except BaseException:
                self._close()
                raise

    def _begin(
        self,
        spec: Spec | None,
        history: int,
        trust: Any,
        directory: str | os.PathLike[str] | None,
        *,
        age: int = 0,
        copy: bool = False,
        raw: bool = False,
    ) -> None:
        """Open it, with the name that it has by now; raw: values are bytes (_raw.py)."""
        self._spec = spec
        self._type, self._default = (
            (type(None), None) if spec is None else (spec.type, spec.default)
        )
        self._wanted = "" if spec is None else ("=" if raw else "") + spec.descriptor
        history = check_history(self._name, history)
        self._trust = check_trust(trust)
        self._directory = check_directory(directory)
        self._trouble = self._stranger = ""
        self._at_once = 0
        self._waiters: dict[Any, Any] = {}
        try:
            path = load().bind_Path(path_to_go(self._directory), self._name)
        except RuntimeError as error:
            raise from_go(error) from None
        missing = (self._default, False)
        life = 0  # if an interrupt comes before it is known: any
        try:
            path_bytes = path.encode("latin-1")
            tag, make = (0, None) if spec is None else (spec.tag, spec.make)
            codec = None if spec is None or raw else spec.codec
            life = self._open(path_bytes, tag, missing, age, history, copy, make, codec, raw)
            self._attach(first=True)
        except BaseException:
            self._close(life)
            raise

    def _into_codec(self, record: Record) -> Record:
        from . import _record_into

        return _record_into.codec_of(record)

    def _fill_record(self, record: Record, into: Any, value: dict[str, Any]) -> Any:
        from . import _record_into

        return _record_into.fill(self._name, record, into, value)

    def _stack(self, record: Record, count: int) -> Any:
        from . import _record_last

        return _record_last.Stack(record, count)

    def close(self) -> None:
        """Release the topic; closing again does nothing."""
        self._close()

    def arecv(self, timeout: float | None = None) -> Coroutine[Any, Any, Any]:
        """Wait for the next value as recv() does, in asyncio: `value = await sub.arecv()`.

        Cancelling it loses no value. Several tasks, in several loops, may wait for one subscriber.
        A loop in which the program itself watches fileno() cannot do both: add_reader() takes one
        function for each descriptor.

        Args:
            timeout: Seconds to wait at most; None to wait without end.

        Raises:
            WaitTimeoutError: No value came within timeout seconds (a TimeoutError).
            ClosedError: The subscriber is closed, or was closed meanwhile (a ValueError).
            OSError: There is no descriptor or no thread to wait with.
        """
        waiting: Coroutine[Any, Any, Any] = _asyncio_part().arecv(self, timeout)
        return waiting

    def to_pandas(self, n: int | None = None) -> Any:
        """Return the newest n values that the topic keeps as a pandas DataFrame, oldest first.

        It takes nothing from the stream of recv(). The index is the time in UTC; NaT for values
        from before this boot. The columns are a record's fields (`pose.x` for a field of a record
        in it), the elements of an array of one axis that always has the same length, up to 8
        (`position[0]`), and otherwise `value`. Numbers keep their type; arrays,
        lists and bytes are objects.

        Args:
            n: How many values at most; None for all that the topic keeps.

        Raises:
            ImportError: Without pandas, which the extra `notebook` brings.
            TopicTypeError: The topic is of another type, or n is no int (a TypeError).
            TopicValueError: n is negative (a ValueError).
            ClosedError: The subscriber is closed (a ValueError).
            OpenError: The topic cannot be read (a RuntimeError).
        """
        from . import _frame

        return _frame.of_subscriber(self, n, Subscriber)

    def __aiter__(self) -> Subscriber:
        return Subscriber.__iter__(self)  # a subclass's own may be a generator

    def __anext__(self) -> Coroutine[Any, Any, Any]:
        waiting: Coroutine[Any, Any, Any] = _asyncio_part().anext(self)
        return waiting

    @property
    def buffer_num(self) -> int | None:
        """The number of values that the publisher keeps readable; None if there is no topic."""
        return (self._is_alive() and self._buffers) or None

    @property
    def closed(self) -> bool:
        """True after close()."""
        return not self._is_open

    @property
    def metadata(self) -> dict[str, Any]:
        """What the publisher says about the topic: a new dict, empty without a topic to read.

        It may have "unit" and "description" (str), "attributes" (a dict) and, of a record, "fields"
        (a dict of such dicts, by the fields' names).
        """
        try:
            found = self._metadata() if self._is_open else None
        except (ClosedError, TopicTypeError, OpenError):
            return {}  # closed meanwhile, or of another type, or damaged
        return {} if found is None else decoded(self._name, found)

    @property
    def publisher_alive(self) -> bool:
        """Whether the topic has a live publisher; takes a system call."""
        return self._is_alive()

    def _is_alive(self) -> bool:
        while self._is_open:
            try:
                return self._alive()
            except ClosedError:
                continue  # closed or set up again meanwhile
            except TopicTypeError:
                return self._other_type_lives()
            except LayoutError:
                return False
        return False

    def _other_type_lives(self) -> bool:
        """Report whether the topic, of another type, has a live publisher; it may be retained."""
        from . import _topics

        try:
            found = _topics.inspect(self._name, trust=self._trust, directory=self._directory)
            return found.alive and found.trusted
        except (OpenError, TopicNotFoundError):
            return False  # removed meanwhile

    def _attach(self, first: bool = False) -> bool | None:
        """Open the file that has the topic's name, and return whether there is a topic to read.

        None stands for one that is not trusted. C calls it if nothing is attached.
        """
        life = self._open_epoch  # first: _map() checks whether the arguments are still its own
        if not life:
            self._say_closed()
        try:
            where, wanted = path_to_go(self._directory), self._wanted
            found = self._map(life, load().bind_Attach, where, self._name, wanted, self._trust)
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

    def _record_of(self, descriptor: str) -> _hot.Record:
        """Return how C makes records of a topic whose type this subscriber does not know."""
        from . import _records_read

        return _records_read.record_of(descriptor)

    def _found_stranger(self, text: str, first: bool) -> None:
        """Raise at first, and log later on, that the topic is not trusted."""
        if first:
            raise OpenError(f"Failed to open shared memory: open {self._name!r}: {text}") from None
        known, self._stranger = self._stranger, text
        if not known:
            logger().warning("subscriber of %r: no publisher: %s", self._name, text)

    def __init_subclass__(cls, **arguments: Any) -> None:
        """Give a program's own classes the methods with into=, whatever they read."""
        super().__init_subclass__(**arguments)
        arrays = globals().get("ArraySubscriber")
        if arrays is not None and Subscriber in cls.__bases__:
            cls.__bases__ = tuple(arrays if b is Subscriber else b for b in cls.__bases__)

    def __iter__(self) -> Subscriber:
        if not self._is_open:
            self._say_closed()
        return self

    def __enter__(self) -> Subscriber:
        if not self._is_open:
            self._say_closed()
        return self

    def __repr__(self) -> str:
        name = self._known_name()
        if not self._is_open:
            return f"<Subscriber {name}, closed>"
        try:
            state = "publisher alive" if self._is_alive() else "no publisher"
            if (newest := _hot.Subscriber.sample(self)) is not None:
                state += f", newest {_short(newest.value)}, {newest.age:.3g} s old"
        except Exception as error:  # a repr is for debugging
            state = type(error).__name__
        buffers = f", {kept} buffers" if (kept := self._buffers) else ""
        kind = "any" if self._spec is None else str(self._spec)
        kind += f", default {_short(self._default)}"
        return f"<Subscriber {name} {kind}{buffers}, {state}>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows; takes no value, and never raises."""
        from . import _cards, _html

        return _html.safely(lambda: _cards.of_subscriber(self, Subscriber), self)

    def __reduce__(self) -> NoReturn:
        raise TopicTypeError(
            f"cannot pickle the subscriber of {self._known_name()}: "
            "it belongs to this process; pass the topic's name and make a Subscriber from it there"
        )


@_hot.array_methods
class ArraySubscriber(Subscriber):
    """What a Subscriber of anything but bool, int and float really is.

    Its subscribe() and try_recv() take into=. For the three that would cost them a nanosecond or
    more at each call.
    """

    __slots__ = ()


ArraySubscriber.__name__ = ArraySubscriber.__qualname__ = "Subscriber"


def _short(value: object) -> str:
    """Return a value for a repr: of an array its type and shape."""
    shape = getattr(value, "shape", None)
    if shape is None:
        return short_repr(value)
    dtype = getattr(value, "dtype", None) or value.format  # type: ignore[attr-defined]
    return f"{dtype}[{','.join(map(str, shape))}]"
