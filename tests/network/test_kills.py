"""Bridges that are killed, and stopped beyond their lease. They need no network for that."""

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("zenoh", reason="eclipse-zenoh is not installed")

from shm_pub_sub import topics
from support.counts import BRIDGE_KILLS
from support.peer import NewPeer
from support.programs import Check
from support.waiting import repeating, until

from . import _bridges
from ._machines import Machine

LATE = 3.0
LEASE = 1.0


@pytest.fixture
def pair(new_peer: NewPeer, shm_dir: Path, endpoint: str) -> Iterator[list[Machine]]:
    made = [Machine(n, shm_dir / f"m{n}", new_peer(), endpoint) for n in range(2)]
    yield made
    for machine in made:
        machine.close()


def test_bridges_that_are_killed(pair: list[Machine]) -> None:
    """The end is seen at once, the next bridge goes on, and values never go back."""
    robot, laptop = pair
    sends = {"listen": robot.endpoint, "send": "*"}
    receives = {"connect": robot.endpoint, "receive": "*"}
    robot.fork_bridge(**sends)
    laptop.fork_bridge(**receives)
    publisher = robot.publisher("number", 0)
    retained = robot.publisher("retained", 0, retain=True)
    retained.publish(1)
    numbers = itertools.count(1)

    def publish() -> None:
        publisher.publish(next(numbers))
        time.sleep(0.001)

    number = laptop.subscriber("number", 0)
    other = laptop.subscriber("retained", 0)
    watch = laptop.watch("number")
    slowest = 0.0
    with repeating(publish):
        for kill in range(BRIDGE_KILLS):
            until(lambda: number.subscribe()[1])
            until(lambda: other.subscribe() == (1, True))
            killed, options = [(robot, sends), (laptop, receives)][kill % 2]
            killed.peer.call(_bridges.kill_child)
            slowest = max(slowest, until(lambda: not number.subscribe()[1]))
            killed.fork_bridge(**options)
            before = next(numbers)
            until(lambda b=before: (watch.last("number") or 0) > b)  # type: ignore[misc]
    publisher.publish(last := next(numbers))
    until(lambda: watch.last("number") == last)
    values = watch.values("number")
    assert values == sorted(values)
    print(f"{BRIDGE_KILLS} kills; the slowest was seen after {slowest:.4f} s")
    assert slowest < LATE


def test_a_bridge_that_stands_still_beyond_its_lease(pair: list[Machine]) -> None:
    """What ended meanwhile does not come back from the dead."""
    robot, laptop = pair
    robot.fork_bridge(listen=robot.endpoint, send="*", lease=LEASE)
    laptop.fork_bridge(connect=robot.endpoint, receive="*", lease=LEASE)
    ends, stays = robot.publisher("ends", 0), robot.publisher("stays", 0)
    ended, stayed = laptop.subscriber("ends", 0), laptop.subscriber("stays", 0)
    ends.publish(1)
    stays.publish(1)
    until(lambda: ended.subscribe() == stayed.subscribe() == (1, True))
    robot.peer.call(_bridges.stop_child)
    took = until(lambda: not ended.subscribe()[1] and not stayed.subscribe()[1])
    assert LEASE * 0.7 < took < LEASE + LATE
    ends.close()
    stays.publish(2)
    seen = []
    robot.peer.call(_bridges.continue_child)

    def is_back() -> bool:
        seen.append(ended.subscribe())
        return stayed.subscribe() == (2, True)

    until(is_back)
    stays.publish(3)
    until(lambda: ended.subscribe()[1] or stayed.subscribe() == (3, True))
    seen.append(ended.subscribe())
    assert not any(ok for _, ok in seen)
    # Now the one that receives: its topics are as they were, as it holds them.
    laptop.peer.call(_bridges.stop_child)
    stays.publish(4)
    again = robot.publisher("ends", 0)
    again.publish(5)
    time.sleep(LEASE * 1.5)
    again.close()
    laptop.peer.call(_bridges.continue_child)
    until(lambda: stayed.subscribe() == (4, True))
    until(lambda: not ended.subscribe()[1])
    stays.close()
    until(lambda: not stayed.subscribe()[1])
    assert [topic.name for topic in topics("e*", "s*", directory=laptop.directory)] == []


def test_signals_are_for_the_programs_own_threads(
    endpoint: str, tmp_path: Path, check_python: Check
) -> None:
    """Python's main thread does not wake up from input() if another one takes Ctrl-C."""
    code = """
import os, pathlib, signal, sys, threading, time
from shm_pub_sub.network import Bridge

both = {"send": "*", "receive": "*"}
with (
    Bridge(name="a", listen=sys.argv[1], directory=sys.argv[2], **both) as a,
    Bridge(name="b", connect=sys.argv[1], **both) as b,
):
    while not (a.rtt and b.rtt):
        time.sleep(0.001)
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == set()
    for task in pathlib.Path("/proc/self/task").iterdir():
        (blocked,) = [
            int(line.split()[1], 16)
            for line in (task / "status").read_text().splitlines()
            if line.startswith("SigBlk")
        ]
        for number in signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGCONT:
            is_blocked = bool(blocked >> number - 1 & 1)
            assert is_blocked == (task.name != str(os.getpid())), (task / "comm").read_text()
"""
    check_python(code, endpoint, tmp_path)


def test_a_signal_that_another_thread_gets_ends_waiting(endpoint: str, check_python: Check) -> None:
    """As the kernel chooses, for example for the SIGCONT that systemd sends after SIGTERM."""
    code = """
import signal, sys, threading
from shm_pub_sub.network import Bridge

signal.signal(signal.SIGTERM, lambda *_: sys.exit())
with Bridge(name="a", listen=sys.argv[1], send="*") as bridge:
    assert not bridge.wait(0.01)
    kill = lambda: signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
    threading.Timer(0.05, kill).start()
    bridge.wait()
"""
    check_python(code, endpoint)
