"""Publish and subscribe to typed values between processes, through POSIX shared memory.

One process publishes, another reads:

    pub = shm_pub_sub.Publisher("robot/lidar/distance", 0.0, 5)    # in one process
    pub.publish(3.2)

    sub = shm_pub_sub.Subscriber("robot/lidar/distance", 0.0)      # in another
    value, ok = sub.subscribe()                                     # (3.2, True)
    value = sub.recv()                                              # waits for the next one
"""

try:
    from ._hot import Sample
except ImportError as error:
    if "subinterpreters" in str(error):
        raise  # from 3.12 on by CPython itself, where they have a GIL of their own
    from ._missing import why_missing

    raise ImportError(f"{error}; {why_missing('_hot')}") from error
from ._errors import (
    ClosedError,
    CreateError,
    ExistsError,
    ForkedError,
    InternalError,
    LayoutError,
    LoanError,
    NetworkError,
    OpenError,
    RangeError,
    RecordingError,
    ShmError,
    TopicNotFoundError,
    TopicTypeError,
    TopicValueError,
    WaitTimeoutError,
)
from ._publisher import Publisher
from ._select import select
from ._subscriber import Subscriber
from ._version import VERSION as __version__

__all__ = [
    "Alignment",
    "ClosedError",
    "CreateError",
    "ExistsError",
    "Follow",
    "ForkedError",
    "InternalError",
    "LayoutError",
    "LoanError",
    "MaxSize",
    "NetworkError",
    "OpenError",
    "Publisher",
    "RangeError",
    "Rate",
    "Recorded",
    "RecordedTopics",
    "RecordingError",
    "Sample",
    "ShmError",
    "Subscriber",
    "TopicInfo",
    "TopicNotFoundError",
    "TopicTable",
    "TopicTypeError",
    "TopicValueError",
    "Unit",
    "WaitTimeoutError",
    "__version__",
    "align",
    "follow",
    "inspect",
    "plot",
    "read_recording",
    "remove",
    "select",
    "topics",
]

_LATE = {
    "Alignment": "_align",
    "Follow": "_following",
    "MaxSize": "_annotations",
    "Rate": "_rate",
    "Recorded": "_recorded",
    "RecordedTopics": "_recorded",
    "TopicInfo": "_topics",
    "TopicTable": "_topics",
    "Unit": "_annotations",
    "align": "_align",
    "follow": "_following",
    "inspect": "_topics",
    "plot": "_plot",
    "read_recording": "_recorded",
    "remove": "_topics",
    "topics": "_topics",
}


def __getattr__(name: str) -> object:
    """Import what is seldom used, and slow to import, when it is first asked for (PEP 562)."""
    if name in _LATE:
        module = __import__(_LATE[name], globals(), fromlist=[name], level=1)
        globals()[name] = found = getattr(module, name)
        return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
