"""Topics whose values are numbers or bytes as in shared memory: for tools that show or move values.

No objects are made for what is in a value, whatever its type.
"""

from __future__ import annotations

from ._arguments import check_name
from ._described import spec_of_descriptor
from ._metadata import encoded_whole
from ._publisher import Publisher
from ._subscriber import ArraySubscriber, Subscriber

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping
    from typing import Any


def raw_subscriber(
    name: str,
    descriptor: str,
    *,
    history: int = 1,
    trust: int | str | Iterable[int | str] | None = None,
    directory: str | os.PathLike[str] | None = None,
) -> Subscriber:
    """Return a subscriber of exactly that type.

    Its values are numbers if the type is bool, int or float. Of every other type they are bytes up
    to 4096 bytes, and beyond that read-only memoryviews of bytes: views of shared memory, pinned as
    long as anything refers to them, or, if there are no more views, copies, whose `obj` is a bytes
    object. into= is refused.

    Args:
        name: The topic's name.
        descriptor: As inspect_typed() returns it.
        history: As for Subscriber, like trust and directory.

    Raises:
        TopicTypeError: The topic's type is another one; reading raises it, too, if that changes.
        TopicValueError: It is no descriptor (a ValueError).
        OpenError: As for Subscriber.
    """
    spec = spec_of_descriptor(descriptor)
    cls = Subscriber if spec.is_number else ArraySubscriber
    made = cls.__new__(cls)
    made._name = check_name(name)
    made._begin(spec, history, trust, directory, raw=not spec.is_number)
    return made


def raw_publisher(
    name: str,
    descriptor: str,
    buffer_num: int = 3,
    *,
    metadata: Mapping[str, Any] | None = None,
    retain: bool = False,
    views: int | None = None,
    loans: int | None = None,
    mode: int = 0o600,
    bridged: bool = False,
    directory: str | os.PathLike[str] | None = None,
) -> Publisher:
    """Return a publisher of that type, for `_publish_raw(value, time_ns=None)`.

    It publishes what such a subscriber receives: a number, or bytes. It raises TopicTypeError for
    what has no bytes side by side, and TopicValueError if they are those of no value of the type.

    Args:
        name: The topic's name.
        descriptor: As inspect_typed() returns it. The topic has it to the letter.
        buffer_num: As for Publisher, like retain, mode, bridged and directory.
        metadata: All of it, as TopicInfo.metadata.
        views: As TopicInfo.views, like loans: 0 if it has none. None for the usual number.

    Raises:
        TopicValueError: An argument has a value that is not accepted (a ValueError).
        ExistsError, CreateError: As for Publisher.
    """
    spec = spec_of_descriptor(descriptor, metadata)
    if spec.is_number or spec.kind == "scalar":
        views = loans = None
    made = Publisher.__new__(Publisher)
    made._name = check_name(name)
    text = encoded_whole(made._name, metadata)
    made._begin(
        *(spec, text, buffer_num, views, loans or None, mode, directory),
        retain=retain,
        bridged=bridged,
    )
    return made
