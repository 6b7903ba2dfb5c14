"""What Publisher and Subscriber share, and the errors that C raises for a subscriber."""

from __future__ import annotations

import os
from types import GenericAlias

from ._arguments import check_timeout, short_repr
from ._errors import ClosedError, LayoutError, TopicTypeError, WaitTimeoutError

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    import builtins
    from typing import Any, NoReturn


class End:
    """One end of a topic."""

    __slots__ = ()

    _name: str
    _directory: str
    _type: builtins.type[Any]
    _default: bool | int | float

    def close(self) -> None:
        raise NotImplementedError

    @property
    def name(self) -> str:
        """The topic's name."""
        return self._name

    @property
    def type(self) -> builtins.type[Any]:
        """The type of the values: bool, int or float."""
        return self._type

    @property
    def default_value(self) -> bool | int | float:
        """The default_value given to the constructor, as exactly a bool, an int or a float."""
        return self._default

    def __exit__(self, *error: object) -> None:
        self.close()

    def _known_name(self) -> str:
        """Return the repr of the name; '?' before __init__ has set it."""
        return repr(getattr(self, "_name", "?"))

    __class_getitem__: Any = classmethod(GenericAlias)


class SubscriberRefusals(End):
    """What the ways to receive refuse, or cannot do."""

    __slots__ = ()

    _stranger: str

    def _corrupt(self) -> NoReturn:
        """Raise because the memory contradicts itself."""
        raise LayoutError(
            f"subscribe to {self._name!r}: found a slot that contradicts the head; expected a "
            "topic that only this library has written; restart its publisher"
        )

    def _say_closed(self) -> NoReturn:
        raise ClosedError(
            f"subscribe to {self._known_name()}: found a closed subscriber; make a new one"
        )

    def _say_set_up_again(self) -> NoReturn:
        """Raise because __init__ was called again during a call."""
        raise ClosedError(
            f"subscribe to {self._known_name()}: found that __init__ was called again "
            "meanwhile; call this again as well"
        )

    def _timed_out(self, what: str, timeout: float) -> NoReturn:
        found = f"found none within {short_repr(timeout)} s"
        this: Any = self
        if this._untrusted:
            found += f", but {self._stranger}"
        raise WaitTimeoutError(f"wait for a {what} of {self._name!r}: {found}")

    def _refuse_timeout(self, timeout: object) -> NoReturn:
        check_timeout(f"wait for {self._known_name()}", timeout)
        raise AssertionError("C refused a timeout that Python accepts")

    def _no_descriptor(self, number: int) -> NoReturn:
        """Raise because there is no descriptor for fileno(), or no thread to watch it."""
        raise OSError(
            number,
            f"fileno of {self._name!r}: found {os.strerror(number)!r}; expected a free descriptor "
            "and a thread to watch it; raise RLIMIT_NOFILE or close what is not needed",
        )

    def _refuse_buffer(self, buffer: object) -> NoReturn:
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
