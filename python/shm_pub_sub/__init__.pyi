import builtins
import ctypes
from array import array
from collections.abc import Callable, Coroutine, Iterable
from types import GenericAlias, SimpleNamespace
from typing import (
    Any,
    ClassVar,
    Final,
    Generic,
    Literal,
    NoReturn,
    Protocol,
    SupportsFloat,
    SupportsIndex,
    TypeAlias,
    TypeVar,
    overload,
)

import numpy as np
import numpy.typing as npt
from _typeshed import DataclassInstance, StrPath
from typing_extensions import Buffer, Self

from ._annotations import MaxSize as MaxSize
from ._annotations import Unit as Unit
from ._errors import ClosedError as ClosedError
from ._errors import CreateError as CreateError
from ._errors import ExistsError as ExistsError
from ._errors import ForkedError as ForkedError
from ._errors import InternalError as InternalError
from ._errors import LayoutError as LayoutError
from ._errors import LoanError as LoanError
from ._errors import NetworkError as NetworkError
from ._errors import OpenError as OpenError
from ._errors import RangeError as RangeError
from ._errors import RecordingError as RecordingError
from ._errors import ShmError as ShmError
from ._errors import TopicNotFoundError as TopicNotFoundError
from ._errors import TopicTypeError as TopicTypeError
from ._errors import TopicValueError as TopicValueError
from ._errors import WaitTimeoutError as WaitTimeoutError
from ._following import Follow as Follow
from ._following import follow as follow
from ._hot import Loan
from ._hot import Sample as Sample
from ._plot import plot as plot
from ._rate import Rate as Rate
from ._recorded import Recorded as Recorded
from ._recorded import RecordedTopics as RecordedTopics
from ._recorded import read_recording as read_recording
from ._topics import TopicInfo as TopicInfo
from ._topics import TopicTable as TopicTable
from ._topics import inspect as inspect
from ._topics import remove as remove
from ._topics import topics as topics

_Trust: TypeAlias = SupportsIndex | str | Iterable[SupportsIndex | str] | None
_T = TypeVar("_T")
_T1 = TypeVar("_T1")
_T2 = TypeVar("_T2")
_T3 = TypeVar("_T3")
_T4 = TypeVar("_T4")
_E = TypeVar("_E", bound=np.generic)
# numpy's arrays are Buffers in its stubs from Python 3.12 on.
_Into: TypeAlias = Buffer | npt.NDArray[Any]
_B = TypeVar("_B", bound=_Into)

# Defaults that are numbers of other libraries; values are Python's.
_Bool: TypeAlias = np.bool_ | ctypes.c_bool
_Int: TypeAlias = np.integer[Any] | ctypes._SimpleCData[int]
_Float: TypeAlias = np.floating[Any] | ctypes._SimpleCData[float]
_Complex: TypeAlias = np.complexfloating[Any, Any]

# Records, whose classes have no class in common.
class _NamedTuple(Protocol):
    def _asdict(self) -> dict[str, Any]: ...

class _Attrs(Protocol):
    __attrs_attrs__: ClassVar[Any]

class _Struct(Protocol):
    __struct_fields__: ClassVar[tuple[str, ...]]

class _TypedDict(Protocol):
    __required_keys__: ClassVar[frozenset[str]]

_Object: TypeAlias = DataclassInstance | _NamedTuple | _Attrs | _Struct
_Record: TypeAlias = _Object | ctypes.Structure | np.void | _TypedDict
_O = TypeVar("_O", bound=_Object)
_R = TypeVar("_R", bound=_Record)
# What into= fills, apart from buffers such as arrays and ctypes.Structure.
_F = TypeVar("_F", bound=_Object | _TypedDict)
_C = TypeVar("_C", bound=ctypes.Structure)
_K = TypeVar("_K", bound=_TypedDict)

_Array: TypeAlias = array[int] | array[float] | ctypes.Array[Any]
# What values of their own type are read with. The topics' arrays have fixed types of elements.
_A = TypeVar("_A", bound=_Array)
_D = TypeVar(
    "_D",
    bound=complex
    | str
    | bytes
    | list[bool]
    | list[int]
    | list[float]
    | npt.NDArray[Any]
    | _Array
    | memoryview
    | _Record,
)
_S = TypeVar("_S", bound=Subscriber[Any])

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

__version__: Final[str]

@overload
def select(subscribers: Iterable[_S], timeout: float | None = None) -> list[_S]: ...
@overload  # of several types: of those in a list mypy makes object, which no _S is
def select(  # type: ignore[overload-cannot-match]
    subscribers: Iterable[Subscriber[Any]], timeout: float | None = None
) -> list[Subscriber[Any]]: ...

