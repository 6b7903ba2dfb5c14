"""Run a script with a C subscriber, a Go one and the model's, and compare their results."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any, NamedTuple

import shm_pub_sub
from support.layout import topic_file

from ._kinds import KINDS
from ._memory import Memory, newest_time
from ._model import Answer, File, Loan, Topic
from ._publishing import Publishing
from ._scripts import Step
from ._sides import GoProcess, LinePublisher, NoAnswer, Parent
from ._three import BY_TIME, Difference, Three, expected_of

NOTICED = 0.105
"""Seconds after which every subscriber has noticed a killed publisher: 0.1 is guaranteed."""


class Stage:
    """The processes that scripts use: many scripts, and several at a time.

    patience: Seconds until an answer counts as missing.
    """

    def __init__(self, program: Path, patience: float = 20.0) -> None:
        self._program, self._patience = program, patience
        self._parent = Parent()
        self.go = GoProcess(program, patience)

    def doomed(self, side: str) -> Any:
        """A process to be killed."""
        return self._parent.fork() if side == "C" else GoProcess(self._program, self._patience)

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *error: object) -> None:
        self.go.kill()
        self._parent.end()


class View(NamedTuple):
    """A value that both sides keep, in these entries."""

    number: int
    three: Three
    value: int
    file: File
    entries: list[int]


_topics = itertools.count()


class Run:
    """One script, in a topic of its own."""

    def __init__(self, stage: Stage, script: list[Step]) -> None:
        self._stage, self._script = stage, script
        self._name = f"t{next(_topics)}"
        first = script[0] if script else ("",)
        self._topic = Topic(str(first[1]) if first[0] == "values" else "int")
        self._publisher: Any = None
        self._killed_at = 0.0
        self._subscribers: dict[int, Three] = {}
        self._values = itertools.count(1)
        self._loans: list[tuple[int, Any, Loan]] = []
        self._views: list[View] = []
        self._files: dict[File, Memory] = {}

    def steps(self) -> Generator[float, None, None]:
        """Run it; yields the time until which it waits. Raises Difference, and NoAnswer."""
        try:
            for at, step in enumerate(self._script):
                try:
                    yield from self._step(at, *step)
                    self._compare_memory()
                except (Difference, NoAnswer) as error:
                    raise type(error)(f"step {at}, {step}: {error}") from None
            self._end()
        except BaseException:
            self._abandon()
            raise

    def _end(self) -> None:
        while self._views:
            self._give_back(0)
        while self._loans:
            self._return(0, "drop")
        self._compare_memory()
        for three in self._subscribers.values():
            three.end()
        self._finish(killed=False)
        self._remove()
        for memory in self._files.values():
            memory.close()

    def _abandon(self) -> None:
        """Leave the other processes as they are: they are about to be killed."""
        for three in self._subscribers.values():
            if three.c is not None:
                three.c.end()
        if isinstance(self._publisher, Publishing):
            self._publisher.close()

    def _step(self, at: int, what: Any, *words: Any) -> Generator[float, None, None]:
        if what == "publisher":
            self._begin(at, *words)
        elif what == "publish":
            self._publish(*words)
        elif what == "publish_at":
            self._publish_at(*words)
        elif what == "values":
            pass
        elif what in ("close", "kill"):
            self._finish(killed=what == "kill")
        elif what == "remove":
            self._remove()
        elif what == "lend":
            self._lend()
        elif what == "return":
            self._return(*words)
        elif what == "give_back":
            self._give_back(*words)
        else:
            file = self._topic.file
            if file is not None and not file.live and not file.retain:
                yield self._killed_at + NOTICED  # until then either answer is right
            if what == "subscriber":
                self._subscribe(*words)
            elif words[0] in self._subscribers:
                self._read(what, *words)

    def _begin(self, at: int, side: str, other: bool, depth: int, retain: bool, *pool: int) -> None:
        kind = KINDS[self._topic.kind].other if other else self._topic.kind
        views, loans = pool[:2] if KINDS[kind].pooled else (-1, -1)
        ends = (step[0] for step in self._script[at + 1 :])
        end = next((what for what in ends if what in ("publisher", "close", "kill")), "close")
        here = side == "C" and end != "kill"
        if self._publisher is not None:
            if here and isinstance(self._publisher, Publishing):
                self._topic.end(killed=False)  # replace=True closes it
                self._publisher = None
            else:
                self._finish(killed=False)
        words = self._name, kind, depth, retain, views, loans, pool[2]
        if here:
            self._publisher = Publishing(*words, replace=True)
        else:
            lines = self._stage.doomed(side) if end == "kill" else self._stage.go
            self._publisher = LinePublisher(lines, *words)
        self._topic.begin(*words[1:])
        file = self._topic.file
        if file is not None and file.pool is not None:
            path = topic_file(Path(os.environ["SHM_PUB_SUB_DIR"]), self._name)
            self._files[file] = Memory(path)

    def _publish(self, count: int) -> None:
        if self._publisher is not None:
            values = list(itertools.islice(self._values, count))
            found, expected = self._publisher.publish(values), self._topic.publish(values)
            if found != expected:
                raise Difference(f"publish: found {found!r}, expected {expected!r}")
            if not found:
                self._note_times(len(values))

    def _publish_at(self, delta: int) -> None:
        file = self._topic.file
        if self._publisher is None or file is None:
            return
        before = file.times[-1] if file.times else time.monotonic_ns() - 10**9
        value = next(self._values)
        found = self._publisher.publish_at(before + delta, value)
        expected = self._topic.publish_at(value, delta)
        if found != expected:
            raise Difference(f"publish_at: found {found!r}, expected {expected!r}")
        if not found:
            self._note_times(1, before + delta)

    def _note_times(self, count: int, given: int | None = None) -> None:
        """The last values, of one call, have the time that was given, or the file says it."""
        file = self._topic.file
        assert file is not None
        ns = newest_time(topic_file(Path(os.environ["SHM_PUB_SUB_DIR"]), self._name))
        if given not in (None, ns) or [ns] < file.times[-1:]:
            raise Difference(f"time: found {ns}, expected {given}, after {file.times[-1:]}")
        file.times += [ns] * count

    def _lend(self) -> None:
        file = self._topic.file
        if self._publisher is None or file is None or not KINDS[file.kind].lends:
            return
        value = next(self._values)
        found, loan = self._publisher.lend(value, value), self._topic.lend(value)
        if found != (loan if isinstance(loan, str) else ""):
            raise Difference(f"lend: found {found!r}, expected {loan}")
        if isinstance(loan, Loan):
            self._loans.append((value, self._publisher, loan))

    def _return(self, number: int, how: str) -> None:
        if number >= len(self._loans):
            return
        value, publisher, loan = self._loans.pop(number)
        found, expected = publisher.give(value, how), self._topic.give(loan, how == "publish")
        if found != expected:
            raise Difference(f"the end of a loan: found {found!r}, expected {expected!r}")
        if not found and how == "publish":
            self._note_times(1)

    def _compare_memory(self) -> None:
        for file, memory in self._files.items():
            assert file.pool is not None
            found, expected = memory.state(), file.pool.state(KINDS[file.kind].size)
            if found != expected:
                raise Difference(f"slots and pins: found {found}, expected {expected}")

    def _finish(self, killed: bool) -> None:
        if self._publisher is None:
            return
        publisher, self._publisher = self._publisher, None
        if killed:
            publisher.kill()
            self._loans = [loan for loan in self._loans if loan[1] is not publisher]
            self._killed_at = time.monotonic()
        else:
            publisher.close()
        self._topic.end(killed)

    def _remove(self) -> None:
        if self._publisher is None and self._topic.file is not None:
            shm_pub_sub.remove(self._name)
            self._topic.remove()

    def _subscribe(self, number: int, history: int, copy: bool) -> None:
        if number in self._subscribers:
            self._subscribers.pop(number).end()
        three = Three(self._stage.go, self._name, self._topic, history, copy)
        if three.c is not None:
            self._subscribers[number] = three

    def _read(self, what: str, number: int, limit: int = 0, delta: int = 0) -> None:
        three = self._subscribers[number]
        model, c, go = three.model, three.c, three.go
        assert c is not None
        if what in ("look", "fileno"):
            if not model.receiving:
                return  # that it looks for more makes it receive, and Go's has no such method
            if what == "fileno":
                c.fileno()
                return
            found, expected = c.has_something(), model.has_something()
            if found != expected:
                raise Difference(f"select: C {found}, model {expected}")
            what = "newest"
        if what == "take_into" and KINDS[self._topic.kind].room is None:
            return
        if what == "view":
            self._view(three)
            return
        ns = model.time(limit, delta) if what in BY_TIME else 0
        go_what = {"take_into": "take", "last": "newest"}.get(what, what)
        expected = expected_of(model, what, limit, ns)
        answers = [c.answer(what, limit, ns), go.answer(go_what, limit, ns), expected]
        if what == "last" and isinstance(expected[0], list):
            answers[2] = expected[0][-1:], expected[1]
            if answers[0] != expected:
                raise Difference(f"last: C {answers[0]}, model {expected}")
            answers[0] = answers[2]
        if len(set(map(repr, answers))) > 1:
            raise Difference("C {}, Go {}, model {}; each with lost".format(*answers))
        self._compare_copied(three)

    def _compare_copied(self, three: Three) -> None:
        assert three.c is not None
        if three.c.copied not in three.model.copied:
            found, expected = three.c.copied, three.model.copied
            raise Difference(f"copied: C {found}, model {expected}")

    def _view(self, three: Three) -> None:
        assert three.c is not None
        number = next(self._values)
        answers = [three.c.view(number), three.go.view(number)]
        found = three.model.view()
        trouble = found is None and three.model.finds_another_type
        value: Answer = "type" if trouble else [] if found is None else [found[0]]
        if answers != [(value, three.model.lost)] * 2:
            raise Difference(f"view: C, Go {answers}, model {value}, {three.model.lost}")
        if found is not None:
            value, file, entry = found
            entries = [] if entry is None else [entry]
            if file.pool is not None and self._topic.kind != "text":
                go_entry = file.pool.pin(len(file.values))
                entries += [] if go_entry is None else [go_entry]
            self._views.append(View(number, three, value, file, entries))
        self._compare_copied(three)

    def _give_back(self, number: int) -> None:
        if number >= len(self._views):
            return
        view = self._views.pop(number)
        assert view.three.c is not None
        found = view.three.c.give_back(view.number), view.three.go.give_back(view.number)
        if found != (view.value,) * 2:
            raise Difference(f"a view that was kept: C, Go {found}, model {view.value}")
        for entry in view.entries:
            assert view.file.pool is not None
            view.file.pool.table[entry] = None
