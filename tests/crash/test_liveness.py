"""ok is whether the publisher lives: killed, stopped, continued."""

import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shm_pub_sub
from shm_pub_sub._extension import load
from support import remote
from support.counts import KILLS, dice
from support.go import GoSubscriber
from support.peer import Peer
from support.waiting import until

from . import _victims

SLACK = 2.0
"""Seconds for what takes 0.1 s on a quiet machine."""


@pytest.mark.parametrize("make", [shm_pub_sub.Subscriber, GoSubscriber], ids=["C", "Go"])
def test_ok_turns_false_soon_after_a_kill(
    peer: Peer, make: Any, record_property: Callable[[str, object], None]
) -> None:
    random = dice()
    subscriber = make("topic", -1)
    worst = 0.0
    for generation in range(1, min(KILLS, 200) // 10 + 1):
        pid = peer.call(_victims.publish_forever, "topic", 0, 3, generation)
        until(lambda g=generation: subscriber.subscribe()[0] >> 32 == g, "the new publisher")
        time.sleep(random.uniform(0, 0.1))  # any moment between two checks of the lock
        subscriber.subscribe()
        peer.call(_victims.kill, pid)
        worst = max(worst, until(lambda: not subscriber.subscribe()[1], "its death", SLACK))
        assert subscriber.subscribe() == (-1, False)
    print(f"a death was noticed after {worst:.4f} s at worst")
    record_property("worst seconds", worst)
    subscriber.close()
    shm_pub_sub.remove("topic")


def test_a_death_shows_however_late_the_answer_that_it_lived_is_seen(
    peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Having asked, a thread that had to wait for a processor or the GIL gets a stale answer."""
    pid = peer.call(_victims.publish_forever, "topic", 0, 3, 1)
    before = shm_pub_sub.Subscriber("topic", -1)
    until(lambda: before.subscribe()[1], "its first value")
    ask = load().bind_Attach

    def ask_and_wait(*topic: str) -> str:
        answer: str = ask(*topic)
        peer.call(_victims.kill, pid)
        time.sleep(0.1)  # the wait itself, no synchronisation
        return answer

    with monkeypatch.context() as patched:
        patched.setattr(load(), "bind_Attach", ask_and_wait)
        subscriber = shm_pub_sub.Subscriber("topic", -1)
    assert subscriber.subscribe() == (-1, False)
    shm_pub_sub.remove("topic")


WAITS = {
    "recv": lambda subscriber: subscriber.recv(20),
    "select": lambda subscriber: shm_pub_sub.select([subscriber], 20) and subscriber.try_recv(),
}


@pytest.mark.parametrize("wait", WAITS.values(), ids=WAITS)
def test_a_waiter_asks_after_the_publisher_in_time_whenever_it_began_to_wait(
    peer: Peer, wait: Callable[[Any], Any], shm_dir: Path
) -> None:
    """Nobody wakes it: the taker was killed between its rename and its wake."""
    new = shm_dir / "new"
    new.mkdir()
    took: list[float] = []
    for _ in range(100):
        pid = peer.call(_victims.publish_forever, "topic", 0, 3, 1)
        with shm_pub_sub.Subscriber("topic", -1) as early:
            until(lambda s=early: s.subscribe()[1], "its first value")
        successor = shm_pub_sub.Publisher("topic", 0, directory=new)
        successor.publish(7)
        asked = time.monotonic()
        subscriber = shm_pub_sub.Subscriber("topic", -1, history=0)
        peer.call(_victims.kill, pid)
        subscriber.drain()
        with pytest.raises(TimeoutError):
            subscriber.recv(0.001)  # so that it has the wait word, and sleeps there
        (new / "shm_pub_sub.topic").rename(shm_dir / "shm_pub_sub.topic")
        time.sleep(max(0.0, asked + 0.065 - time.monotonic()))  # just before it would ask again
        began = time.monotonic() - asked
        assert wait(subscriber) == 7
        if began < 0.07:  # otherwise it has asked at once
            took.append(time.monotonic() - asked)
        subscriber.close()
        successor.close()
        (shm_dir / "shm_pub_sub.topic").unlink()
        if len(took) == 5:
            break
    new.rmdir()
    print(f"noticed after {took}")
    assert min(took) < 0.125, "a busy machine makes some late, and not all"


def test_publisher_alive_is_false_at_once_after_a_kill(peer: Peer) -> None:
    subscriber = shm_pub_sub.Subscriber("topic", -1)
    for generation in range(1, 20):
        pid = peer.call(_victims.publish_forever, "topic", 0, 3, generation)
        until(lambda: subscriber.publisher_alive, "the new publisher")
        peer.call(_victims.kill, pid)
        assert not subscriber.publisher_alive
    shm_pub_sub.remove("topic")


def test_a_stopped_publisher_is_alive_but_its_values_grow_old(peer: Peer) -> None:
    peer.call(remote.make_publisher, "topic", 0)
    lasting = shm_pub_sub.Subscriber("topic", -1)
    fresh = shm_pub_sub.Subscriber("topic", -1, max_age=0.25)
    peer.call(remote.publish, "topic", 7)
    assert lasting.subscribe() == (7, True)
    peer.send_signal(signal.SIGSTOP)
    until(lambda: fresh.subscribe() == (-1, False), "older than max_age")
    # Beyond the interval of looks at the lock.
    end = time.monotonic() + 0.3
    while time.monotonic() < end:
        assert lasting.subscribe() == (7, True)
        assert fresh.subscribe() == (-1, False)
        assert lasting.publisher_alive
        assert fresh.publisher_alive
    with pytest.raises(RuntimeError, match=f"already exists.*{peer.pid}"):
        shm_pub_sub.Publisher("topic", 0)
    peer.send_signal(signal.SIGCONT)
    peer.call(remote.publish, "topic", 8)
    assert lasting.subscribe() == (8, True)
    assert fresh.subscribe()[1] or peer.output == ""
    peer.finish()


def test_a_zombie_is_dead(peer: Peer) -> None:
    """Killed, but not yet waited for by its parent."""
    pid = peer.call(_victims.publish_forever, "topic", 0, 3, 1)
    subscriber = shm_pub_sub.Subscriber("topic", -1)
    until(lambda: subscriber.subscribe()[1], "its first value")
    peer.call(_victims.kill_without_waiting, pid)
    until(lambda: not subscriber.subscribe()[1], "its death", SLACK)
    with shm_pub_sub.Publisher("topic", 0) as publisher:
        publisher.publish(2)
        assert subscriber.subscribe() == (2, True)
    peer.call(_victims.wait_for, pid)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGABRT, signal.SIGSEGV, signal.SIGHUP])
def test_a_publisher_that_a_signal_ended_is_dead(peer: Peer, number: signal.Signals) -> None:
    peer.call(signal.signal, number, signal.SIG_DFL)  # nohup has its programs ignore SIGHUP
    peer.call(remote.make_publisher, "topic", 0)
    peer.call(remote.publish, "topic", 1)
    subscriber = shm_pub_sub.Subscriber("topic", -1)
    assert subscriber.subscribe() == (1, True)
    peer.send_signal(number)
    until(lambda: not subscriber.subscribe()[1], "its death", 20)
    with shm_pub_sub.Publisher("topic", 0.0) as publisher:
        publisher.publish(2)
