"""The actors that read all topics until the storm ends, each in its own way."""

import itertools
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from typing import Any, NoReturn

import shm_pub_sub
from shm_pub_sub._go import from_go
from support.go import GoSubscriber

from ._log import Log
from ._recorder import Recorder
from ._streams import receive
from ._values import DEFAULTS, topic_name
from ._words import Words

KINDS = ("int", "int", "float", "bool")
"""What is read of each topic in a round."""

Subscribe = Callable[[], tuple[Any, bool]]


class Eye:
    """A subscriber that is made at its first read, again while that raises, and its recorder."""

    def __init__(
        self, make: Any, log: Log, words: Words, reader: int, topic: int, kind: str
    ) -> None:
        self.recorder = Recorder(log, words, reader, topic, kind)
        self._make, self._of = make, (topic_name(topic), DEFAULTS[kind])
        self._subscribe: Subscribe | None = None

    def look(self) -> None:
        self.recorder.read(self._read)

    def stare(self) -> None:
        """Looks for as long as a writer writes: only then do steps of nanoseconds show."""
        for _ in range(250):
            before = self.recorder.changes
            for _ in range(20):
                self.look()
            if self.recorder.changes < before + 5:
                return

    def _read(self) -> tuple[Any, bool]:
        if self._subscribe is None:
            self._subscribe = self._make(*self._of).subscribe
        return self._subscribe()


class Gopy:
    """GoSubscriber with the errors of the shim."""

    def __init__(self, topic: str, default: Any) -> None:
        self._subscriber = translated(GoSubscriber, topic, default)

    def subscribe(self) -> tuple[Any, bool]:
        return translated(self._subscriber.subscribe)


def translated(function: Any, *arguments: Any, **options: Any) -> Any:
    try:
        return function(*arguments, **options)
    except RuntimeError as error:
        raise from_go(error) from None


def last(log: Log, words: Words, topics: int, seed: int) -> None:
    """Follows all topics with the same subscribers."""
    _follow(_eyes(shm_pub_sub.Subscriber, log, words, topics), words, seed)


def last_by_gopy(log: Log, words: Words, topics: int, seed: int) -> None:
    _follow(_eyes(Gopy, log, words, topics), words, seed)


def make_again(log: Log, words: Words, topics: int, seed: int) -> None:
    """Makes a subscriber for each few reads."""
    dice = random.Random(seed)
    recorders = [
        Recorder(log, words, number, topic, kind)
        for number, (topic, kind) in enumerate(itertools.product(range(topics), KINDS[1:]))
    ]
    targets = list(zip(itertools.product(range(topics), KINDS[1:]), recorders, strict=True))
    while not words.ending:
        (topic, kind), recorder = dice.choice(targets)
        made: list[Any] = []

        def read(topic: int = topic, kind: str = kind, made: list[Any] = made) -> Any:
            if not made:
                made.append(shm_pub_sub.Subscriber(topic_name(topic), DEFAULTS[kind]))
            return made[0].subscribe()

        for _ in range(dice.randint(1, 20)):
            recorder.read(read)
        if made and dice.random() < 0.5:
            made[0].close()  # otherwise dropped
        time.sleep(dice.choice(PAUSES))
    for recorder in recorders:
        recorder.flush()


def share_among_threads(log: Log, words: Words, topics: int, seed: int) -> None:
    """Three threads, each with subscribers of its own and such as all have."""
    shared: dict[str, Any] = {}
    lock = threading.Lock()

    def share(name: str, default: Any) -> Any:
        with lock:
            if name not in shared:
                shared[name] = shm_pub_sub.Subscriber(name, default)
            return shared[name]

    threads = []
    for number in range(3):
        own = _eyes(shm_pub_sub.Subscriber, log, words, topics, 1000 * number)
        others = [
            Eye(share, log, words, 1000 * number + 500 + topic, topic, "int")
            for topic in range(topics)
        ]
        arguments = (own[number % 2 :: 2] + others, words, seed + number)
        threads.append(threading.Thread(target=_follow, args=arguments))
        threads[-1].start()
    for thread in threads:
        thread.join()


def fork_on(log: Log, words: Words, topics: int, seed: int) -> None:
    """Forks children that read on with the subscribers they inherit, now and then kills one."""
    dice = random.Random(seed)
    eyes = _eyes(shm_pub_sub.Subscriber, log, words, topics)
    numbers = itertools.count(1)
    children: dict[int, float] = {}
    while not words.ending:
        for eye in eyes:
            eye.look()
        time.sleep(dice.choice(PAUSES))
        if len(children) < 2 and dice.random() < 0.02:
            child, seconds = f"{log.actor}.{next(numbers)}", dice.uniform(0, 0.4)
            flush(eyes)
            pid = os.fork()
            if pid == 0:
                _read_on(eyes, Log(log.folder, child), words, dice, seconds)
            log("forked", child)
            children[pid] = time.monotonic() + seconds * dice.choice([0.5, 100])
        for pid, kill_at in list(children.items()):
            if time.monotonic() > kill_at:
                os.kill(pid, signal.SIGKILL)
            if os.waitpid(pid, os.WNOHANG)[0]:
                del children[pid]
    flush(eyes)
    for pid in children:
        os.waitpid(pid, 0)


def _read_on(
    eyes: list[Eye], log: Log, words: Words, dice: random.Random, seconds: float
) -> NoReturn:
    try:
        signal.alarm(60)
        for eye in eyes:
            eye.recorder.moved(log)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for eye in eyes:
                eye.look()
            time.sleep(dice.choice(PAUSES))
        flush(eyes)
        os._exit(0)
    except BaseException as error:
        log("fault", "raised", repr(error))
    finally:
        os._exit(1)


PAUSES = (0, 0.0005, 0.002, 0.005)
"""Between rounds, seconds: there are more readers than processors."""


LOOKS = (1, 1, 1, 10)
"""How often in a row at one topic."""


def _eyes(make: Any, log: Log, words: Words, topics: int, first: int = 0) -> list[Eye]:
    """All kinds of all topics."""
    of = itertools.product(range(topics), KINDS)
    return [Eye(make, log, words, first + number, *each) for number, each in enumerate(of)]


def _follow(eyes: list[Eye], words: Words, seed: int) -> None:
    dice = random.Random(seed)
    while not words.ending:
        for eye in eyes:
            for _ in range(dice.choice(LOOKS)):
                eye.look()
            eye.stare()
        time.sleep(dice.choice(PAUSES))
    flush(eyes)


def flush(eyes: list[Eye]) -> None:
    for eye in eyes:
        eye.recorder.flush()


ROLES = {
    "streams": receive,
    "last": last,
    "gopy": last_by_gopy,
    "renewed": make_again,
    "threads": share_among_threads,
    "forks": fork_on,
}
