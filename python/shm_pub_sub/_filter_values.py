"""What a filter's operators and functions do with values, also with each element of arrays."""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final

from ._bare import elements
from ._numpy import is_array
from ._paths import PathError, part

_Operation = Callable[[Any, Any], Any]


class NoResult(Exception):
    """There is none for this value."""


def named(value: Any, name: str) -> Any:
    """Return a field, or the value itself."""
    if name == "value" and type(value) in _PLAIN:
        return value
    if name in getattr(type(value), "_fields", ()):  # of a NamedTuple
        return getattr(value, name)
    try:
        return part(value, (name,))
    except PathError:
        if name == "value":
            return value
        raise


def truth(value: Any) -> bool:
    """Return whether a number or text is true."""
    value = _elements(value)
    if isinstance(value, (bool, int, float, str)):
        return bool(value)
    raise TypeError(f"found {type(value).__name__}; expected a number or text")


def _elements(value: Any) -> Any:
    """Return an array or list as numpy's array or a list; anything else as it is."""
    if type(value) is memoryview:
        numpy = sys.modules.get("numpy")
        return elements(value) if numpy is None else numpy.asarray(value)
    return value.item() if is_array(value) and not value.ndim else value


def _wide(value: Any) -> Any:
    """Return an array in which results do not wrap around."""
    if is_array(value) and value.dtype.kind in "biu" and value.dtype.itemsize < 8:
        return value.astype("i8")
    return value.astype("f8") if is_array(value) and value.dtype == "f2" else value


def elementwise(operation: _Operation, left: Any, right: Any) -> Any:
    """Return the operation's result, for each element of arrays and lists."""
    left, right = _elements(left), _elements(right)
    if is_array(left) or is_array(right):
        with sys.modules["numpy"].errstate(all="ignore"):
            try:
                return operation(left, right)
            except ValueError:
                raise NoResult from None  # of other shapes
    if type(left) is list and type(right) is list:
        if len(left) != len(right):
            raise NoResult
        return [elementwise(operation, a, b) for a, b in zip(left, right, strict=True)]
    if type(left) is list:
        return [elementwise(operation, each, right) for each in left]
    if type(right) is list:
        return [elementwise(operation, left, each) for each in right]
    return operation(left, right)


def _operator(operation: _Operation) -> _Operation:
    def operate(left: Any, right: Any) -> Any:
        if isinstance(left, (str, bytes)) or isinstance(right, (str, bytes)):
            raise TypeError("found text; expected numbers")  # 'x' * 1000000000
        if type(left) in _PLAIN and type(right) in _PLAIN:
            return operation(left, right)
        return elementwise(operation, _wide(_elements(left)), _wide(_elements(right)))

    return operate


def _comparison(operation: _Operation) -> _Operation:
    def compare(left: Any, right: Any) -> Any:
        if type(left) in _PLAIN and type(right) in _PLAIN:
            return operation(left, right)
        return elementwise(operation, left, right)

    return compare


_PLAIN: Final = frozenset({bool, int, float, complex, str})


def both(left: Any, right: Any) -> Any:
    """Return `left and right` of comparisons."""
    return elementwise(lambda a, b: a & b, left, right)


def _is_in(left: Any, right: Any) -> bool:
    if isinstance(right, str):
        return left in right
    return any(each == left for each in _flat(right))


def _flat(value: Any) -> Iterator[Any]:
    """Return all elements of an array or a list, as Python has them."""
    value = _elements(value)
    if is_array(value):
        yield from value.ravel().tolist()
    elif type(value) is list:
        for each in value:
            yield from _flat(each)
    else:
        yield value


def _any(value: Any) -> bool:
    value = _elements(value)
    return bool(value.any()) if is_array(value) else any(_flat(value))


def _all(value: Any) -> bool:
    value = _elements(value)
    return bool(value.all()) if is_array(value) else all(_flat(value))


def _extreme(least: bool) -> Callable[..., Any]:
    def extreme(*values: Any) -> Any:
        value = _elements(values[0] if len(values) == 1 else [*values])
        if is_array(value):
            if not value.size:
                raise NoResult
            numpy = sys.modules["numpy"]
            reduced = (numpy.fmin if least else numpy.fmax).reduce(value, axis=None)
            return reduced.item()
        numbers = [each for each in _flat(value) if each == each]
        if not numbers:
            raise NoResult
        return min(numbers) if least else max(numbers)

    return extreme


def _abs(value: Any) -> Any:
    value = _wide(_elements(value))
    return [*map(_abs, value)] if type(value) is list else abs(value)


OPERATORS: Final[dict[str, _Operation]] = {
    "+": _operator(operator.add),
    "-": _operator(operator.sub),
    "*": _operator(operator.mul),
    "/": _operator(operator.truediv),
    "//": _operator(operator.floordiv),
    "%": _operator(operator.mod),
}

COMPARISONS: Final[dict[str, _Operation]] = {
    "<": _comparison(operator.lt),
    "<=": _comparison(operator.le),
    ">": _comparison(operator.gt),
    ">=": _comparison(operator.ge),
    "==": _comparison(operator.eq),
    "!=": _comparison(operator.ne),
    "in": _is_in,
    "not in": lambda left, right: not _is_in(left, right),
}

FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "abs": _abs,
    "min": _extreme(least=True),
    "max": _extreme(least=False),
    "len": len,
    "any": _any,
    "all": _all,
}
