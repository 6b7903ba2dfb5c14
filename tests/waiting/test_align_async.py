"""await aligned.arecv() and async for, on asyncio's own loop and on uvloop."""

import asyncio
import gc
import threading
import time
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
from shm_pub_sub import (
    ClosedError,
    Publisher,
    Subscriber,
    TopicTypeError,
    TopicValueError,
    WaitTimeoutError,
    align,
)
from support.counts import WAITS, dice
from support.peer import Peer
from support.waiting import until

from . import _rounds
from ._descriptors import descriptors, epoch, watchers
from .conftest import Run

Pairs = list[tuple["Publisher[int]", "Subscriber[int]"]]

TOPICS = ["camera", "arm", "gripper"]


@pytest.fixture
def pairs() -> Iterator[Pairs]:
    made = [(Publisher(topic, 0, 8), Subscriber(topic, 0)) for topic in TOPICS]
    yield made
    for publisher, subscriber in made:
        publisher.close()
        subscriber.close()


@pytest.fixture
def aligned(pairs: Pairs) -> Any:
    return align([subscriber for _, subscriber in pairs], tolerance=60)


def publish(pairs: Pairs, number: int) -> None:
    for publisher, _ in pairs:
        publisher.publish(number)


def values(found: Any) -> list[int]:
    return [sample.value for sample in found]


def test_returns_each_set_when_it_is_complete(run: Run, pairs: Pairs, aligned: Any) -> None:
    async def main() -> None:
        publish(pairs, 1)
        assert values(await aligned.arecv()) == [1, 1, 1]
        for order in ([0, 1, 2], [2, 1, 0], [1, 0, 2]):
            waiting = asyncio.ensure_future(aligned.arecv(20))
            for place in order:
                await asyncio.sleep(0.01)
                assert not waiting.done()
                pairs[place][0].publish(2)
            assert values(await waiting) == [2, 2, 2]

    run(main())


def test_timeouts(run: Run, pairs: Pairs, aligned: Any) -> None:
    async def main() -> None:
        for seconds in (0, 0.05):
            start = time.monotonic()
            with pytest.raises(WaitTimeoutError, match="'camera' none"):
                await aligned.arecv(seconds)
            assert time.monotonic() - start >= seconds - 0.002
        with pytest.raises(TopicValueError):
            await aligned.arecv(-1)
        with pytest.raises(TopicTypeError):
            await aligned.arecv("1")
        publish(pairs, 1)
        assert values(await aligned.arecv(timeout=0)) == [1, 1, 1]

    run(main())


