"""What `echo` prints of values: parts or columns of those that pass the filters."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from shm_pub_sub import Sample
from shm_pub_sub._bare import elements
from shm_pub_sub._brief import FEW, brief
from shm_pub_sub._filter import Filter, FilterError
from shm_pub_sub._followed import Topic
from shm_pub_sub._paths import Path, PathError, Selected, part, part_spec
from shm_pub_sub._patterns import Step
from shm_pub_sub._spec import Spec

from .output import json_value, log

ABSENT = object()
"""Stands for a part that a value does not have."""


class View:
    """Parts of one topic's values; what a value lacks is logged once, until it has it again."""

    def __init__(self, topic: str, filters: Sequence[Filter]) -> None:
        self._topic = topic
        self._filters = filters
        self._lacking: dict[object, str] = {}

    def passes(self, value: Any) -> bool:
        """Report whether a value passes all filters."""
        for each in self._filters:
            try:
                passed = each(value)
            except TypeError:  # the topic is of another type now
                self._note(each, f"found {type(value).__name__}, not for --filter {each.text!r}")
                return False
            self._lacking.pop(each, None)
            if not passed:
                return False
        return True

    def part(self, value: Any, steps: tuple[Step, ...]) -> Any:
        """Return a part, or ABSENT."""
        try:
            found = part(value, steps)
        except PathError as error:
            self._note(steps, str(error))
            return ABSENT
        self._lacking.pop(steps, None)
        return found

    def _note(self, what: object, trouble: str) -> None:
        if what not in self._lacking:
            self._lacking[what] = trouble
            steps = what if isinstance(what, tuple) else ()
            log(f"{Path(self._topic, steps)}: {trouble}; waiting for values that have it")


class Column(NamedTuple):
    """A column of a table."""

    name: str
    steps: tuple[Step, ...]


class Parts:
    """Chooses what is printed of each topic.

    Args:
        selection: The words, which may be parts.
        filters: A value must pass all.
        as_table: Whether it is printed in columns.
    """

    def __init__(
        self, selection: Selected, filters: Sequence[Filter], as_table: bool = False
    ) -> None:
        self._selection = selection
        self._filters = filters
        self._as_table = as_table
        self._views: dict[str, View] = {}
        self.paths: dict[str, list[Path]] = {}
        """By topic: what is printed of it."""
        self.columns: dict[str, list[Column]] = {}
        """By topic, of a table."""
        self.header: list[str] = []
        """Names of columns, once the table has begun."""

    def accept(self, topic: Topic) -> str:
        """Choose what is printed of a topic; return why nothing can be, or ""."""
        name = topic.name
        paths = self._selection.paths(name)
        if paths != [Path(name)] or self._filters or self._as_table:
            from shm_pub_sub._described import spec_of_descriptor

            spec = spec_of_descriptor(topic.descriptor)
            try:
                for each in self._filters:
                    each.check(spec)
                specs = [part_spec(spec, path.steps) for path in paths]
                if self._as_table:
                    self.columns[name] = self._columns(paths, specs)
            except FilterError as error:
                return f"--filter: {error}"
            except PathError as error:
                return str(error)
        self.paths[name] = paths
        self._views.setdefault(name, View(name, self._filters))
        if topic.glance is not None:
            topic.glance = self._glance(name, paths)
        return ""

    def passed(self, name: str, samples: list[Sample[Any]]) -> list[Sample[Any]]:
        """Return the samples of a topic's numbers that pass."""
        if not self._filters:
            return samples
        passes = self._views[name].passes
        return [sample for sample in samples if passes(sample.value)]

    def column_names(self, name: str) -> list[str]:
        """Return the names of a topic's columns."""
        return [column.name for column in self.columns[name]]

    def begin_table(self) -> list[str]:
        """Return the names of the columns of all topics so far. No others come later."""
        names = [column.name for columns in self.columns.values() for column in columns]
        self.header = [*dict.fromkeys(names)] or ["value"]
        return self.header

    def _glance(self, name: str, paths: Sequence[Path]) -> Callable[[Any], Any]:
        """Return the function that makes of a value what is printed of its parts."""
        view = self._views[name]
        steps = [column.steps for column in self.columns[name]] if self._as_table else []
        steps = steps or [path.steps for path in paths]
        shown = cell if self._as_table else brief
        if paths == [Path(name)] and not self._filters and not self._as_table:
            return brief

        def glance(value: Any) -> tuple[Any, ...] | None:
            if not view.passes(value):
                return None
            parts = [view.part(value, each) for each in steps]
            return tuple(each if each is ABSENT else shown(each) for each in parts)

        return glance

    def _columns(self, paths: Sequence[Path], specs: Sequence[Spec]) -> list[Column]:
        """Return the columns of a topic's parts; raises PathError if they do not fit a table."""
        from shm_pub_sub._frame import columns_of

        found: dict[Column, None] = {}
        for path, spec in zip(paths, specs, strict=True):
            for name, steps, of in columns_of(spec, path.steps):
                if of.shape and (of.max or FEW + 1) > FEW:
                    where = Path(path.topic, steps)
                    example = Path(path.topic, (*steps, *(0 for _ in of.shape)))
                    raise PathError(
                        f"found {of} in {str(where)!r}; expected arrays of up to {FEW} elements in "
                        f"a table; select parts, such as {str(example)!r}"
                    )
                found[Column(name, steps)] = None
        if self.header and (more := [each.name for each in found if each.name not in self.header]):
            raise PathError(
                f"found the columns {', '.join(more[:FEW])}, which the table lacks; expected "
                f"{', '.join(self.header[:FEW])}; start again for a new table"
            )
        return [*found]


def cell(value: Any) -> Any:
    """Return a value for a table: a number or text as it is, bytes in hex, others in JSON."""
    if isinstance(value, (bool, int, float, complex, str)):
        return value
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).hex()
    return json.dumps(json_value(_plain(value)))


def _plain(value: Any) -> Any:
    """Return lists, arrays and records as JSON has them."""
    if isinstance(value, memoryview):
        value = elements(value)
    elif hasattr(value, "tolist"):
        value = value.tolist()
    if hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [*map(_plain, value)]
    if isinstance(value, complex):
        return {"real": value.real, "imag": value.imag}
    return value.hex() if isinstance(value, bytes) else value