# Of each topic its own type. Of more topics than these, or a list of several types: Any.
@overload
def align(
    subscribers: tuple[Subscriber[_T1]], *, tolerance: float, names: None = None
) -> Alignment[tuple[Sample[_T1]]]: ...
@overload
def align(
    subscribers: tuple[Subscriber[_T1], Subscriber[_T2]], *, tolerance: float, names: None = None
) -> Alignment[tuple[Sample[_T1], Sample[_T2]]]: ...
@overload
def align(
    subscribers: tuple[Subscriber[_T1], Subscriber[_T2], Subscriber[_T3]],
    *,
    tolerance: float,
    names: None = None,
) -> Alignment[tuple[Sample[_T1], Sample[_T2], Sample[_T3]]]: ...
@overload
def align(
    subscribers: tuple[Subscriber[_T1], Subscriber[_T2], Subscriber[_T3], Subscriber[_T4]],
    *,
    tolerance: float,
    names: None = None,
) -> Alignment[tuple[Sample[_T1], Sample[_T2], Sample[_T3], Sample[_T4]]]: ...
@overload
def align(
    subscribers: Iterable[Subscriber[_T]], *, tolerance: float, names: None = None
) -> Alignment[tuple[Sample[_T], ...]]: ...
@overload
def align(
    subscribers: Iterable[Subscriber[_T]], *, tolerance: float, names: Iterable[str]
) -> Alignment[dict[str, Sample[_T]]]: ...
@overload
def align(
    subscribers: Iterable[Subscriber[Any]], *, tolerance: float, names: None = None
) -> Alignment[tuple[Sample[Any], ...]]: ...
@overload
def align(
    subscribers: Iterable[Subscriber[Any]], *, tolerance: float, names: Iterable[str]
) -> Alignment[dict[str, Sample[Any]]]: ...

class Alignment(Generic[_T]):
    def __iter__(self) -> Self: ...
    def __next__(self) -> _T: ...
    def recv(self, timeout: float | None = None) -> _T: ...
    def __aiter__(self) -> Self: ...
    def __anext__(self) -> Coroutine[Any, Any, _T]: ...
    def arecv(self, timeout: float | None = None) -> Coroutine[Any, Any, _T]: ...
    def fileno(self) -> int: ...
    @property
    def closed(self) -> bool: ...
    @property
    def dropped(self) -> tuple[int, ...]: ...
    @property
    def spread(self) -> float: ...
    @property
    def worst_spread(self) -> float: ...

