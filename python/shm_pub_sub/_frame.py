"""Values as a pandas DataFrame: a column for each number of a value, a row for each time."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import reduce
from typing import Any

from ._arguments import MAX_BUFFERS, integer, short_repr
from ._brief import FEW
from ._described import spec_of_descriptor
from ._errors import TopicNotFoundError, TopicValueError, WaitTimeoutError
from ._extras import import_extra
from ._hot import Sample
from ._paths import written
from ._spec import Spec
from ._topics import inspect_typed

Steps = tuple[str | int, ...]
"""From a value to a part of it: names of fields, and indices."""

UNKNOWN = -(2**63)
"""A time that is none: pandas' NaT."""


def of_subscriber(sub: Any, n: Any, subscriber_class: Any) -> Any:
    """Return the newest n values of a Subscriber's topic; one of subscriber_class reads them."""
    what = f"subscriber of {short_repr(sub.name)}: to_pandas"
    most = MAX_BUFFERS if n is None else integer(f"{what}: n", n, "an int such as 100, or None")
    if most < 0:
        raise TopicValueError(f"{what}: found n {short_repr(n)}; expected 0 or more, or None")
    import_extra("pandas")
    subscriber_class.sample(sub)  # takes nothing; raises if it is closed, or of another type
    while True:
        try:
            before = _type_of(sub)
        except TopicNotFoundError:
            return frame(sub._spec or Spec("scalar", float, None, dtype="f8"), [], [])
        with subscriber_class(
            sub.name, history=most, trust=sub._trust, directory=sub._directory
        ) as own:
            samples = _newest(own, most)
        with suppress(TopicNotFoundError):
            if _type_of(sub) != before:
                continue  # another publisher's, perhaps of another type
        epoch = time.time_ns() - time.monotonic_ns()
        known = [UNKNOWN if s.age == float("inf") else s.time_ns + epoch for s in samples]
        values = [sample.value for sample in samples]
        return frame(spec_of_descriptor(before[0]), known, values)


def _type_of(sub: Any) -> tuple[str, float]:
    """Return the descriptor of a subscriber's topic, and when its publisher was made."""
    info, found = inspect_typed(sub.name, trust=sub._trust, directory=sub._directory)
    return found, info.created


def _newest(own: Any, most: int) -> list[Sample[Any]]:
    samples: list[Sample[Any]] = []
    try:
        # A fast publisher's values would never end.
        for _ in range(min(most, own.buffer_num or 0)):
            samples.append(own.recv_sample(0))
    except WaitTimeoutError:
        pass
    return samples


def frame(spec: Spec, time_ns: Sequence[int], values: Sequence[Any]) -> Any:
    """Return a DataFrame of values of a type.

    Args:
        spec: The type.
        time_ns: Of each value, since the epoch; UNKNOWN for none.
        values: As Subscriber(name) reads them.

    Raises ImportError without pandas.
    """
    numpy = import_extra("numpy")
    columns = {
        name: _column(of, [_part(value, steps) for value in values], numpy)
        for name, steps, of in columns_of(spec)
    }
    return _framed(time_ns, columns)


def frame_of_array(spec: Spec, time_ns: Any, values: Any) -> Any:
    """Return the same of values in one array, one after the other along its first axis."""
    columns = {}
    for name, steps, _ in columns_of(spec):
        column = reduce(_step_along, steps, values)
        columns[name] = column if column.ndim == 1 else [*column]
    return _framed(time_ns, columns)


def _framed(time_ns: Any, columns: dict[str, Any]) -> Any:
    pandas, numpy = import_extra("pandas"), import_extra("numpy")
    times = numpy.asarray(time_ns, "int64").view("datetime64[ns]")
    index = pandas.DatetimeIndex(times, name="time").tz_localize("UTC")
    return pandas.DataFrame(columns, index=index)


def columns_of(spec: Spec, steps: Steps = ()) -> Iterator[tuple[str, Steps, Spec]]:
    """Yield the columns of a type: their names, where their values are, and of what type they are.

    A record has one for each field, such as pose.x; an array of one axis and of up to FEW elements
    one for each of these, such as position[0]. A value that is all one column is called "value".
    Names of fields are as they are, dots included, unless two columns had one name then.
    """
    names: set[str] = set()
    for found, of in _leaves(spec, steps):
        name = _name(written(found, quoted=False))
        name = written(found) if name in names else name
        names.add(name)
        yield name, found, of


def _leaves(spec: Spec, steps: Steps) -> Iterator[tuple[Steps, Spec]]:
    if spec.kind == "record":
        for field in spec.record.fields:
            yield from _leaves(field.spec, (*steps, field.name))
    elif _is_short(spec):
        for n in range(spec.shape[0] or 0):
            yield (*steps, n), Spec("scalar", float, None, dtype=spec.dtype)
    else:
        yield steps, spec


def _is_short(spec: Spec) -> bool:
    """Report whether it is an array of few numbers, always as many."""
    if spec.kind != "array" or spec.record is not None or len(spec.shape) != 1:
        return False
    return spec.shape[0] is not None and 0 < spec.shape[0] <= FEW


def _name(part: str) -> str:
    return part.removeprefix(".") if part.startswith(".") else f"value{part}"


def _part(value: Any, steps: Steps) -> Any:
    """Return the part of a value, of a type that has it: a fourth of the time of _paths.part()."""
    return reduce(_step, steps, value)


def _step(value: Any, step: str | int) -> Any:
    if type(step) is int or isinstance(value, dict):
        return value[step]
    return getattr(value, str(step))


def _step_along(values: Any, step: str | int) -> Any:
    return values[:, step] if type(step) is int else values[step]


def _column(spec: Spec, values: list[Any], numpy: Any) -> Any:
    """Return a column: of numbers in their own type, of anything else as objects."""
    if spec.is_number or spec.kind == "scalar":
        dtype = {"bool": "?", "int": "i8", "float": "f8"}.get(spec.kind, spec.dtype)
        return numpy.asarray(values, "?" if dtype == "b1" else dtype)
    found = numpy.empty(len(values), object)
    for n, value in enumerate(values):
        found[n] = value
    return found
