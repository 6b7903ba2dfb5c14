"""The rules: functions from a story to what is wrong with it.

Each takes the doubt out of the times: an owner surely lived between what it wrote just after its
constructor and just before its end, and surely not outside what it wrote just before the one and
just after the other. What is found wrong is wrong however the machine scheduled it.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator

from ._bounds import NOTICE, ends_of_all
from ._promises import promises
from ._recorder import OK, TYPE, Run
from ._spans import Spans
from ._story import NEVER, Story, by_reader

HANG = 30_000_000_000
"""ns that no read takes, even on a busy machine."""


def check(story: Story) -> list[str]:
    """Everything that is wrong."""
    return [wrong for rule in RULES for wrong in rule(story)]


def no_faults(story: Story) -> Iterator[str]:
    """What the actors noted themselves."""
    yield from story.faults


def one_owner(story: Story) -> Iterator[str]:
    for topic, owners in story.owners.items():
        until, holder = 0.0, 0
        for owner in owners:
            if owner.owns is not None and owner.owns < until:
                yield f"{holder} and {owner.number} both own topic {topic} at {owner.owns}"
            if owner.at_least_until > until:
                until, holder = owner.at_least_until, owner.number


def nobody_is_refused_for_nothing(story: Story) -> Iterator[str]:
    for topic, attempts in story.attempts.items():
        alive = Spans((each.tried, each.at_most_until) for each in attempts if each.may_have_owned)
        for each in attempts:
            if each.refused is not None and not alive.touch(each.tried, each.refused):
                yield f"{each.number} was refused topic {topic}, which nobody had"
        for removal in story.removals_of(topic):
            if removal.outcome == "held" and not alive.touch(removal.began, removal.ended):
                yield f"{removal.actor.name} may not remove topic {topic}, which nobody had"


def who_waits_in_vain_waits_for_somebody_stopped(story: Story) -> Iterator[str]:
    for topic, attempts in story.attempts.items():
        removals = story.removals_of(topic)
        waits = [(each.actor, each.tried, each.stuck) for each in attempts if each.stuck]
        waits += [(r.actor, r.began, r.ended) for r in removals if r.outcome == "stuck"]
        for actor, start, end in waits:
            others = [each.actor for each in (*attempts, *removals) if each.actor is not actor]
            if not Spans(stop for other in others for stop in other.stops).touch(start, end):
                yield f"{actor.name} waited in vain for topic {topic}"


def nothing_live_is_removed(story: Story) -> Iterator[str]:
    for topic, owners in story.owners.items():
        for removal in story.removals_of(topic):
            if removal.outcome not in ("removed", "absent"):
                continue
            for owner in owners:
                begins_inside = owner.owns is not None and owner.owns < removal.began
                if begins_inside and removal.ended < owner.at_least_until:
                    what = f"{owner.number}'s live topic {topic} to be {removal.outcome}"
                    yield f"{removal.actor.name} found {what}"


def only_what_was_published_is_read(story: Story) -> Iterator[str]:
    for actor, run in story.reads:
        if run.outcome != OK or run.generation == 0:
            continue
        source = story.generations.get(run.generation)
        if source is None or (source.topic, source.kind) != (run.topic, run.kind):
            yield f"{actor} reads {run.generation} of topic {run.topic}, {run.kind}: never there"
        elif run.last_k > story.announced[run.generation]:
            yield f"{actor} reads {run.generation}/{run.last_k}: never published"
        elif run.first_end < source.tried:
            yield f"{actor} reads {run.generation} before it is made"


def never_back_to_an_earlier_publisher(story: Story) -> Iterator[str]:
    place = {
        owner.number: n for owners in story.owners.values() for n, owner in enumerate(owners, 1)
    }
    for (actor, reader), runs in by_reader(story).items():
        current, left = 0, False
        for run in runs:
            if run.outcome != OK or not run.generation:
                left = True
                continue
            again = run.generation == current
            if again and left:
                yield f"{actor}/{reader} returns to {current}, which it had left"
            if not again and place.get(run.generation, NEVER) < place.get(current, 0):
                yield f"{actor}/{reader} goes back from {current} to {run.generation}"
            current, left = run.generation, False


def an_end_shows(story: Story) -> Iterator[str]:
    over = ends_of_all(story)
    for actor, run in story.reads:
        if run.outcome == OK and run.generation:
            late = run.last_start - over.get(run.generation, NEVER)
            if late > 0:
                yield f"{actor} reads {run.generation}, {late / 1e9} s after that may be"


def a_live_publishers_value_is_read(story: Story) -> Iterator[str]:
    """No default, and no complaint of a type, while one of the reader's type surely is there."""
    promised = {topic: list(promises(story, topic)) for topic in story.attempts}
    starts = {topic: [each.start for each in found] for topic, found in promised.items()}
    for actor, run in story.reads:
        if run.outcome == OK:
            continue
        for start, end in _known_reads(run):
            place = bisect_right(starts.get(run.topic, []), start)
            if place == 0:
                continue
            promise = promised[run.topic][place - 1]
            if end < promise.end and promise.kind == run.kind:
                what = f"{run.outcome} of topic {run.topic} at {start}"
                yield f"{actor} reads {what}, while {promise.by} is there"


def types_differ_only_where_they_do(story: Story) -> Iterator[str]:
    seen = _seen(story, lambda kind, of_reader: kind != of_reader)
    for actor, run in story.reads:
        if run.outcome == TYPE:
            yield from _outside(actor, run, seen)


def a_bool_is_read_only_where_there_is_one(story: Story) -> Iterator[str]:
    """What can be checked of a value that does not name its publisher."""
    seen = _seen(story, lambda kind, of_reader: kind == of_reader)
    for actor, run in story.reads:
        if run.outcome == OK and run.kind == "bool":
            yield from _outside(actor, run, seen)


Seen = dict[tuple[int, str], Spans]


def _seen(story: Story, fits: Callable[[str, str], bool]) -> Seen:
    """When a reader of a kind may have seen a publisher that fits, by topic and kind."""
    over = ends_of_all(story)
    return {
        (topic, kind): Spans(
            (each.tried, over[each.number] + NOTICE)
            for each in attempts
            if each.may_have_owned and fits(each.kind, kind)
        )
        for topic, attempts in story.attempts.items()
        for kind in ("int", "float", "bool")
    }


def _outside(actor: str, run: Run, seen: Seen) -> Iterator[str]:
    spans = seen.get((run.topic, run.kind), Spans(()))
    for start, end in _known_reads(run):
        if not spans.touch(start, end):
            what = f"{run.outcome} of topic {run.topic} as {run.kind} at {start}"
            yield f"{actor} reads {what}: nobody was there"


def no_read_hangs(story: Story) -> Iterator[str]:
    for actor, run in story.reads:
        if run.slowest > HANG:
            yield f"{actor} reads topic {run.topic} for {run.slowest / 1e9} s"


def _known_reads(run: Run) -> set[tuple[int, int]]:
    """The reads of a run of which start and end are known."""
    return {(run.first_start, run.first_end), (run.last_start, run.last_end)}


Rule = Callable[[Story], Iterator[str]]

RULES: list[Rule] = [
    no_faults,
    one_owner,
    nobody_is_refused_for_nothing,
    who_waits_in_vain_waits_for_somebody_stopped,
    nothing_live_is_removed,
    only_what_was_published_is_read,
    never_back_to_an_earlier_publisher,
    an_end_shows,
    a_live_publishers_value_is_read,
    types_differ_only_where_they_do,
    a_bool_is_read_only_where_there_is_one,
    no_read_hangs,
]