class Publisher(Generic[_T]):
    @overload
    def __init__(
        self: Publisher[bool],
        name: str,
        default_value: _Bool,
        buffer_num: SupportsIndex = 3,
        *,
        max_size: SupportsIndex | None = None,
        views: SupportsIndex | None = None,
        loans: SupportsIndex | None = None,
        mode: SupportsIndex = 0o600,
        replace: bool = False,
        retain: bool = False,
        bridged: bool = False,
        directory: StrPath | None = None,
        trust: _Trust = None,
        unit: str = "",
        description: str = "",
        attributes: dict[str, Any] | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self: Publisher[int],
        name: str,
        default_value: _Int,
        buffer_num: SupportsIndex = 3,
        *,
        max_size: SupportsIndex | None = None,
        views: SupportsIndex | None = None,
        loans: SupportsIndex | None = None,
        mode: SupportsIndex = 0o600,
        replace: bool = False,
        retain: bool = False,
        bridged: bool = False,
        directory: StrPath | None = None,
        trust: _Trust = None,
        unit: str = "",
        description: str = "",
        attributes: dict[str, Any] | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self: Publisher[float],
        name: str,
        default_value: _Float,
        buffer_num: SupportsIndex = 3,
        *,
        max_size: SupportsIndex | None = None,
        views: SupportsIndex | None = None,
        loans: SupportsIndex | None = None,
        mode: SupportsIndex = 0o600,
        replace: bool = False,
        retain: bool = False,
        bridged: bool = False,
        directory: StrPath | None = None,
        trust: _Trust = None,
        unit: str = "",
        description: str = "",
        attributes: dict[str, Any] | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self: Publisher[complex],
        name: str,
        default_value: _Complex,
        buffer_num: SupportsIndex = 3,
        *,
        max_size: SupportsIndex | None = None,
        views: SupportsIndex | None = None,
        loans: SupportsIndex | None = None,
        mode: SupportsIndex = 0o600,
        replace: bool = False,
        retain: bool = False,
        bridged: bool = False,
        directory: StrPath | None = None,
        trust: _Trust = None,
        unit: str = "",
        description: str = "",
        attributes: dict[str, Any] | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self: Publisher[_D],
        name: str,
        default_value: _D,
        buffer_num: SupportsIndex = 3,
        *,
        max_size: SupportsIndex | None = None,
        views: SupportsIndex | None = None,
        loans: SupportsIndex | None = None,
        mode: SupportsIndex = 0o600,
        replace: bool = False,
        retain: bool = False,
        bridged: bool = False,
        directory: StrPath | None = None,
        trust: _Trust = None,
        unit: str = "",
        description: str = "",
        attributes: dict[str, Any] | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self: Publisher[dict[str, Any]],
        name: str,
        default_value: dict[str, Any],
        buffer_num: SupportsIndex = 3,
        *,
        max_size: SupportsIndex | None = None,
        views: SupportsIndex | None = None,
        loans: SupportsIndex | None = None,
        mode: SupportsIndex = 0o600,
        replace: bool = False,
        retain: bool = False,
        bridged: bool = False,
        directory: StrPath | None = None,
        trust: _Trust = None,
        unit: str = "",
        description: str = "",
        attributes: dict[str, Any] | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self: Publisher[list[_R]],
        name: str,
        default_value: list[_R],
        buffer_num: SupportsIndex = 3,
        *,
        max_size: SupportsIndex | None = None,
        views: SupportsIndex | None = None,
        loans: SupportsIndex | None = None,
        mode: SupportsIndex = 0o600,
        replace: bool = False,
        retain: bool = False,
        bridged: bool = False,
        directory: StrPath | None = None,
        trust: _Trust = None,
        unit: str = "",
        description: str = "",
        attributes: dict[str, Any] | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self: Publisher[list[dict[str, Any]]],
        name: str,
        default_value: list[dict[str, Any]],
        buffer_num: SupportsIndex = 3,
        *,
        max_size: SupportsIndex | None = None,
        views: SupportsIndex | None = None,
        loans: SupportsIndex | None = None,
        mode: SupportsIndex = 0o600,
        replace: bool = False,
        retain: bool = False,
        bridged: bool = False,
        directory: StrPath | None = None,
        trust: _Trust = None,
        unit: str = "",
        description: str = "",
        attributes: dict[str, Any] | None = None,
    ) -> None: ...
    @overload
    def publish(self: Publisher[bool], value: bool, /) -> None: ...
    @overload
    def publish(self: Publisher[int], value: SupportsIndex, /) -> None: ...
    @overload
    def publish(self: Publisher[float], value: SupportsFloat | SupportsIndex, /) -> None: ...
    @overload
    def publish(self: Publisher[bytes], value: bytes | bytearray | memoryview, /) -> None: ...
    @overload
    def publish(self: Publisher[_A], value: Buffer, /) -> None: ...
    @overload  # and for functions that are generic
    def publish(self, value: _T, /) -> None: ...
    @overload
    def publish_at(self: Publisher[bool], value: bool, /, time_ns: SupportsIndex) -> None: ...
    @overload
    def publish_at(
        self: Publisher[int], value: SupportsIndex, /, time_ns: SupportsIndex
    ) -> None: ...
    @overload
    def publish_at(
        self: Publisher[float], value: SupportsFloat | SupportsIndex, /, time_ns: SupportsIndex
    ) -> None: ...
    @overload
    def publish_at(
        self: Publisher[bytes], value: bytes | bytearray | memoryview, /, time_ns: SupportsIndex
    ) -> None: ...
    @overload
    def publish_at(self: Publisher[_A], value: Buffer, /, time_ns: SupportsIndex) -> None: ...
    @overload  # and for functions that are generic
    def publish_at(self, value: _T, /, time_ns: SupportsIndex) -> None: ...
    @overload
    def publish_many(self: Publisher[bool], values: Buffer | Iterable[bool], /) -> None: ...
    @overload
    def publish_many(self: Publisher[int], values: Buffer | Iterable[SupportsIndex], /) -> None: ...
    @overload
    def publish_many(
        self: Publisher[float], values: Buffer | Iterable[SupportsFloat | SupportsIndex], /
    ) -> None: ...
    @overload
    def publish_many(
        self: Publisher[bytes], values: Iterable[bytes | bytearray | memoryview], /
    ) -> None: ...
    @overload
    def publish_many(self: Publisher[_A], values: Buffer | Iterable[Buffer], /) -> None: ...
    @overload
    def publish_many(self, values: Buffer | Iterable[_T], /) -> None: ...
    @overload
    def loan(
        self: Publisher[npt.NDArray[_E]], size: SupportsIndex | None = None
    ) -> Loan[npt.NDArray[_E]]: ...
    @overload
    def loan(self: Publisher[dict[str, Any]], size: None = None) -> Loan[dict[str, Any]]: ...
    @overload
    def loan(self: Publisher[_C], size: None = None) -> Loan[_C]: ...
    @overload
    def loan(self: Publisher[_K], size: None = None) -> Loan[_K]: ...
    @overload
    def loan(self: Publisher[np.void], size: None = None) -> Loan[npt.NDArray[np.void]]: ...
    @overload
    def loan(self: Publisher[_O], size: None = None) -> Loan[SimpleNamespace]: ...
    @overload
    def loan(
        self: Publisher[bytes] | Publisher[_A] | Publisher[memoryview],
        size: SupportsIndex | None = None,
    ) -> Loan[memoryview]: ...
    def close(self) -> None: ...
    @property
    def name(self) -> str: ...
    @property
    def type(self) -> builtins.type[_T]: ...
    @property
    def default_value(self) -> _T: ...
    @property
    def buffer_num(self) -> int: ...
    @property
    def closed(self) -> bool: ...
    @property
    def publisher_alive(self) -> bool: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *error: object) -> None: ...
    def _repr_html_(self) -> str: ...
    def __reduce__(self) -> NoReturn: ...
    def __class_getitem__(cls, item: Any, /) -> GenericAlias: ...

