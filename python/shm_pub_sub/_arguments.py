"""Checks of arguments, with their errors."""

from __future__ import annotations

import operator
import os

from ._errors import RangeError, TopicTypeError, TopicValueError

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Final

DEFAULT_DIR: Final = "/dev/shm"
DIR_VARIABLE: Final = "SHM_PUB_SUB_DIR"

# Tags of the file's header; the names are Python's and Go's alike.
TYPE_TAGS: Final[dict[type, int]] = {bool: 1, int: 2, float: 3}

_DIRECTORIES = f"expected a str, an os.PathLike of one, or None for what {DIR_VARIABLE} names"
MAX_BUFFERS: Final = 2**36  # MaxDepth in internal/segment/layout.go
MAX_CHUNKS: Final = 500  # of views and loans: MaxViews and MaxLoans there


def directory() -> str:
    """Return the absolute path of the directory that holds this process's topics."""
    return _absolute(os.environ.get(DIR_VARIABLE) or DEFAULT_DIR, DIR_VARIABLE)


def check_directory(given: Any) -> str:
    """Return directory= as an absolute path, so that a later chdir() does not change it.

    None stands for this process's directory.
    """
    if given is None:
        return directory()
    if not really_is(given, str):
        if not hasattr(type(given), "__fspath__"):
            hint = "; os.fsdecode() makes a str of it" if really_is(given, bytes) else ""
            raise TopicTypeError(f"directory: found {kind_of(given)}; {_DIRECTORIES}{hint}")
        path = os.fspath(given)
        if not really_is(path, str):
            raise TopicTypeError(
                f"directory: found {kind_of(given)} of a {kind_of(path)} path; {_DIRECTORIES}; "
                "os.fsdecode() makes a str of it"
            )
        given = path
    text: str = str.__str__(given)
    if not text:
        raise TopicValueError(f"directory: found an empty str; {_DIRECTORIES}")
    if "\0" in text:
        raise TopicValueError(
            f"directory {short_repr(text)}: found a NUL at character {text.index(chr(0))}; "
            "expected a path without NUL"
        )
    try:
        os.fsencode(text)
    except UnicodeEncodeError as error:
        raise TopicValueError(
            f"directory {short_repr(text)}: found {text[error.start]!a} at character "
            f"{error.start}; expected what the file system's encoding, {error.encoding}, can "
            "express"
        ) from None
    return _absolute(text, "directory")


def _absolute(path: str, source: str) -> str:
    try:
        return os.path.abspath(path)
    except OSError as error:
        raise TopicValueError(
            f"{source}: found the relative path {short_repr(path)} and no current directory "
            f"({error.strerror}); expected an absolute path"
        ) from None


def path_to_go(path: str) -> str:
    """Return a path as it crosses to Go: its bytes as Latin-1 (shmpubsub/bind/path.go)."""
    return os.fsencode(path).decode("latin-1")


def path_from_go(path: str) -> str:
    """Return a path as Python has it."""
    return os.fsdecode(path.encode("latin-1"))


def check_name(name: Any) -> str:
    """Return name as Go can take it; Go knows the rules of length and content."""
    if not really_is(name, str):
        raise TopicTypeError(f"topic name: found {kind_of(name)}; expected a str")
    text: str = str.__str__(name)  # exactly a str, whatever a subclass makes of it
    if "\0" in text:
        raise TopicValueError(
            f"topic name {short_repr(text)}: found a NUL at character {text.index(chr(0))}; "
            "expected text without NUL"
        )
    if (at := not_utf8(text)) is not None:
        raise TopicValueError(
            f"topic name {short_repr(text)}: found a lone surrogate at character {at}; "
            "expected text that UTF-8 can encode"
        )
    return text


def first_that_is(value: object, classes: Iterable[type]) -> type:
    """Return the first of the classes that value is an instance of; it is one of them."""
    for cls in classes:  # no generator: a Ctrl-C while one is closed would be lost
        if really_is(value, cls):
            break
    return cls


def exact_number(what: str, default: object) -> tuple[type, bool | int | float]:
    """Return which of bool, int and float a default is an instance of, and it as exactly that.

    what begins the text of an error.
    """
    cls = first_that_is(default, TYPE_TAGS)  # bool is an int: first
    exact = _exactly(default)
    if cls is int and not -(2**63) <= exact < 2**63:
        raise RangeError(
            f"{what}: found the default {short_repr(exact)}; expected a signed 64-bit int"
        )
    return cls, exact


def conversion(value: Any, wanted: type | None = None) -> str:
    """Return "; write ..." with the conversion that turns value into a number for a topic, or "".

    It asks the value, so that numpy and the like need not be imported. wanted is the topic's type,
    if that is known.
    """
    try:
        if type(getattr(value, "value", None)) in TYPE_TAGS:  # as ctypes and enums have it
            return "; write x.value"
        cls, dtype = type(value), getattr(value, "dtype", None)
        is_number = hasattr(cls, "__float__") or hasattr(cls, "__index__")
        is_one = not getattr(value, "ndim", 0) and getattr(dtype, "kind", "f") in "biuf"
        if not (is_number and is_one):
            return ""
        if wanted is None:
            wanted = _own_type(value)
        wanted(value)
    except Exception:
        return ""
    return f"; write {wanted.__name__}(x)"


def _own_type(value: Any) -> type:
    """Return the type that fits a foreign number: bool, int or float."""
    own = type(value.item()) if hasattr(type(value), "item") else None
    if own in TYPE_TAGS:
        return own
    try:
        operator.index(value)
    except TypeError:
        return float
    return int


