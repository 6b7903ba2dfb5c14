"""All actors' logs together: publishers' lives, removals, and what was read."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from ._log import SUFFIX, lines
from ._recorder import Run
from ._spans import Spans
from ._words import Words

NEVER = math.inf


@dataclass
class Actor:
    """Times are CLOCK_MONOTONIC, ns, here and below."""

    name: str
    killed: float = NEVER  # just before the signal
    dead: float = NEVER  # just after waitpid
    born: float | None = None  # of one forked by an actor: when it had closed what it shared
    stops: list[tuple[float, float]] = field(default_factory=list)


@dataclass
class Generation:
    """A publisher's life, from before its constructor is called."""

    number: int
    topic: int
    kind: str
    retain: bool
    by: str
    actor: Actor
    tried: float
    owns: float | None = None  # the constructor has returned
    refused: float | None = None
    stuck: float | None = None
    first: float | None = None  # publish() has returned for the first time
    closing: float = NEVER
    closed: float | None = None
    children: list[Actor] = field(default_factory=list)

    @property
    def at_least_until(self) -> float:
        """It lived until then: just before the close or the kill."""
        return min(self.closing, self.actor.killed, self.actor.dead)

    @property
    def at_most_until(self) -> float:
        """It was over then: just after the close, or the death.

        A child that was forked just before a kill shares the lock until it has come to closing it.
        """
        for over in (self.closed, self.refused, self.stuck):
            if over is not None:
                return over
        births = [child.born for child in self.children if child.born is not None]
        return max([self.actor.dead, *births])

    @property
    def may_have_owned(self) -> bool:
        return self.refused is None and self.stuck is None

    @property
    def cut_short(self) -> bool:
        """Killed in the constructor or in close(), perhaps between any two of their steps."""
        return self.may_have_owned and (
            self.owns is None or (self.closing != NEVER and self.closed is None)
        )


@dataclass
class Removal:
    topic: int
    actor: Actor
    began: float
    outcome: str | None = None  # "removed", "held", "absent", "stuck"; None: killed before
    ended: float = NEVER


@dataclass(eq=False)
class Story:
    generations: dict[int, Generation] = field(default_factory=dict)
    removals: list[Removal] = field(default_factory=list)
    reads: list[tuple[str, Run]] = field(default_factory=list)  # by actor, in its order
    actors: dict[str, Actor] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    received: int = 0  # of every value in turn
    announced: Sequence[int] = ()
    done: Sequence[int] = ()

    def actor(self, name: str) -> Actor:
        return self.actors.setdefault(name, Actor(name))

    @cached_property
    def attempts(self) -> dict[int, list[Generation]]:
        """All generations by topic, as they tried. Asked for when the story is complete."""
        found: dict[int, list[Generation]] = defaultdict(list)
        for each in sorted(self.generations.values(), key=lambda each: each.tried):
            found[each.topic].append(each)
        return dict(found)

    @cached_property
    def owners(self) -> dict[int, list[Generation]]:
        """Those whose constructor returned, in the order in which it did."""
        return {
            topic: sorted((each for each in tried if each.owns is not None), key=_owns)
            for topic, tried in self.attempts.items()
        }

    @cached_property
    def interrupted(self) -> dict[int, Spans]:
        """When a process was or may have been killed while changing what a name points at."""
        return {
            topic: Spans(
                [(each.tried, each.at_most_until) for each in attempts if each.cut_short]
                + [(r.began, r.ended) for r in self.removals_of(topic) if r.outcome is None]
            )
            for topic, attempts in self.attempts.items()
        }

    def removals_of(self, topic: int) -> list[Removal]:
        return [each for each in self.removals if each.topic == topic]


def _owns(each: Generation) -> float:
    assert each.owns is not None
    return each.owns


def read_logs(folder: Path) -> Story:
    words = Words(folder / "words")
    story = Story(announced=words.announced, done=words.done)
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        tell(story, path.name.removesuffix(SUFFIX), lines(path))
    for removal in story.removals:
        removal.ended = min(removal.ended, removal.actor.dead)
    return story


def tell(story: Story, name: str, log: Iterable[list[Any]]) -> None:
    """Adds an actor's log to the story."""
    me = story.actor(name)
    mine: dict[int, Generation] = {}
    for what, at, *details in log:
        if what == "read":
            story.reads.append((name, Run(*details)))
        elif what == "received":
            story.received += details[0]
        elif what == "fault":
            story.faults.append(f"{name} at {at}: {details}")
        elif what == "try":
            life = Generation(*details, me, at)
            mine[life.number] = story.generations[life.number] = life
        elif what in ("owns", "refused", "stuck", "first", "closing", "closed") and mine:
            setattr(mine[details[0]], what, at)
        elif what == "forking":
            mine[details[0]].children.append(story.actor(details[1]))
        elif what == "born":
            me.born = at
        elif what == "removing":
            story.removals.append(Removal(details[0], me, at))
        elif what in ("removed", "held", "absent", "stuck"):
            story.removals[-1].outcome, story.removals[-1].ended = what, at
        elif what in _OF_OTHERS:
            _OF_OTHERS[what](story.actor(details[0]), at)


def _stop(actor: Actor, at: float) -> None:
    actor.stops.append((at, NEVER))


def _go_on(actor: Actor, at: float) -> None:
    actor.stops[-1] = (actor.stops[-1][0], at)


_OF_OTHERS = {
    "kill": lambda actor, at: setattr(actor, "killed", at),
    "dead": lambda actor, at: setattr(actor, "dead", at),
    "stop": _stop,
    "continue": _go_on,
}


def by_reader(story: Story) -> dict[tuple[str, int], list[Run]]:
    """What each reader read, in order."""
    found: dict[tuple[str, int], list[Run]] = defaultdict(list)
    for actor, run in story.reads:
        found[actor, run.reader].append(run)
    return found
