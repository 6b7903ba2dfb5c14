"""kill -9 of publishers at random instructions, most of them in the middle of a write."""

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from support.counts import KILLS, dice
from support.layout import topic_file
from support.peer import Peer
from support.waiting import until

from . import _stepped, _victims
from ._memory import AT_REST, BEING_WRITTEN, WRITTEN, Memory
from ._ptrace import Traced
from ._readers import Readers

pytestmark = pytest.mark.usefixtures("ptrace")

A_WRITE = 6
"""Instructions, give or take a few, from a slot's odd sequence to the head."""

A_WAKE_UP = 24
"""And to the end of the wake-up of waiters."""

A_ROUND = 400
"""Instructions from one publish() to the next."""

MANY = 100_000
"""Instructions within which a publisher that does nothing else begins a write."""


def step_into_a_write(traced: Traced, memory: Memory) -> None:
    for _ in range(MANY):
        if memory.being() == BEING_WRITTEN:
            return
        traced.step()
    pytest.fail(f"no value begun within {MANY} instructions")


@pytest.mark.timeout(60 + KILLS)
def test_a_kill_at_any_instruction_stops_nobody(
    peer: Peer, shm_dir: Path, record_property: Callable[[str, object], None]
) -> None:
    """Values are generation << 32 | number: a foreign, torn or older one shows."""
    random = dice()
    peer.call(_victims.warm_up)
    readers = Readers("topic", -1)
    killed_while: Counter[str] = Counter()
    waited_for, began = 0, time.monotonic()
    for generation in range(1, KILLS + 1):
        buffer_num = random.choice([1, 2, 3, 10, 1000])
        pid = peer.call(_stepped.publish_fast, "topic", generation, buffer_num)
        until(lambda g=generation: readers.generations() == {g}, "the new publisher's values")
        with Traced(pid) as traced, Memory(topic_file(shm_dir)) as memory:
            stop_at = time.monotonic() + random.uniform(0, 0.002)
            while time.monotonic() < stop_at:
                assert readers.generations() == {generation}
            traced.interrupt()
            if random.random() < 0.25:
                memory.set_waiting(generation)
            within = random.choices([A_WRITE, A_WAKE_UP, A_ROUND], [8, 1, 1])[0]
            if within != A_ROUND:
                step_into_a_write(traced, memory)
            for _ in range(random.randrange(within)):
                traced.step()
            killed_while[memory.being()] += 1
            last = repr((generation << 32 | memory.head, True))
            assert readers.attached() == {last}
            traced.kill()
        peer.call(_victims.wait_for, pid)
        assert readers.new() == {readers.nothing}
        assert readers.attached() <= {last, readers.nothing}
        if random.random() < 0.02:
            assert readers.after_a_death({last}) == readers.nothing
            waited_for += 1
        assert [path.name for path in shm_dir.iterdir()] == ["shm_pub_sub.topic"]
    seconds = time.monotonic() - began
    share = 1 - killed_while[AT_REST] / KILLS
    figures = {**killed_while, "in the middle of a write": f"{share:.1%}"}
    figures |= {"kills": KILLS, "seconds": round(seconds, 1), "deaths waited for": waited_for}
    print(figures)
    for name, figure in figures.items():
        record_property(name, figure)
    assert killed_while[BEING_WRITTEN] > KILLS // 8
    assert killed_while[WRITTEN] > KILLS // 16
    readers.follow_the_next(1 << 62)
    readers.close()
    assert list(shm_dir.iterdir()) == []
    assert peer.output == ""
