"""Publishers and subscribers of a few topics, in any order, compared with a model of the promises.

The model is the README's table "Guarantees" for one process that nobody kills, in a
few lines: a topic has at most one publisher; a reader finds the newest value of a live one or a
retained one, and else its own default.
"""

import gc
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
    run_state_machine_as_test,
)
from shm_pub_sub import (
    ClosedError,
    ExistsError,
    Publisher,
    Subscriber,
    TopicNotFoundError,
    TopicTypeError,
    inspect,
    remove,
    topics,
)
from support.values import bits

from .test_values import VALUES

NAMES = ["a/b", "a_b"]
KINDS = st.sampled_from([bool, int, float])


@dataclass
class Topic:
    """A topic's file: its type, and the values since it was created."""

    kind: type
    retain: bool
    live: bool = True
    depth: int = 3
    values: list[Any] = field(default_factory=list)


class Machine(RuleBasedStateMachine):
    publishers = Bundle("publishers")
    subscribers = Bundle("subscribers")

    def __init__(self) -> None:
        super().__init__()
        self.topics: dict[str, Topic] = {}
        self.owners: dict[str, Publisher] = {}
        self.open: list[Subscriber] = []

    @rule(
        target=publishers,
        name=st.sampled_from(NAMES),
        kind=KINDS,
        depth=st.integers(1, 5),
        retain=st.booleans(),
        replace=st.booleans(),
    )
    def make_publisher(self, name: str, kind: type, depth: int, retain: bool, replace: bool) -> Any:
        old = self.topics.get(name)
        if old is not None and old.live:
            if not replace:
                with pytest.raises(ExistsError):
                    Publisher(name, kind(0), depth, retain=retain)
                return name, None
            self.end(name)
            old = self.topics.get(name)
        publisher = Publisher(name, kind(0), depth, retain=retain, replace=replace)
        self.topics[name] = Topic(kind, retain, depth=depth)
        if old is not None and old.kind is kind:
            self.topics[name].values = old.values[-1:]  # the retained one
        self.owners[name] = publisher
        return name, publisher

    def end(self, name: str) -> None:
        """What the model makes of a publisher's end."""
        del self.owners[name]
        self.topics[name].live = False
        if not self.topics[name].retain:
            del self.topics[name]

    def owns(self, name: str, publisher: Publisher | None) -> bool:
        return publisher is not None and self.owners.get(name) is publisher

    @rule(made=publishers, data=st.data())
    def publish(self, made: Any, data: st.DataObject) -> None:
        name, publisher = made
        if publisher is None:
            return
        value = data.draw(VALUES[publisher._type])
        if self.owns(name, publisher):
            publisher.publish(value)
            self.topics[name].values.append(value)
        else:
            with pytest.raises(ClosedError):
                publisher.publish(value)

    @rule(made=publishers)
    def publish_what_is_no_value(self, made: Any) -> None:
        name, publisher = made
        if publisher is not None:
            with pytest.raises(TopicTypeError if self.owns(name, publisher) else ClosedError):
                publisher.publish("text")

    @rule(made=publishers)
    def close_publisher(self, made: Any) -> None:
        name, publisher = made
        if publisher is None:
            return
        publisher.close()
        publisher.close()
        if self.owns(name, publisher):
            self.end(name)

    @rule(name=st.sampled_from(NAMES), collect=st.booleans())
    def forget_publisher(self, name: str, collect: bool) -> None:
        """Not kept: the reference count, or the collector, closes it."""
        topic = self.topics.get(name)
        if topic is not None and topic.live:
            return
        publisher: Any = Publisher(name, 0)
        publisher.publish(7)
        if collect:
            cycle = [publisher]
            cycle.append(cycle)  # type: ignore[arg-type]
            del cycle
        del publisher
        gc.collect()
        self.topics.pop(name, None)

    @rule(name=st.sampled_from(NAMES), kind=KINDS, data=st.data())
    def live_a_whole_life(self, name: str, kind: type, data: st.DataObject) -> None:
        """Some publishers' lives, each as many values as the last one, as likely as not."""
        if name in self.owners:
            self.owners[name].close()
            self.end(name)
        if self.topics.pop(name, None) is not None:
            remove(name)
        lives = data.draw(st.lists(st.lists(VALUES[kind], max_size=2), min_size=1, max_size=3))
        readers = [each for each in self.open if (each.name, each._type) == (name, kind)]
        with Subscriber(name, kind(0)) as follower:
            for values in lives:
                with Publisher(name, kind(0)) as publisher, Subscriber(name, kind(0)) as late:
                    for value in values:
                        publisher.publish(value)
                        for reader in [*readers, follower, late]:
                            got, ok = reader.subscribe()
                            assert ok
                            assert bits(got) == bits(value)

    @rule(target=subscribers, name=st.sampled_from(NAMES), kind=KINDS, data=st.data())
    def make_subscriber(self, name: str, kind: type, data: st.DataObject) -> Any:
        default = data.draw(VALUES[kind])
        topic = self.topics.get(name)
        if topic is not None and topic.kind is not kind:
            with pytest.raises(TopicTypeError):
                Subscriber(name, default)
            return name, kind, default, None
        subscriber = Subscriber(name, default)
        self.open.append(subscriber)
        return name, kind, default, subscriber

    @rule(made=subscribers)
    def read(self, made: Any) -> None:
        name, kind, default, subscriber = made
        if subscriber is None:
            return
        topic = self.topics.get(name)
        if subscriber not in self.open:
            with pytest.raises(ClosedError):
                subscriber.subscribe()
        elif topic is not None and topic.kind is not kind:
            with pytest.raises(TopicTypeError):
                subscriber.subscribe()
        else:
            value, ok = subscriber.subscribe()
            assert ok == (topic is not None and topic.values != [])
            assert bits(value) == bits(topic.values[-1] if ok else default)
            assert type(ok) is bool

    @rule(made=subscribers)
    def look(self, made: Any) -> None:
        name, kind, _, subscriber = made
        if subscriber is None:
            return
        is_open, topic = subscriber in self.open, self.topics.get(name)
        assert subscriber.closed is not is_open
        assert subscriber.publisher_alive == (is_open and topic is not None and topic.live)
        if is_open and topic is not None and topic.live and topic.kind is kind:
            assert subscriber.buffer_num == topic.depth
        assert name in repr(subscriber)

    @rule(made=subscribers)
    def close_subscriber(self, made: Any) -> None:
        subscriber = made[-1]
        if subscriber is not None:
            subscriber.close()
            if subscriber in self.open:
                self.open.remove(subscriber)

    @rule(made=consumes(subscribers))
    def forget_subscriber(self, made: Any) -> None:
        if made[-1] in self.open:
            self.open.remove(made[-1])

    @rule(name=st.sampled_from(NAMES))
    def remove(self, name: str) -> None:
        topic = self.topics.get(name)
        if topic is None:
            with pytest.raises(TopicNotFoundError):
                remove(name)
        elif topic.live:
            with pytest.raises(ExistsError):
                remove(name)
        else:
            remove(name)
            del self.topics[name]

    @invariant()
    def the_list_is_what_there_is(self) -> None:
        found = {info.name: info for info in topics()}
        assert sorted(found) == sorted(self.topics)
        for name, topic in self.topics.items():
            info = found[name]
            assert info == inspect(name)._replace(age=info.age)
            assert (info.type, info.alive, info.retain) == (topic.kind, topic.live, topic.retain)
            assert (info.buffer_num, info.published) == (topic.depth, len(topic.values))

    def teardown(self) -> None:
        for name, publisher in list(self.owners.items()):
            publisher.close()
            self.end(name)
        for name in list(self.topics):
            remove(name)
        for subscriber in self.open:
            assert subscriber.subscribe()[1] is False
            subscriber.close()
        assert topics() == []


def test_any_order_of_uses_keeps_the_promises(shm_dir: Path) -> None:
    examples = max(settings.default.max_examples // 6, 5)
    run_state_machine_as_test(
        Machine, settings=settings(max_examples=examples, stateful_step_count=40)
    )
    assert list(shm_dir.iterdir()) == []
