"""The actors that publish, and the one that removes topics. Each runs in a process of its own."""

import os
import random
import signal
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, NoReturn

import shm_pub_sub
from support.go import GoPublisher

from ._log import Log
from ._readers import translated
from ._values import DEFAULTS, LAST_K, topic_name, value, word
from ._words import Words

STUCK = "replacing it for a second"
"""In the error if a process that is replacing the file has been stopped."""


class Plan(NamedTuple):
    """What a publisher's process does, one life after the other, each a generation."""

    by: str  # "c", "gopy" or "go"
    topic: int
    kind: str
    buffers: int
    retain: bool
    first: int  # generation
    lives: int
    seconds: float  # a life; then it closes, and has its next one
    pause: float  # seconds between two values; 0: as fast as it goes
    values: int  # after so many it is silent
    fork: bool  # once in each life, a child that outlives it
    leave: bool  # end the process, in the last life, without closing
    seed: int


MAKE: dict[str, Callable[..., Any]] = {
    "c": shm_pub_sub.Publisher,
    "gopy": partial(translated, GoPublisher),
}


def publish(plan: Plan, log: Log, words: Words) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children it forks
    dice = random.Random(plan.seed)
    for generation in range(plan.first, plan.first + plan.lives):
        log("try", generation, plan.topic, plan.kind, plan.retain, plan.by)
        try:
            publisher = MAKE[plan.by](
                topic_name(plan.topic), DEFAULTS[plan.kind], plan.buffers, retain=plan.retain
            )
        except shm_pub_sub.ExistsError:
            log("refused", generation)
            time.sleep(dice.uniform(0, plan.seconds))
            continue
        except shm_pub_sub.CreateError as error:
            if STUCK not in str(error):
                raise
            log("stuck", generation)
            continue
        log("owns", generation)
        _live(generation, plan, publisher, log, words, dice)
        if plan.leave and generation == plan.first + plan.lives - 1:
            log("closing", generation)
            os._exit(0)
        log("closing", generation)
        publisher.close()
        log("closed", generation)


def _live(
    generation: int, plan: Plan, publisher: Any, log: Log, words: Words, dice: random.Random
) -> None:
    """Publishes its numbers from 1 until the life's end."""
    end = time.monotonic() + plan.seconds
    fork_at = dice.choice([1, 10, 200]) if plan.fork else 0
    for k in range(1, min(plan.values, LAST_K) + 1):
        words.announced[generation] = k
        publisher.publish(value(plan.kind, word(plan.topic, generation, k)))
        words.done[generation] = k
        if k == 1:
            log("first", generation)
        if k == fork_at:
            _fork(generation, publisher, log, dice)
        if plan.pause:
            time.sleep(plan.pause)
        if (plan.pause or k % 64 == 0) and time.monotonic() > end:
            return
    time.sleep(max(0.0, end - time.monotonic()))


def _fork(generation: int, publisher: Any, log: Log, dice: random.Random) -> None:
    """Forks a child that must not keep the topic alive, however long it lives."""
    child = f"{log.actor}.{generation}"
    seed = dice.getrandbits(32)
    log("forking", generation, child)
    if os.fork() == 0:
        _outlive(publisher, Log(log.folder, child), random.Random(seed))


def _outlive(publisher: Any, log: Log, dice: random.Random) -> NoReturn:
    try:
        log("born")  # and the descriptors that it shared are closed
        signal.alarm(60)
        try:
            publisher.publish(False)  # which every type takes
            log("fault", "an inherited publisher published", None)
        except shm_pub_sub.ForkedError:
            pass
        if dice.random() < 0.3:
            shm_pub_sub.Subscriber("storm", 0).close()  # by a Go of its own
        time.sleep(dice.uniform(0, 0.6))
        os._exit(0)
    except BaseException as error:
        log("fault", "raised", repr(error))
    finally:
        os._exit(1)


def remove(topic: int, log: Log) -> None:
    log("removing", topic)
    try:
        shm_pub_sub.remove(topic_name(topic))
        log("removed", topic)
    except shm_pub_sub.ExistsError:
        log("held", topic)
    except shm_pub_sub.TopicNotFoundError:
        log("absent", topic)
    except shm_pub_sub.OpenError as error:
        if STUCK not in str(error):
            raise
        log("stuck", topic)
