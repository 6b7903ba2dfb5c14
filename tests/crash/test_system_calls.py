"""kill -9 before and after each system call that creates, replaces, closes or removes a topic.

It is the installed wheel's Go code that makes them, on the thread that called it from Python: a
process that is followed by that thread alone shows all of them.
"""

from collections.abc import Callable
from itertools import count, groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest
import shm_pub_sub
from support.peer import Peer

from . import _stepped, _victims
from ._ptrace import Traced
from ._readers import Readers

pytestmark = [pytest.mark.usefixtures("ptrace"), pytest.mark.timeout(300)]

# x86_64's numbers. Other calls are the runtime's, and change no file.
NAMES = {
    3: "close",
    5: "fstat",
    9: "mmap",
    11: "munmap",
    17: "pread64",
    72: "fcntl",
    82: "rename",
    86: "link",
    87: "unlink",
    91: "fchmod",
    257: "openat",
    262: "newfstatat",
    263: "unlinkat",
    264: "renameat",
    265: "linkat",
    269: "faccessat",
    285: "fallocate",
    316: "renameat2",
    439: "faccessat2",
}

Act = Callable[[str], Callable[[], Any]]


def leave_nothing(peer: Peer) -> None:
    pass


def leave_a_dead_publisher(peer: Peer) -> None:
    pid = peer.call(_stepped.act_between_marks, _stepped.create, "topic")
    with Traced(pid) as traced:
        traced.run_to_mark()
        traced.run_to_mark()
    peer.call(_victims.wait_for, pid)


def leave_a_retained_value(peer: Peer) -> None:
    with shm_pub_sub.Publisher("topic", 0, retain=True) as publisher:
        publisher.publish(1)


Leave = Callable[[Peer], None]
VALUE, NOTHING = repr((1, True)), repr((-1, False))
BOTH = [VALUE, NOTHING]
CREATE, REMOVE = "fallocate fcntl linkat", "fcntl fcntl unlinkat fcntl close"
TAKE_OVER = f"{CREATE} fcntl fcntl linkat renameat fcntl close"
CLOSE = "unlinkat fcntl close"

# What was there before; the act; what is read on the way and at its end; what after later and
# later kills; the calls.
CASES: dict[str, tuple[Leave, Act, list[str], list[str], str]] = {
    "create": (leave_nothing, _stepped.create, [NOTHING], [NOTHING], CREATE),
    "take over": (leave_a_dead_publisher, _stepped.create, [NOTHING], [NOTHING], TAKE_OVER),
    # It then is the new publisher's, which does not retain it.
    "take over a retained value": (
        leave_a_retained_value,
        _stepped.create,
        [VALUE],
        BOTH,
        TAKE_OVER,
    ),
    "take over and go on retaining": (
        leave_a_retained_value,
        _stepped.create_retained,
        [VALUE],
        [VALUE],
        TAKE_OVER,
    ),
    "replace": (leave_nothing, _stepped.replace, BOTH, [NOTHING], f"{CLOSE} {CREATE}"),
    "close": (leave_nothing, _stepped.close, BOTH, [NOTHING], CLOSE),
    "close a retained one": (
        leave_nothing,
        _stepped.close_retained,
        [VALUE],
        [VALUE],
        "fcntl close",
    ),
    "remove": (leave_a_dead_publisher, _stepped.remove, [NOTHING], [NOTHING], REMOVE),
    "remove a retained value": (leave_a_retained_value, _stepped.remove, BOTH, BOTH, REMOVE),
}


def run_through(traced: Traced, stops: int) -> tuple[list[str], bool]:
    """Runs to the given stop at such a call, or to the end of all, which it returns.

    First it returns the name of the call at each of these stops, the one at its end after a space.
    """
    passed: list[str] = []
    while len(passed) < stops and (call := traced.step_to_call()):
        if call.number in NAMES:
            passed.append(NAMES[call.number] if call.entered else f" {NAMES[call.number]}")
    return passed, len(passed) < stops


@pytest.mark.parametrize("case", CASES)
def test_a_kill_at_any_system_call_stops_nobody(
    peer: Peer, shm_dir: Path, case: str, record_property: Callable[[str, object], None]
) -> None:
    leave, act, alive, dead, text = CASES[case]
    calls = text.split()
    peer.call(_victims.warm_up)
    left: list[tuple[int, str]] = []
    for stop in count(1):
        leave(peer)
        pid = peer.call(_stepped.act_between_marks, act, "topic")
        with Traced(pid) as traced:
            traced.run_to_mark()
            readers = Readers("topic", -1)
            passed, whole = run_through(traced, stop)
            found = readers.attached() | readers.new()
            assert found <= ({alive[-1]} if whole else set(alive))
            traced.kill()
        peer.call(_victims.wait_for, pid)
        # One act may, say, map memory once more than another; how far it came is what counts.
        far = sum(call.strip() in calls for call in passed)
        left.append((far, readers.after_a_death(found)))
        readers.follow_the_next(2)
        readers.close()
        assert list(shm_dir.iterdir()) == []
        if whole:
            break
    record_property("kills", stop)
    called = [call for call in passed if not call.startswith(" ")]
    print(f"{stop} kills: {' '.join(called)}")
    in_order = [found for _, found in sorted(left, key=itemgetter(0))]
    assert [found for found, _ in groupby(in_order)] == dead
    remaining = iter(called)
    assert all(call in remaining for call in calls), f"not called in this order: {calls}"
    assert peer.output == ""


def test_what_a_killed_take_over_left_can_be_removed(peer: Peer, shm_dir: Path) -> None:
    peer.call(_victims.warm_up)
    for stop in count(1):
        leave_a_dead_publisher(peer)
        pid = peer.call(_stepped.act_between_marks, _stepped.create, "topic")
        with Traced(pid) as traced:
            traced.run_to_mark()
            _, whole = run_through(traced, stop)
            assert [topic.name for topic in shm_pub_sub.topics()] == ["topic"]
        peer.call(_victims.wait_for, pid)
        shm_pub_sub.remove("topic")
        assert list(shm_dir.iterdir()) == []
        if whole:
            break
    assert peer.output == ""
