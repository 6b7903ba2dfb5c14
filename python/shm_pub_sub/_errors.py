"""The exceptions. Each is a ShmError and a built-in exception, so either `except` works.

ShmError itself is never raised.
"""

from __future__ import annotations


class ShmError(Exception):
    """The base of all errors that this library raises."""


class ExistsError(ShmError, RuntimeError):
    """The topic has a live publisher, so that it cannot get another one or be removed.

    The text names the process. End it, choose another name, or pass replace=True if it is this
    process.
    """


class CreateError(ShmError, RuntimeError):
    """The topic's shared memory could not be created: no space, no permission, no directory.

    The text says what was found, what was expected and what to do.
    """


class OpenError(ShmError, RuntimeError):
    """The topic exists and could not be opened, usually for lack of permission."""


class LayoutError(OpenError):
    """The topic's file is damaged, foreign, or of another version of the library.

    Restarting the publisher recreates it.
    """


class LoanError(ShmError, RuntimeError):
    """A publisher has no chunk left to fill: open loans have all that loans= allows."""


class ForkedError(ShmError, RuntimeError):
    """A publisher was used in a forked child of the process that made it.

    Make one in the child, for another topic as long as the parent's is alive.
    """


class ClosedError(ShmError, ValueError):
    """A publisher or subscriber was used after close()."""


class RecordingError(ShmError, RuntimeError):
    """A recording cannot be written, read or played: the file is damaged, or no recording."""


class NetworkError(ShmError, RuntimeError):
    """A bridge cannot use the network: the address is in use, or certificates cannot be read."""


class TopicTypeError(ShmError, TypeError):
    """A value, an argument or a topic has a type that is not accepted."""


class TopicValueError(ShmError, ValueError):
    """An argument has a value that is not accepted, such as a name or a timeout."""


class RangeError(ShmError, OverflowError):
    """An int needs more than signed 64 bits, or a number is too large for a float."""


class WaitTimeoutError(ShmError, TimeoutError):
    """A wait ended after its timeout."""


class TopicNotFoundError(ShmError, LookupError):
    """inspect() or remove() found no topic of that name."""


class InternalError(ShmError, RuntimeError):
    """An unexpected failure in this library. Please report it, with the text."""