def test_no_set_is_missed(run: Run, peer: Peer) -> None:
    """A wake-up that was missed would be waited for without end: there are no slices here."""
    count = max(300, WAITS // 100)
    peer.begin(_rounds.publish_rounds, TOPICS, "answers", count, dice().getrandbits(32))

    async def main() -> None:
        number = 0
        subscribers = [Subscriber(topic, 0) for topic in TOPICS]
        with Publisher("answers", 0) as answers:
            async for found in align(subscribers, tolerance=60):
                number += 1
                assert values(found) == [number] * 3
                answers.publish(number)
                if number == count:
                    subscribers[1].close()

    run(main())
    peer.answer()


def test_only_what_can_complete_a_set_wakes_the_loop(
    run: Run, pairs: Pairs, aligned: Any, shm_dir: Any
) -> None:
    async def main() -> None:
        publish(pairs, 1)
        await aligned.arecv()
        waiting = asyncio.ensure_future(aligned.arecv(20))
        await asyncio.sleep(0.01)
        before = [epoch(shm_dir, topic) for topic in TOPICS]
        for number in range(2, 202):
            pairs[0][0].publish(number)
            pairs[1][0].publish(number)
            await asyncio.sleep(0.0002)
        # SIGNALLED watches are not announced: at most three wakes for each look.
        wakes = [epoch(shm_dir, topic) - before[n] for n, topic in enumerate(TOPICS)]
        assert wakes[0] + wakes[1] <= 6
        pairs[2][0].publish(2)
        assert values(await waiting) == [201, 201, 2]

    run(main())


@pytest.mark.parametrize("which", range(3))
@pytest.mark.parametrize("where", ["in the loop", "in a thread"])
def test_closing_any_of_them_ends_it(
    run: Run, pairs: Pairs, aligned: Any, which: int, where: str
) -> None:
    async def iterate() -> str:
        async for _ in aligned:
            pass
        return "ended"

    async def main() -> None:
        waiting = [asyncio.ensure_future(aligned.arecv()) for _ in range(2)]
        iterating = asyncio.ensure_future(iterate())
        await asyncio.sleep(0.02)
        close = pairs[which][1].close
        if where == "in the loop":
            close()
        else:
            await asyncio.get_running_loop().run_in_executor(None, close)
        found = await asyncio.gather(*waiting, iterating, return_exceptions=True)
        assert [type(each) for each in found] == [ClosedError, ClosedError, str]
        with pytest.raises(ClosedError):
            await aligned.arecv()

    run(main())


def test_cancelling_loses_no_set(run: Run, pairs: Pairs, aligned: Any) -> None:
    chance = dice()

    async def main() -> None:
        for number in range(1, 101):
            tasks = [asyncio.ensure_future(aligned.arecv()) for _ in range(3)]
            await asyncio.sleep(0)
            publish(pairs, number)
            for _ in range(chance.randrange(4)):
                await asyncio.sleep(0)
            cancelled = chance.sample(tasks, 2)
            for task in cancelled:
                task.cancel()
            (rest,) = [task for task in tasks if task not in cancelled]
            done = await asyncio.gather(*cancelled, return_exceptions=True)
            sets = [each for each in done if not isinstance(each, BaseException)]
            if sets:
                rest.cancel()
                await asyncio.wait([rest])
            else:
                sets = [await rest]
            assert [values(each) for each in sets] == [[number] * 3]

    run(main())


def test_tasks_share_one_and_each_set_goes_to_one(run: Run, pairs: Pairs, aligned: Any) -> None:
    async def take(found: list[list[int]]) -> None:
        async for one in aligned:
            found.append(values(one))

    async def main() -> None:
        found: list[list[int]] = []
        tasks = [asyncio.ensure_future(take(found)) for _ in range(4)]
        for number in range(1, 101):
            publish(pairs, number)
            while len(found) < number:
                await asyncio.sleep(0)
        pairs[0][1].close()
        await asyncio.gather(*tasks)
        assert found == [[number] * 3 for number in range(1, 101)]

    run(main())


def test_loops_in_several_threads_share_one(run: Run, peer: Peer) -> None:
    """Each look may wait for other topics than the last one, of another loop."""
    count = 300
    subscribers = [Subscriber(topic, 0) for topic in TOPICS]
    aligned, found = align(subscribers, tolerance=60), list[list[int]]()

    async def take() -> None:
        async for one in aligned:
            found.append(values(one))
            answers.publish(one[0].value)
            if one[0].value == count:
                subscribers[2].close()

    async def distract() -> None:
        """Begins to wait, and stops, again and again."""
        while not subscribers[2].closed:
            task = asyncio.ensure_future(aligned.arecv())
            await asyncio.sleep(0.001)
            if not task.done():
                task.cancel()
                await asyncio.wait([task])
            elif task.exception() is None:
                found.append(values(task.result()))
                answers.publish(task.result()[0].value)
                if task.result()[0].value == count:
                    subscribers[2].close()

    peer.begin(_rounds.publish_rounds, TOPICS, "answers", count, dice().getrandbits(32))
    with Publisher("answers", 0) as answers:
        threads = [threading.Thread(target=run, args=(each(),)) for each in (take, take, distract)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert sorted(found) == [[number] * 3 for number in range(1, count + 1)]
        peer.answer()


def test_publishers_that_end_and_begin(run: Run, pairs: Pairs, aligned: Any) -> None:
    async def main() -> None:
        for number in range(1, 11):
            waiting = asyncio.ensure_future(aligned.arecv(20))
            await asyncio.sleep(0)
            place = number % 3
            pairs[place][0].close()
            pairs[place] = Publisher(TOPICS[place], 0), pairs[place][1]
            publish(pairs, number)
            assert values(await waiting) == [number] * 3

    run(main())


def test_a_task_that_always_finds_sets_lets_others_run(
    run: Run, pairs: Pairs, aligned: Any
) -> None:
    async def main() -> None:
        turns = 0

        async def count() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        other = asyncio.ensure_future(count())
        for number in range(700):
            publish(pairs, number)
            assert values(await aligned.arecv()) == [number] * 3
        assert turns >= 10
        other.cancel()

    run(main())


def test_nothing_stays_busy_when_nobody_waits(run: Run, pairs: Pairs, aligned: Any) -> None:
    async def main() -> None:
        with pytest.raises(TimeoutError):
            await aligned.arecv(0.01)
        publish(pairs, 1)
        (waiters,) = aligned._waiters.values()
        while waiters._fd != -1:  # until the loop has found it readable, with no task waiting
            await asyncio.sleep(0.01)
        assert values(await aligned.arecv(1)) == [1, 1, 1]
        used = time.process_time()
        with pytest.raises(TimeoutError):
            await aligned.arecv(0.3)
        assert time.process_time() - used < 0.1

    run(main())


def test_one_that_is_collected_leaves_nothing_behind(run: Run, pairs: Pairs) -> None:
    async def main() -> None:
        for _ in range(3):
            aligned = align([subscriber for _, subscriber in pairs], tolerance=1)
            with pytest.raises(TimeoutError):
                await aligned.arecv(0.01)
            gone = weakref.ref(aligned)
            del aligned
            gc.collect()
            assert gone() is None
        await asyncio.sleep(0.05)
        until(lambda: watchers() == 0, "the end of the watchers")

    run(main())
    before = descriptors()
    run(main())
    assert descriptors() == before


def test_an_error_of_a_topic_reaches_a_waiting_task(run: Run, pairs: Pairs, aligned: Any) -> None:
    async def main() -> None:
        waiting = asyncio.ensure_future(aligned.arecv(20))
        await asyncio.sleep(0.02)
        pairs[1][0].close()
        with Publisher("arm", 0.5):
            for publisher, _ in (pairs[0], pairs[2]):
                publisher.publish(1)
            with pytest.raises(TopicTypeError):
                await waiting
            used = time.process_time()
            await asyncio.sleep(0.2)
            assert time.process_time() - used < 0.1

    run(main())


@pytest.mark.parametrize("default", [0, 0.5], ids=["earlier times", "another type"])
def test_another_publisher_of_a_topic_that_is_not_waited_for(
    run: Run, pairs: Pairs, default: float
) -> None:
    async def main() -> None:
        (first, a), (second, b) = pairs[:2]
        aligned = align([a, b], tolerance=0.001)
        start = time.monotonic_ns() - 10**9
        first.publish_at(1, start)
        second.publish_at(1, start + 10**7)
        waiting = asyncio.ensure_future(aligned.arecv())
        await asyncio.sleep(0.02)
        second.close()
        with Publisher("arm", default) as other:
            other.publish_at(type(default)(2), start)
            if default == 0:
                assert values(await asyncio.wait_for(waiting, 20)) == [1, 2]
            else:
                with pytest.raises(TopicTypeError):
                    await asyncio.wait_for(waiting, 20)

    run(main())


def test_an_alignment_outlives_its_loops(run: Run, pairs: Pairs, aligned: Any) -> None:
    async def take(number: int) -> None:
        waiting = asyncio.ensure_future(aligned.arecv(20))
        await asyncio.sleep(0.005)
        publish(pairs, number)
        assert values(await waiting) == [number] * 3

    for number in range(10):
        run(take(number))
    assert len(aligned._waiters) == 1, "of the last one"


def test_asyncio_is_not_imported_before_it_is_used(run_python: Any) -> None:
    ended = run_python(
        "import sys, shm_pub_sub\n"
        "aligned = shm_pub_sub.align([shm_pub_sub.Subscriber('topic', 0)], tolerance=1)\n"
        "try: aligned.recv(0)\n"
        "except TimeoutError: pass\n"
        "print('asyncio' in sys.modules)\n"
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "False\n", "")
