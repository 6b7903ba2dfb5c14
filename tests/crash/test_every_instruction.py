"""The compiled publish() in single steps: what readers see after each store, alive and killed."""

import math
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import shm_pub_sub
from shm_pub_sub import _hot
from support.layout import topic_file
from support.peer import Peer

from . import _stepped, _victims
from ._memory import Memory, changes
from ._ptrace import Traced
from ._readers import Readers

pytestmark = [pytest.mark.usefixtures("ptrace"), pytest.mark.timeout(300)]

VALUES: dict[str, list[Any]] = {
    # Every value differs from the one it overwrites, so that its store shows.
    "bool-1": [True, True, False, False, True],
    "bool-3": [True, True, True, True, False, False],
    "int-1": [-1, 2**63 - 1, -(2**63), 7],
    "int-3": [-1, 2**63 - 1, -(2**63), 7, 2**32, 1],
    "float-1": [-0.0, math.nan, 5e-324, -1.5],
    "float-3": [-0.0, math.nan, 5e-324, -1.5, 1e308, math.inf],
}
STORES = 6
"""By one publish() while a subscriber waits."""

WAITING = [pytest.param(False, id="nobody waits"), pytest.param(True, id="somebody waits")]

# x86's machine code: a prefix that may stand before the next; an exchange with memory, which orders
# all loads and stores around it; and what else does.
REX = bytes(range(0x40, 0x50))
XCHG, MFENCE, LOCK = b"\x87", b"\x0f\xae\xf0", b"\xf0"

Record = Callable[[str, object], None]


def depth(case: str) -> int:
    return int(case[-1])


def word(value: Any) -> int:
    data = struct.pack("<d" if isinstance(value, float) else "<q", value)
    return int.from_bytes(data, "little")


def never_published(value: Any) -> Any:
    return value if isinstance(value, bool) else type(value)(-3)


def stores_of(values: Sequence[Any], k: int, slots: int, waiting: bool) -> list[tuple[str, Any]]:
    """Those of value k in the order of docs/memory-layout.md; the time is unknown."""
    slot = f"slot {k % slots}"
    return [
        (f"{slot} sequence", 2 * k - 1),
        (f"{slot} time", None),
        (f"{slot} payload", word(values[k - 1])),
        (f"{slot} sequence", 2 * k),
        ("head", k),
        *([("wait", 2 * k)] if waiting else []),
    ]


@contextmanager
def stopped(
    peer: Peer, path: Path, before: Sequence[Any], values: Sequence[Any], buffer_num: int
) -> Iterator[tuple[Traced, Memory]]:
    """A publisher that has published `before` and is about to continue; killed at the end."""
    topic = path.name.removeprefix("shm_pub_sub.")
    pid = peer.call(_stepped.publish_between_marks, topic, before, values, buffer_num)
    with Traced(pid) as traced:
        traced.run_to_mark()
        with Memory(path) as memory:
            yield traced, memory
    peer.call(_victims.wait_for, pid)


def step_to_store(traced: Traced, memory: Memory, before: bytes) -> list[tuple[str, int]]:
    """Executes instructions until one changes the memory, or until the mark."""
    while traced.step():
        if (after := memory.snapshot()) != before:
            return changes(before, after)
    return []


@pytest.mark.parametrize("waiting", WAITING)
@pytest.mark.parametrize("case", VALUES)
def test_every_store_leaves_the_last_complete_value_to_be_read(
    peer: Peer, shm_dir: Path, case: str, waiting: bool
) -> None:
    values = VALUES[case]
    with stopped(peer, topic_file(shm_dir), [], values, depth(case)) as (traced, memory):
        readers = Readers("topic", never_published(values[0]))
        expected = readers.nothing
        for k, value in enumerate(values, 1):
            if waiting:
                memory.set_waiting(k - 1)
            readers.all_read(expected)
            before, stores = memory.snapshot(), []
            while store := step_to_store(traced, memory, before):
                assert len(store) == 1, "one instruction, one store"
                before = memory.snapshot()
                stores += store
                if store == [("head", k)]:
                    expected = repr((value, True))
                readers.all_read(expected)
            in_order = stores_of(values, k, memory.slots, waiting)
            timeless = [(field, None if "time" in field else new) for field, new in stores]
            # No order is promised between the two that lie between odd and even.
            assert set(timeless[1:3]) == set(in_order[1:3])
            assert timeless[:1] + timeless[3:] == in_order[:1] + in_order[3:]
    assert readers.after_a_death({expected}) == readers.nothing
    readers.follow_the_next(values[0])
    readers.close()
    assert list(shm_dir.iterdir()) == []
    assert peer.output == ""


def test_the_store_of_head_is_a_full_fence(peer: Peer, shm_dir: Path) -> None:
    """Otherwise a waiter's bit could be missed: no state of the memory would show that."""
    with stopped(peer, topic_file(shm_dir), [], [1], 3) as (traced, memory):
        while memory.head == 0:
            address = traced.counter()
            assert traced.step()
        after = traced.counter()
        store, fence = traced.code(address, after - address), traced.code(after, 3)
    exchange = store.lstrip(REX)[:1] == XCHG
    assert exchange or fence == MFENCE or fence[:1] == LOCK, (store.hex(), fence.hex())
    shm_pub_sub.remove("topic")


def test_how_many_instructions_that_is(peer: Peer, shm_dir: Path, record_property: Record) -> None:
    """Record a figure, and check that the steps are in the installed library."""
    with stopped(peer, topic_file(shm_dir), [1], [2, 3], 3) as (traced, memory):
        library = traced.code_of(_hot.__file__)
        for waiters in ("nobody", "somebody"):
            if waiters == "somebody":
                memory.set_waiting(0)
            within = [traced.counter() in library]
            while traced.step():
                within.append(traced.counter() in library)
            own = within.count(True)
            whole = len(within) - within[::-1].index(True) - within.index(True)
            print(f"{waiters} waits: {own} instructions in _hot, {whole} with what it calls")
            record_property(f"instructions, {waiters} waits", [own, whole])
            assert STORES < own < whole
    shm_pub_sub.remove("topic")


@pytest.mark.parametrize("case", VALUES)
def test_a_kill_after_any_store_is_followed_by_the_next_publisher(
    peer: Peer, shm_dir: Path, case: str
) -> None:
    """Only the memory outlives a kill: one kill in each of its states stands for all."""
    values, slots = VALUES[case], depth(case) + 1
    for k in (1, slots + 1):  # into a new slot, and over the first value
        killed = []
        for stores in range(STORES + 1):
            topic = f"topic{stores}"
            readers = Readers(topic, never_published(values[0]))
            arguments = topic_file(shm_dir, topic), values[: k - 1], values[k - 1 : k], depth(case)
            with stopped(peer, *arguments) as (traced, memory):
                memory.set_waiting(k - 1)
                for _ in range(stores):
                    assert step_to_store(traced, memory, memory.snapshot())
                published = memory.head
                last = repr((values[published - 1], True)) if published else readers.nothing
                readers.all_read(last)
            killed.append((readers, last, published))
        assert [published for _, _, published in killed] == [k - 1] * 5 + [k] * 2
        for readers, last, _ in killed:
            assert readers.after_a_death({last}) == readers.nothing
            readers.follow_the_next(values[k - 1], depth(case))
            readers.close()
        assert list(shm_dir.iterdir()) == []
    assert peer.output == ""
