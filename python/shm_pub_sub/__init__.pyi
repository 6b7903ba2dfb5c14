from types import GenericAlias, TracebackType
from typing import Any, Final, Generic, NoReturn, SupportsFloat, SupportsIndex, TypeVar, overload

from typing_extensions import Self

from ._errors import ClosedError as ClosedError
from ._errors import CreateError as CreateError
from ._errors import ExistsError as ExistsError
from ._errors import ForkedError as ForkedError
from ._errors import LayoutError as LayoutError
from ._errors import OpenError as OpenError
from ._errors import RangeError as RangeError
from ._errors import ShmError as ShmError
from ._errors import TopicNotFoundError as TopicNotFoundError
from ._errors import TopicTypeError as TopicTypeError
from ._errors import TopicValueError as TopicValueError
from ._topics import TopicInfo as TopicInfo
from ._topics import inspect as inspect
from ._topics import remove as remove
from ._topics import topics as topics

_T = TypeVar("_T", bool, int, float)

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

__version__: Final[str]

class Publisher(Generic[_T]):
    @overload
    def __init__(
        self: Publisher[bool],
        name: str,
        default_value: bool,
        buffer_num: SupportsIndex = 3,
        *,
        mode: SupportsIndex = 0o600,
        replace: bool = False,
        retain: bool = False,
    ) -> None: ...
    @overload
    def __init__(
        self: Publisher[int],
        name: str,
        default_value: int,
        buffer_num: SupportsIndex = 3,
        *,
        mode: SupportsIndex = 0o600,
        replace: bool = False,
        retain: bool = False,
    ) -> None: ...
    @overload
    def __init__(
        self: Publisher[float],
        name: str,
        default_value: float,
        buffer_num: SupportsIndex = 3,
        *,
        mode: SupportsIndex = 0o600,
        replace: bool = False,
        retain: bool = False,
    ) -> None: ...
    @overload
    def publish(self: Publisher[bool], value: bool, /) -> None: ...
    @overload
    def publish(self: Publisher[int], value: SupportsIndex, /) -> None: ...
    @overload
    def publish(self: Publisher[float], value: SupportsFloat | SupportsIndex, /) -> None: ...
    def close(self) -> None: ...
    @property
    def name(self) -> str: ...
    @property
    def buffer_num(self) -> int: ...
    @property
    def closed(self) -> bool: ...
    @property
    def publisher_alive(self) -> bool: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
    def __reduce__(self) -> NoReturn: ...
    def __class_getitem__(cls, item: Any, /) -> GenericAlias: ...

class Subscriber(Generic[_T]):
    @overload
    def __init__(
        self: Subscriber[bool], name: str, default_value: bool, *, max_age: float | None = None
    ) -> None: ...
    @overload
    def __init__(
        self: Subscriber[int], name: str, default_value: int, *, max_age: float | None = None
    ) -> None: ...
    @overload
    def __init__(
        self: Subscriber[float], name: str, default_value: float, *, max_age: float | None = None
    ) -> None: ...
    def subscribe(self) -> tuple[_T, bool]: ...
    def close(self) -> None: ...
    @property
    def name(self) -> str: ...
    @property
    def buffer_num(self) -> int | None: ...
    @property
    def closed(self) -> bool: ...
    @property
    def publisher_alive(self) -> bool: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
    def __reduce__(self) -> NoReturn: ...
    def __class_getitem__(cls, item: Any, /) -> GenericAlias: ...
