"""Publisher: all but publish(), publish_many() and loan(), which are in C (hot/publisher.c)."""

from __future__ import annotations

import os
import time

from . import _hot
from ._arguments import (
    check_buffers,
    check_chunks,
    check_directory,
    check_mode,
    check_name,
    path_to_go,
)
from ._errors import CreateError, ExistsError, TopicTypeError
from ._exit import close_at_exit, close_own, exit_if_orphaned_daemon, publishes
from ._extension import load
from ._go import from_go
from ._log import logger
from ._metadata import encoded
from ._publisher_refusals import PublisherRefusals
from ._trust import check_trust
from ._types import spec_of

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Final, NoReturn

    from ._hot import Record
    from ._spec import Spec

_CARRY_REFUSED: Final = 2  # CarryRefused in internal/segment/inherit.go


@_hot.own_methods
class Publisher(_hot.Publisher, PublisherRefusals):
    """The one publisher of a topic.

    Args:
        name: The topic's name: any text without NUL; slashes make hierarchies.
        default_value: Its type is the topic's type; it is not published. A bool, an int or a float;
            a scalar of numpy or ctypes for the other sizes of numbers; "" or b"" for text or bytes;
            a list of bool, int or float; an array: numpy's, array.array, a memoryview or ctypes',
            whose element type and shape are the topic's; a record: a dataclass, a NamedTuple, a
            dict, a ctypes.Structure, a structured scalar, or one of attrs or msgspec, each field of
            which has a default that gives its type; a list of such records.
        buffer_num: How many values stay readable, 1 or more.
        max_size: The greatest length: of text and bytes in bytes (UTF-8; None: 4096), of a list in
            elements (None: as many as the default has). With it the first axis of an array has 0
            to max_size elements; without, its length is the default's.
        views: How many values readers may hold with copy=False, all readers together: 0 to 500,
            None for 2. Each takes the memory of a value more. Not for scalars.
        loans: How many loans may be open at once, and threads copy large values at once: 1 to 500,
            None for 1. Each takes the memory of a value more. Not for scalars.
        mode: Permission bits of the topic's file; the umask does not change them. Subscribers need
            read permission.
        replace: First close this process's earlier publisher of the topic, for example when a
            notebook cell runs again.
        retain: Keep the last value readable, with ok=True, after close() and after the process.
        bridged: Mark the topic as one that bridges do not send to other machines. What a bridge
            receives is marked, so that nothing comes back to where it is from.
        trust: Users whose retained values are taken over, in addition to this user and root: a uid,
            a user name, an iterable of these, or "any". None stands for SHM_PUB_SUB_TRUST and, for
            root, sudo's user.
        directory: The directory of the topic, a str or an os.PathLike. None stands for
            SHM_PUB_SUB_DIR, or /dev/shm if that is not set.
        unit: In what unit the values are, such as "m/s". This and the next two are metadata, which
            Subscribers, inspect() and the command line show. Nothing checks values against it.
        description: What the topic is, in a sentence.
        attributes: Anything else about it: a dict of values that JSON has, or numpy's arrays and
            numbers, such as {"frame_id": "base_link", "range": [0, 5]}.

    Raises:
        ExistsError: The topic has a live publisher (a RuntimeError).
        CreateError: There is no space, no permission or no directory (a RuntimeError).
        TopicTypeError: An argument has a type that is not accepted (a TypeError).
        TopicValueError: An argument has a value that is not accepted (a ValueError).

    It takes over the topic of a dead publisher, of any type and size. Threads may share it.
    A topic of text, bytes, lists or arrays above 128 bytes takes (buffer_num + views + 1 + loans)
    times its largest value in shared memory.
    close(), the end of a `with` block, garbage collection and the end of the process remove the
    topic.
    """

    __slots__ = (
        "_buffers",
        "_default",
        "_directory",
        "_loans",
        "_name",
        "_owner",
        "_spec",
        "_type",
    )

    _buffers: int
    _owner: int

    def __init__(
        self,
        name: str,
        default_value: Any,
        buffer_num: int = 3,
        *,
        max_size: int | None = None,
        views: int | None = None,
        loans: int | None = None,
        mode: int = 0o600,
        replace: bool = False,
        retain: bool = False,
        bridged: bool = False,
        directory: str | os.PathLike[str] | None = None,
        trust: int | str | Iterable[int | str] | None = None,
        unit: str = "",
        description: str = "",
        attributes: dict[str, Any] | None = None,
    ) -> None:
        if self._mapped:
            Publisher.close(self)  # __init__ is called again
        self._name = check_name(name)
        spec = spec_of(self._name, default_value, max_size)
        fields = None if spec.record is None else spec.record.about()
        metadata = encoded(self._name, unit, description, attributes, fields)
        self._begin(
            *(spec, metadata, buffer_num, views, loans, mode, directory),
            replace=replace,
            retain=retain,
            bridged=bridged,
            trust=trust,
        )

    def _begin(
        self,
        spec: Spec,
        metadata: str,
        buffer_num: int,
        views: int | None,
        loans: int | None,
        mode: int,
        directory: str | os.PathLike[str] | None,
        *,
        replace: bool = False,
        retain: bool = False,
        bridged: bool = False,
        trust: Any = None,
    ) -> None:
        """Make the topic, with the name that this has by now; metadata is JSON, or empty."""
        self._spec = spec
        self._type, self._default = spec.type, spec.default
        self._buffers = check_buffers(self._name, buffer_num)
        scalar = str(spec) if spec.kind == "scalar" or spec.is_number else ""
        views = check_chunks(self._name, "views", views, scalar, 0, 2)
        self._loans = check_chunks(self._name, "loans", loans, scalar, 1, 1)
        mode = check_mode(self._name, mode)
        trusted = check_trust(trust)
        self._directory = check_directory(directory)
        self._owner = os.getpid()
        close_at_exit()
        go = load(CreateError)
        where = path_to_go(self._directory)
        arguments: tuple[Any, ...] = (self._buffers, mode, bool(retain), bool(bridged), trusted)
        if spec.is_number:
            make = getattr(go, f"bind_New{spec.kind.capitalize()}Publisher")
            arguments = (where, self._name, *arguments, metadata)
        else:
            make = go.bind_NewPayloadPublisher
            arguments = (
                *(where, self._name, spec.descriptor, *arguments, views, self._loans),
                metadata,
            )
        until = time.monotonic() + 5
        numpy = spec.kind == "array" and spec.make is None
        while True:
            gone = replace and close_own(self._directory, self._name)
            before = _hot.changes()
            try:
                path = None if retain else go.bind_Path(where, self._name).encode("latin-1")
                replaced, carried = self._create(
                    go, make, arguments, spec.tag, exit_if_orphaned_daemon, path, numpy, spec.codec
                )
                break
            except RuntimeError as error:
                trouble = from_go(error)
                # Another thread or a signal handler may have made one since: try again.
                again = gone and isinstance(trouble, ExistsError) and time.monotonic() < until
                own = publishes(self._directory, self._name)
                if not again or not (own or _hot.changes() != before + 2):  # _create() itself: 2
                    raise self._explain(trouble) from None
        try:
            self._log_take_over(replaced, carried == _CARRY_REFUSED)
        except BaseException:
            self._end()  # the traceback keeps self alive
            raise

    def _log_take_over(self, replaced: int, refused: bool) -> None:
        if replaced:
            logger().info(
                "publisher of %r: took over from process %d, which is gone", self._name, replaced
            )
        if refused:
            logger().warning(
                "publisher of %r: found a retained value of another type or length than %s; it is "
                "not carried over",
                self._name,
                self._spec,
            )

    def _begin_loan(self, arrays: tuple[Any, ...]) -> Any:
        from . import _record_loan

        return _record_loan.begin(self._spec.record, self._default, iter(arrays))

    def _loan_codec(self, record: Record) -> Record:
        from . import _record_loan

        return _record_loan.codec_of(record)

    def _end_loan(self, record: Record, filled: Any, arrays: tuple[Any, ...]) -> None:
        from . import _record_loan

        _record_loan.end(record, filled, iter(arrays))

    def close(self) -> None:
        """Remove the topic; subscribers then get ok=False, unless the value is retained.

        Closing again does nothing.
        """
        try:
            self._end()
        except RuntimeError as error:
            logger().warning("%s", from_go(error))

    @property
    def buffer_num(self) -> int:
        """The number of values that stay readable."""
        return self._buffers

    @property
    def closed(self) -> bool:
        """True after close(), and in a forked child."""
        return not self._mapped

    @property
    def publisher_alive(self) -> bool:
        """Whether this publisher is open."""
        return self._mapped

    def _explain(self, error: Exception) -> Exception:
        if isinstance(error, ExistsError) and publishes(self._directory, self._name):
            return ExistsError(
                f"{error}; this process already publishes it; close() that publisher or pass "
                "replace=True"
            )
        return error

    def __enter__(self) -> Publisher:
        if not self._mapped:
            self._unusable()
        return self

    def __repr__(self) -> str:
        if self._mapped:
            state = "open"
        elif self._inherited:
            state = f"inherited from process {self._owner}"
        else:
            state = "closed"
        name = self._known_name()
        kind = getattr(self, "_spec", "object")
        return f"<Publisher {name} {kind}, {getattr(self, '_buffers', 0)} buffers, {state}>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows; never raises."""
        from . import _cards, _html, _subscriber

        return _html.safely(lambda: _cards.of_publisher(self, _subscriber.Subscriber), self)

    def __reduce__(self) -> NoReturn:
        raise TopicTypeError(
            f"cannot pickle the publisher of {self._known_name()}: "
            "it belongs to this process; pass the topic's name and make a Subscriber from it there"
        )
