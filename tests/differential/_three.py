"""A C subscriber, a Go one and the model's, which read the same."""

from __future__ import annotations

import contextlib
from collections import Counter

import shm_pub_sub

from ._kinds import KINDS
from ._model import Answer, File, Subscriber, Topic
from ._readers import CSubscriber, GoSubscriber
from ._sides import Lines

BY_TIME = "at", "after", "since"


class Difference(Exception):
    pass


class Three:
    """A subscriber of each kind."""

    def __init__(self, go: Lines, topic: str, model: Topic, history: int, copy: bool) -> None:
        self.model = Subscriber(model, history, copy)
        refused = self.model.finds_another_type
        self.go = GoSubscriber(go, topic, model.kind, history)
        self.c: CSubscriber | None = None
        with contextlib.suppress(shm_pub_sub.TopicTypeError):
            self.c = CSubscriber(topic, model.kind, history, copy)
        if (self.c is None, self.go.refused) != (refused, refused):
            raise Difference(f"refused: C {self.c is None}, Go {self.go.refused}, model {refused}")

    def end(self) -> None:
        if self.c is not None:
            self.c.end()
            self.go.end()


def expected_of(model: Subscriber, what: str, limit: int, ns: int) -> tuple[Answer, int]:
    found: list[int] = []
    held = Counter[File]()
    if what == "drain":
        kind = KINDS[model.topic.kind]
        while limit == 0 or len(found) < limit:
            if limit:
                held = Counter()
            taken = model.take(held if limit == 0 or not kind.stacked else None)
            if taken is None:
                break
            found.append(taken[0])
    elif what in BY_TIME:
        found = model.by_time(what, ns)
    elif what == "last":
        found = model.last(limit)
    else:
        if what.startswith("newest"):
            sample = model.newest()
        else:
            sample = model.take(None if what == "take_into" else held)
        if sample is not None:
            found = [*sample] if what in ("sample", "newest_sample") else [sample[0]]
    trouble = not found and model.finds_another_type
    return "type" if trouble else found, model.lost
