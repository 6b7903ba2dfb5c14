"""The exceptions. Each is a ShmError and the built-in that fits, so either `except` works."""

from __future__ import annotations


class ShmError(Exception):
    """The root of all errors that this library raises."""


class ExistsError(ShmError, RuntimeError):
    """A live publisher holds the topic. The text says which process."""


class CreateError(ShmError, RuntimeError):
    """The topic's shared memory could not be made: no space, no permission, no directory."""


class OpenError(ShmError, RuntimeError):
    """The topic's shared memory is there but could not be opened."""


class LayoutError(OpenError):
    """The topic's file is damaged, foreign, or of another version of the library."""


class ForkedError(ShmError, RuntimeError):
    """A publisher was used in a forked child of the process that made it."""


class ClosedError(ShmError, ValueError):
    """A publisher or subscriber was used after close()."""


class TopicTypeError(ShmError, TypeError):
    """A value, a default or a topic has another type than is accepted."""


class TopicValueError(ShmError, ValueError):
    """A name, a number of buffers, a mode, an age or a timeout cannot be used."""


class RangeError(ShmError, OverflowError):
    """A number does not fit into 64 bits."""


class WaitTimeoutError(ShmError, TimeoutError):
    """What was waited for did not come in time."""


class TopicNotFoundError(ShmError, LookupError):
    """There is no topic of that name."""


_BY_KIND: dict[str, type[ShmError]] = {
    "exists": ExistsError,
    "create": CreateError,
    "open": OpenError,
    "layout": LayoutError,
    "closed": ClosedError,
    "type": TopicTypeError,
    "value": TopicValueError,
    "nopublisher": TopicNotFoundError,
}


def from_go(error: RuntimeError) -> ShmError:
    """Turn an error of the Go side, `kind\\ntext`, into its class."""
    kind, _, text = str(error).partition("\n")
    return _BY_KIND.get(kind, ShmError)(text or kind)
