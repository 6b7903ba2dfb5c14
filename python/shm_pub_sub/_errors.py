"""The exceptions. Each is a ShmError and the built-in that fits, so either `except` works.

What no other built-in fits is a RuntimeError. ShmError itself is never raised.
"""

from __future__ import annotations


class ShmError(Exception):
    """The root of all errors that this library raises."""


class ExistsError(ShmError, RuntimeError):
    """A live publisher holds the topic: a second one, or remove(), is refused.

    The text says which process it is. End that one, pass replace=True where it is this process
    itself, or take another name.
    """


class CreateError(ShmError, RuntimeError):
    """The topic's shared memory could not be made: no space, no permission, no directory.

    The text says what was asked for, what is there and what to do.
    """


class OpenError(ShmError, RuntimeError):
    """The topic's shared memory is there but could not be opened: mostly for want of permission."""


class LayoutError(OpenError):
    """The topic's file is damaged, foreign, or of another version of the library.

    Its publisher, started again, makes it anew.
    """


class ForkedError(ShmError, RuntimeError):
    """A publisher was used in a forked child of the process that made it.

    Make one in the child, for another topic while the parent's lives.
    """


class ClosedError(ShmError, ValueError):
    """A publisher or subscriber was used after close()."""


class TopicTypeError(ShmError, TypeError):
    """A value, a default or a topic has another type than is accepted."""


class TopicValueError(ShmError, ValueError):
    """A name, a number of buffers, a mode, an age or a timeout cannot be used."""


class RangeError(ShmError, OverflowError):
    """An int is beyond signed 64 bits, or a number beyond what a float can hold."""


class WaitTimeoutError(ShmError, TimeoutError):
    """What was waited for did not come within the timeout that was given."""


class TopicNotFoundError(ShmError, LookupError):
    """There is no topic of that name for inspect() or remove()."""


class InternalError(ShmError, RuntimeError):
    """Something failed that this library does not expect to. Please report it, with the text."""