class Subscriber(Generic[_T]):
    @overload
    def __init__(
        self: Subscriber[Any],
        name: str,
        default_value: None = None,
        *,
        copy: bool = True,
        max_age: float | None = None,
        history: SupportsIndex = 1,
        callback: Callable[[Any], object] | None = None,
        directory: StrPath | None = None,
        trust: _Trust = None,
    ) -> None: ...
    @overload
    def __init__(
        self: Subscriber[bool],
        name: str,
        default_value: _Bool,
        *,
        copy: bool = True,
        max_age: float | None = None,
        history: SupportsIndex = 1,
        callback: Callable[[bool], object] | None = None,
        directory: StrPath | None = None,
        trust: _Trust = None,
    ) -> None: ...
    @overload
    def __init__(
        self: Subscriber[int],
        name: str,
        default_value: _Int,
        *,
        copy: bool = True,
        max_age: float | None = None,
        history: SupportsIndex = 1,
        callback: Callable[[int], object] | None = None,
        directory: StrPath | None = None,
        trust: _Trust = None,
    ) -> None: ...
    @overload
    def __init__(
        self: Subscriber[float],
        name: str,
        default_value: _Float,
        *,
        copy: bool = True,
        max_age: float | None = None,
        history: SupportsIndex = 1,
        callback: Callable[[float], object] | None = None,
        directory: StrPath | None = None,
        trust: _Trust = None,
    ) -> None: ...
    @overload
    def __init__(
        self: Subscriber[complex],
        name: str,
        default_value: _Complex,
        *,
        copy: bool = True,
        max_age: float | None = None,
        history: SupportsIndex = 1,
        callback: Callable[[complex], object] | None = None,
        directory: StrPath | None = None,
        trust: _Trust = None,
    ) -> None: ...
    @overload
    def __init__(
        self: Subscriber[bytes | memoryview],
        name: str,
        default_value: bytes,
        *,
        copy: Literal[False],
        max_age: float | None = None,
        history: SupportsIndex = 1,
        callback: Callable[[memoryview], object] | None = None,
        directory: StrPath | None = None,
        trust: _Trust = None,
    ) -> None: ...
    @overload
    def __init__(
        self: Subscriber[_A | memoryview],
        name: str,
        default_value: _A,
        *,
        copy: Literal[False],
        max_age: float | None = None,
        history: SupportsIndex = 1,
        callback: Callable[[memoryview], object] | None = None,
        directory: StrPath | None = None,
        trust: _Trust = None,
    ) -> None: ...
    @overload
    def __init__(
        self: Subscriber[_D],
        name: str,
        default_value: _D,
        *,
        copy: bool = True,
        max_age: float | None = None,
        history: SupportsIndex = 1,
        callback: Callable[[_D], object] | None = None,
        directory: StrPath | None = None,
        trust: _Trust = None,
    ) -> None: ...
    @overload
    def __init__(
        self: Subscriber[dict[str, Any]],
        name: str,
        default_value: dict[str, Any],
        *,
        copy: bool = True,
        max_age: float | None = None,
        history: SupportsIndex = 1,
        callback: Callable[[dict[str, Any]], object] | None = None,
        directory: StrPath | None = None,
        trust: _Trust = None,
    ) -> None: ...
    @overload
    def __init__(
        self: Subscriber[list[_R]],
        name: str,
        default_value: list[_R],
        *,
        copy: bool = True,
        max_age: float | None = None,
        history: SupportsIndex = 1,
        callback: Callable[[list[_R]], object] | None = None,
        directory: StrPath | None = None,
        trust: _Trust = None,
    ) -> None: ...
    @overload
    def __init__(
        self: Subscriber[list[dict[str, Any]]],
        name: str,
        default_value: list[dict[str, Any]],
        *,
        copy: bool = True,
        max_age: float | None = None,
        history: SupportsIndex = 1,
        callback: Callable[[list[dict[str, Any]]], object] | None = None,
        directory: StrPath | None = None,
        trust: _Trust = None,
    ) -> None: ...
    @overload
    def subscribe(self, *, into: _Into | None = None) -> tuple[_T, bool]: ...
    @overload
    def subscribe(
        self: Subscriber[dict[str, Any]], *, into: dict[str, Any]
    ) -> tuple[dict[str, Any], bool]: ...
    @overload
    def subscribe(self: Subscriber[_F], *, into: _F) -> tuple[_F, bool]: ...
    @overload
    def recv(self, timeout: float | None = None, *, into: _Into | None = None) -> _T: ...
    @overload
    def recv(
        self: Subscriber[dict[str, Any]], timeout: float | None = None, *, into: dict[str, Any]
    ) -> dict[str, Any]: ...
    @overload
    def recv(self: Subscriber[_F], timeout: float | None = None, *, into: _F) -> _F: ...
    @overload
    def try_recv(self, *, into: _Into | None = None) -> _T | None: ...
    @overload
    def try_recv(
        self: Subscriber[dict[str, Any]], *, into: dict[str, Any]
    ) -> dict[str, Any] | None: ...
    @overload
    def try_recv(self: Subscriber[_F], *, into: _F) -> _F | None: ...
    @overload
    def drain(self, *, into: None = None) -> list[_T]: ...
    @overload
    def drain(self, *, into: _Into) -> int: ...
    @overload
    def last(self, n: SupportsIndex, /, *, into: _B) -> _B: ...
    @overload  # one array with a leading axis, or a list of those of various lengths
    def last(self: Subscriber[npt.NDArray[_E]], n: SupportsIndex, /) -> Any: ...
    @overload  # stacked: arrays with a leading axis, by key
    def last(  # type: ignore[overload-overlap]
        self: Subscriber[dict[str, Any]], n: SupportsIndex, /
    ) -> dict[str, Any]: ...
    @overload
    def last(self, n: SupportsIndex, /, *, into: None = None) -> list[_T]: ...
    def sample(self) -> Sample[_T] | None: ...
    def recv_sample(self, timeout: float | None = None) -> Sample[_T]: ...
    def at(self, time_ns: SupportsIndex, /) -> Sample[_T] | None: ...
    def after(self, time_ns: SupportsIndex, /, timeout: float | None = None) -> Sample[_T]: ...
    def since(self, time_ns: SupportsIndex, /) -> list[Sample[_T]]: ...
    def wait_for_publisher(self, timeout: float | None = None) -> None: ...
    def to_pandas(self, n: SupportsIndex | None = None) -> Any: ...
    def __iter__(self) -> Self: ...
    def __next__(self) -> _T: ...
    def fileno(self) -> int: ...
    def arecv(self, timeout: float | None = None) -> Coroutine[Any, Any, _T]: ...
    def __aiter__(self) -> Self: ...
    def __anext__(self) -> Coroutine[Any, Any, _T]: ...
    @property
    def lost(self) -> int: ...
    @property
    def copied(self) -> int: ...
    def close(self) -> None: ...
    @property
    def name(self) -> str: ...
    @property
    def type(self) -> builtins.type[_T]: ...
    @property
    def default_value(self) -> _T: ...
    @property
    def buffer_num(self) -> int | None: ...
    @property
    def closed(self) -> bool: ...
    @property
    def metadata(self) -> dict[str, Any]: ...
    @property
    def publisher_alive(self) -> bool: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *error: object) -> None: ...
    def _repr_html_(self) -> str: ...
    def __reduce__(self) -> NoReturn: ...
    def __class_getitem__(cls, item: Any, /) -> GenericAlias: ...
