"""Run a script with a C subscriber, a Go one and the model's, and compare their results."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import shm_pub_sub

from ._model import Answer, Subscriber, Topic
from ._scripts import Step
from ._sides import (
    CPublisher,
    CSubscriber,
    GoProcess,
    GoSubscriber,
    LinePublisher,
    NoAnswer,
    Parent,
)

NOTICED = 0.105
"""Seconds after which every subscriber has noticed a killed publisher: 0.1 is guaranteed."""


class Difference(Exception):
    pass


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


class Three:
    """A subscriber of each kind."""

    def __init__(self, stage: Stage, topic: str, model: Topic, history: int) -> None:
        self.model = Subscriber(model, history)
        refused = self.model.finds_another_type
        self.go = GoSubscriber(stage.go, topic, history)
        self.c: CSubscriber | None = None
        with contextlib.suppress(shm_pub_sub.TopicTypeError):
            self.c = CSubscriber(topic, history)
        if (self.c is None, self.go.refused) != (refused, refused):
            raise Difference(f"refused: C {self.c is None}, Go {self.go.refused}, model {refused}")

    def end(self) -> None:
        if self.c is not None:
            self.c.end()
            self.go.end()


_topics = itertools.count()


class Run:
    """One script, in a topic of its own."""

    def __init__(self, stage: Stage, script: list[Step]) -> None:
        self._stage, self._script = stage, script
        self._name = f"t{next(_topics)}"
        self._topic = Topic()
        self._publisher: Any = None
        self._killed_at = 0.0
        self._subscribers: dict[int, Three] = {}
        self._values = itertools.count(1)

    def steps(self) -> Generator[float, None, None]:
        """Run it; yields the time until which it waits. Raises Difference, and NoAnswer."""
        try:
            for at, step in enumerate(self._script):
                try:
                    yield from self._step(at, *step)
                except (Difference, NoAnswer) as error:
                    raise type(error)(f"step {at}, {step}: {error}") from None
        except BaseException:
            self._abandon()
            raise
        for three in self._subscribers.values():
            three.end()
        self._finish(killed=False)
        self._remove()

    def _abandon(self) -> None:
        """Leave the other processes as they are: they are about to be killed."""
        for three in self._subscribers.values():
            if three.c is not None:
                three.c.end()
        if isinstance(self._publisher, CPublisher):
            self._publisher.close()

    def _step(self, at: int, what: Any, *words: Any) -> Generator[float, None, None]:
        if what == "publisher":
            self._begin(at, *words)
        elif what == "publish":
            self._publish(*words)
        elif what in ("close", "kill"):
            self._finish(killed=what == "kill")
        elif what == "remove":
            self._remove()
        else:
            file = self._topic.file
            if file is not None and not file.live and not file.retain:
                yield self._killed_at + NOTICED  # until then either answer is right
            if what == "subscriber":
                self._subscribe(*words)
            elif words[0] in self._subscribers:
                self._read(what, *words)

    def _begin(self, at: int, side: str, kind: str, depth: int, retain: bool) -> None:
        ends = (step[0] for step in self._script[at + 1 :])
        end = next((what for what in ends if what in ("publisher", "close", "kill")), "close")
        here = side == "C" and end != "kill"
        if self._publisher is not None:
            if here and isinstance(self._publisher, CPublisher):
                self._topic.end(killed=False)  # replace=True closes it
                self._publisher = None
            else:
                self._finish(killed=False)
        words = self._name, kind, depth, retain
        if here:
            self._publisher = CPublisher(*words)
        else:
            lines = self._stage.doomed(side) if end == "kill" else self._stage.go
            self._publisher = LinePublisher(lines, *words)
        self._topic.begin(kind, depth, retain)

    def _publish(self, count: int) -> None:
        if self._publisher is not None:
            values = list(itertools.islice(self._values, count))
            self._publisher.publish(values)
            self._topic.publish(values)

    def _finish(self, killed: bool) -> None:
        if self._publisher is None:
            return
        publisher, self._publisher = self._publisher, None
        if killed:
            publisher.kill()
            self._killed_at = time.monotonic()
        else:
            publisher.close()
        self._topic.end(killed)

    def _remove(self) -> None:
        if self._publisher is None and self._topic.file is not None:
            shm_pub_sub.remove(self._name)
            self._topic.remove()

    def _subscribe(self, number: int, history: int) -> None:
        if number in self._subscribers:
            self._subscribers.pop(number).end()
        three = Three(self._stage, self._name, self._topic, history)
        if three.c is not None:
            self._subscribers[number] = three

    def _read(self, what: str, number: int, limit: int = 0) -> None:
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
        answers = c.answer(what, limit), go.answer(what, limit), expected_of(model, what, limit)
        if len(set(map(repr, answers))) > 1:
            raise Difference("C {}, Go {}, model {}; each with lost".format(*answers))


def expected_of(model: Subscriber, what: str, limit: int) -> tuple[Answer, int]:
    found: list[int] = []
    if what == "drain":
        while (limit == 0 or len(found) < limit) and (taken := model.take()) is not None:
            found.append(taken[0])
    else:
        sample = model.take() if what in ("take", "sample") else model.newest()
        if sample is not None:
            found = [*sample] if what in ("sample", "newest_sample") else [sample[0]]
    trouble = not found and model.finds_another_type
    return "type" if trouble else found, model.lost
