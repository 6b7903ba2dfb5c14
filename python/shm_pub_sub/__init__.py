"""Publish and subscribe to typed values between processes, through POSIX shared memory.

    pub = shm_pub_sub.Publisher("robot/lidar/distance", 0.0, 5)    # in one process
    pub.publish(3.2)

    sub = shm_pub_sub.Subscriber("robot/lidar/distance", 0.0)      # in another
    value, ok = sub.subscribe()                                     # (3.2, True)
"""

from ._errors import (
    ClosedError,
    CreateError,
    ExistsError,
    ForkedError,
    LayoutError,
    OpenError,
    RangeError,
    ShmError,
    TopicNotFoundError,
    TopicTypeError,
    TopicValueError,
)
from ._publisher import Publisher
from ._subscriber import Subscriber
from ._topics import TopicInfo, inspect, remove, topics

__version__ = "0.1.0"

__all__ = [
    "ClosedError",
    "CreateError",
    "ExistsError",
    "ForkedError",
    "LayoutError",
    "OpenError",
    "Publisher",
    "RangeError",
    "ShmError",
    "Subscriber",
    "TopicInfo",
    "TopicNotFoundError",
    "TopicTypeError",
    "TopicValueError",
    "__version__",
    "inspect",
    "remove",
    "topics",
]
