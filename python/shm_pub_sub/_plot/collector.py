"""Collecting the curves of topics: named ones, and those that match patterns.

No publisher is woken: the collector looks again before a topic's ring is full, within limits. Of a
topic that is faster than its ring is long, some values are lost.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from .._arguments import as_seconds, check_name, short_repr
from .._errors import TopicTypeError, TopicValueError
from .._follow import Follower
from .._paths import Path, Selected
from .._patterns import Selection
from .._subscriber import Subscriber
from .._topics import TopicInfo, inspect_typed
from .._trust import check_trust
from .curve import Curve
from .feed import AT_ONCE, LONGEST_PAUSE, SHORTEST_PAUSE, Feed
from .newest import Newest

MOST_CURVES = 20
"""The number of curves from which on patterns add no more."""

MOST_NEWEST = 4
"""The number of pictures, and of curves over an index, from which on patterns add no more."""


class Collector:
    """The curves of topics, of parts of them, of Subscribers' topics and of patterns.

    Args:
        topics: Names, shell patterns of names such as 'robot/*', parts of values such as 'imu.ax',
            or Subscribers.
        seconds: The length of the window.
        trust: As for Subscriber; a Subscriber has its own.
        directory: Likewise.
        exclude: Names and patterns of what is left out.
        pictures: Whether pictures can be shown.

    Raises:
        TopicTypeError: No topics, or one that is neither text nor a Subscriber (a TypeError).
        TopicValueError: An impossible name, or seconds out of range (a ValueError).
    """

    def __init__(
        self,
        topics: Sequence[Any],
        seconds: float,
        trust: Any = None,
        directory: Any = None,
        exclude: Sequence[str] = (),
        pictures: bool = True,
    ) -> None:
        self.seconds: float = check_seconds(seconds)
        if not topics:
            raise TopicTypeError("plot: found no topic; expected names, patterns or Subscribers")
        subscribers = [topic for topic in topics if issubclass(type(topic), Subscriber)]
        words = [topic for topic in topics if not issubclass(type(topic), Subscriber)]
        most = MOST_CURVES - len(subscribers)
        chosen = Selected(map(check_name, words), exclude=exclude)
        self._followers = [
            *([_Followed(chosen, most, trust, directory)] if words else []),
            *(_Followed(Selection([], [s.name]), 1, s._trust, s._directory) for s in subscribers),
        ]
        self._pictures = pictures
        self._feeds: dict[tuple[str, str], Feed] = {}
        self._closed: tuple[int, str] | None = None
        self._update()

    @property
    def curves(self) -> list[Curve]:
        """Named topics' curves from the start, a pattern's once its topics exist."""
        return self._shown[0]

    @property
    def newest(self) -> list[Newest]:
        """What is drawn of newest values, as of the last refresh()."""
        return self._shown[1]

    @property
    def _shown(self) -> tuple[list[Curve], list[Newest]]:
        curves: list[Curve] = []
        newest: list[Newest] = []
        for feed in self._feeds.values():
            free = len(feed.curves)
            if feed.topic.by_pattern:
                free = max(MOST_CURVES - len(curves), 0)
            curves += feed.curves[:free]
            if not feed.topic.by_pattern or len(newest) < MOST_NEWEST:
                newest += feed.newest
        return curves, newest

    @property
    def more(self) -> int:
        """The number of curves that are not drawn, as they are too many."""
        feeds = self._feeds.values()
        found = sum(len(feed.curves) + len(feed.newest) + feed.more for feed in feeds)
        beyond = sum(len(each.follower.beyond) for each in self._followers)
        curves, newest = self._shown
        return found + beyond - len(curves) - len(newest)

    def refresh(self) -> None:
        """Bring what is drawn of newest values up to date; takes as long as the pictures do."""
        if self._closed is None:
            shown = {id(each) for each in self.newest}
            for feed in self._feeds.values():
                if any(id(each) in shown for each in feed.newest):
                    feed.refresh()

    def now(self) -> tuple[int, str]:
        """Return the time at a plot's right edge, in ns and as text: close()'s once closed."""
        return self._closed or (time.monotonic_ns(), time.strftime("%Y-%m-%d %H:%M:%S %Z"))

    def poll(self) -> float:
        """Take new values, and return the seconds until the next poll is due."""
        for each in self._followers:
            each.follower.look()
        self._update()
        pause = min((feed.take() for feed in self._feeds.values()), default=LONGEST_PAUSE)
        return min(max(pause, SHORTEST_PAUSE), LONGEST_PAUSE)

    def close(self) -> None:
        """Release all topics. The curves stay as they are, with the time of this moment."""
        self._closed = self.now()
        for each in self._followers:
            each.follower.close()

    def _update(self) -> None:
        """Have a feed for each topic; one that a pattern found goes when it has left the window."""
        window = round(self.seconds * 1e9)
        since = time.monotonic_ns() - window
        feeds, followed = {**self._feeds}, set()  # other threads may ask for the curves
        for each in self._followers:
            follower = each.follower
            for name, topic in [*follower.topics.items()]:
                key, paths = (follower.directory, name), each.paths(name)
                if key not in feeds or feeds[key].paths != paths:
                    feeds[key] = Feed(topic, window, paths, each.inspect, self._pictures)
                feeds[key].topic = topic
                if topic.by_pattern and not topic.is_there and feeds[key].time < since:
                    follower.forget(topic)
                else:
                    followed.add(key)
        self._feeds = {key: feed for key, feed in feeds.items() if key in followed}


class _Followed:
    """A follower of topics of any type, and what is chosen of each."""

    def __init__(self, selection: Selection, most: int, trust: Any, directory: Any) -> None:
        self._selection = selection
        self._trust = check_trust(trust)
        self.follower = Follower(
            *(selection, AT_ONCE, AT_ONCE, most, self._trust, directory),
            glance=_as_it_is,
            waits=False,
        )

    def paths(self, name: str) -> list[Path]:
        chosen = self._selection
        return (chosen.paths(name) if isinstance(chosen, Selected) else []) or [Path(name)]

    def inspect(self, name: str) -> tuple[TopicInfo, str]:
        return inspect_typed(name, trust=self._trust, directory=self.follower.directory)


def _as_it_is(value: Any) -> Any:
    return value


def check_seconds(seconds: Any) -> float:
    """Return the length of a window as a float."""
    try:
        length = as_seconds(seconds)
    except TypeError:
        raise TopicTypeError(
            f"plot: found seconds of {type(seconds).__name__}; expected a number"
        ) from None
    if not 0.001 <= length <= 1e6:
        raise TopicValueError(
            f"plot: found {short_repr(seconds)} seconds; expected 0.001 to 1,000,000"
        )
    return length