def check_buffers(name: str, buffer_num: object) -> int:
    """Return buffer_num as an int from 1 up."""
    number = integer(f"topic {short_repr(name)}: buffer_num", buffer_num, "an int such as 3")
    if not 1 <= number <= MAX_BUFFERS:
        raise TopicValueError(
            f"topic {short_repr(name)}: found buffer_num {short_repr(number)}; "
            f"expected 1 to {MAX_BUFFERS}; 3 to 5 is usual"
        )
    return number


def check_chunks(name: str, what: str, given: object, scalar: str, least: int, usual: int) -> int:
    """Return views= or loans=, which is what, as an int: usual for None.

    scalar is the topic's type if it is a single number, or empty.
    """
    if given is None:
        return usual
    if scalar:
        raise TopicTypeError(
            f"topic {short_repr(name)}: found {what}= for a topic of {scalar}; expected it for "
            "arrays, text, bytes, lists and records, whose values can be large"
        )
    number = integer(f"topic {short_repr(name)}: {what}", given, f"an int such as {usual}")
    if not least <= number <= MAX_CHUNKS:
        raise TopicValueError(
            f"topic {short_repr(name)}: found {what} {short_repr(number)}; expected {least} to "
            f"{MAX_CHUNKS}"
        )
    return number


def check_mode(name: str, mode: object) -> int:
    """Return mode as permission bits."""
    number = integer(f"topic {short_repr(name)}: mode", mode, "an int such as 0o640")
    if number & 0o600 != 0o600 or number & ~0o666:
        found = oct(number) if 0 <= number < 1 << 16 else short_repr(number)
        raise TopicValueError(
            f"topic {short_repr(name)}: found mode {found}; expected read and write for the owner "
            "and no bit beyond 0o666, such as 0o600, 0o640 or 0o644"
        )
    return number


def check_max_age(name: str, max_age: object) -> int:
    """Return max_age, in seconds, as nanoseconds; 0 for None."""
    if max_age is None:
        return 0
    try:
        seconds = as_seconds(max_age)
    except TypeError:
        raise TopicTypeError(
            f"topic {short_repr(name)}: found max_age of {kind_of(max_age)}; expected seconds or "
            "None"
        ) from None
    # Times are in nanoseconds, in 64 bits: 292 years.
    if not 1e-9 <= seconds <= 9.2e9:
        raise TopicValueError(
            f"topic {short_repr(name)}: found max_age {short_repr(max_age)}; "
            "expected a positive, finite number of seconds, or None for no limit"
        )
    return round(seconds * 1e9)


def as_seconds(number: Any) -> float:
    """Return a number as a float; NaN, which is in no range, if a float cannot hold it.

    Anything with __float__ or __index__ is a number, except a bool. Raises TypeError for the rest.
    """
    cls = type(number)
    if really_is(number, bool, str) or not (hasattr(cls, "__float__") or hasattr(cls, "__index__")):
        raise TypeError
    if really_is(number, int, float):
        number = _exactly(number)
    try:
        return float(number)
    except OverflowError:
        return float("nan")


def check_timeout(what: str, timeout: object) -> float | None:
    """Return a timeout in seconds; None for no limit. what begins the text of an error."""
    if timeout is None:
        return None
    expected = "expected seconds, 0 or more, or None to wait without end"
    try:
        seconds = as_seconds(timeout)
    except TypeError:
        raise TopicTypeError(
            f"{what}: found a timeout of {kind_of(timeout)} {short_repr(timeout)}; {expected}"
        ) from None
    if not seconds >= 0:
        raise TopicValueError(f"{what}: found a timeout of {short_repr(timeout)}; {expected}")
    return seconds


def check_history(name: str, history: object) -> int:
    """Return history as an int from 0 up."""
    number = integer(f"topic {short_repr(name)}: history", history, "an int such as 1")
    if number < 0:
        raise TopicValueError(
            f"topic {short_repr(name)}: found history {short_repr(number)}; expected 0 for new "
            "values only, 1 for the newest one as well, or more"
        )
    return min(number, MAX_BUFFERS)


def short_repr(value: object) -> str:
    """Return the repr of a value for an error: short; never raises."""
    try:
        text = repr(value)
    except Exception:  # ints of more than 4300 digits, to begin with
        return f"<{kind_of(value)}>"
    return text if len(text) <= 60 else f"{text[:57]}..."


def not_utf8(text: str) -> int | None:
    """Return where text cannot be encoded."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return error.start
    return None


def integer(what: str, value: Any, expected: str) -> int:
    # The type's: classes such as int have an __index__ that is not for themselves.
    if really_is(value, bool) or not hasattr(type(value), "__index__"):
        raise TopicTypeError(f"{what}: found {kind_of(value)}; expected {expected}")
    return operator.index(value)


def really_is(value: object, *classes: type) -> bool:
    """Report whether value really is of a class: a mock can deceive isinstance()."""
    return issubclass(type(value), classes)


def _exactly(number: Any) -> bool | int | float:
    """Return a bool, an int or a float as exactly that, whatever a subclass makes of it."""
    if really_is(number, bool):
        return bool(number)
    return float.__float__(number) if really_is(number, float) else int.__index__(number)


def kind_of(value: object) -> str:
    """Name value's type, with its module unless it is a built-in."""
    cls = type(value)
    if value is None:
        return "None"
    return (
        cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"
    )
