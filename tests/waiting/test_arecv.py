"""await sub.arecv() and async for, on asyncio's own loop and on uvloop."""

import asyncio
import builtins
import gc
import os
import threading
import time
import weakref
from contextlib import suppress
from typing import Any

import pytest
from shm_pub_sub import (
    ClosedError,
    Publisher,
    Subscriber,
    TopicTypeError,
    TopicValueError,
    WaitTimeoutError,
)
from support import remote
from support.peer import Peer
from support.waiting import until

from ._descriptors import descriptors, watchers
from .conftest import Run

SLACK = 10.0
"""Seconds that a busy machine may take for anything."""


def test_returns_every_value_in_turn(run: Run) -> None:
    async def main() -> None:
        with Publisher("topic", 0, 8) as publisher, Subscriber("topic", 0) as subscriber:
            publisher.publish_many([1, 2, 3])
            assert [await subscriber.arecv() for _ in range(3)] == [1, 2, 3]
            waiting = asyncio.ensure_future(subscriber.arecv())
            await asyncio.sleep(0.02)
            assert not waiting.done()
            publisher.publish(4)
            assert await waiting == 4

    run(main())


def test_timeout_is_the_builtin_one(run: Run) -> None:
    async def main() -> None:
        with Publisher("topic", 0) as publisher, Subscriber("topic", 0) as subscriber:
            for seconds in (0, 0.05, 0.15):
                start = time.monotonic()
                with pytest.raises(builtins.TimeoutError, match="topic") as caught:
                    await subscriber.arecv(seconds)
                assert type(caught.value) is WaitTimeoutError
                assert seconds - 0.002 <= time.monotonic() - start < seconds + SLACK
            publisher.publish(1)
            assert await subscriber.arecv(timeout=0) == 1

    run(main())


@pytest.mark.parametrize(
    ("timeout", "error"),
    [(-1, TopicValueError), (float("nan"), TopicValueError), ("1", TopicTypeError)],
)
def test_timeouts_that_are_none_are_refused(run: Run, timeout: Any, error: type) -> None:
    async def main() -> None:
        with Subscriber("topic", 0) as subscriber:
            with pytest.raises(error, match="timeout"):
                await subscriber.arecv(timeout)
            with pytest.raises(TopicTypeError, match="timeout"):
                await subscriber.arecv(True)

    run(main())


def test_iterates_from_one_publisher_to_the_next(run: Run, peer: Peer) -> None:
    async def main() -> list[int]:
        taken: list[int] = []
        with Subscriber("topic", 0) as subscriber:
            peer.begin(remote.make_publisher, "topic", 0)
            await asyncio.sleep(0.03)
            peer.answer()
            peer.call(remote.publish, "topic", 1)
            async for value in subscriber:
                taken.append(value)
                if value == 1:
                    peer.kill()
                    publisher = Publisher("topic", 0)
                    publisher.publish(2)
                elif value == 2:
                    publisher.close()
                    publisher = Publisher("topic", 0)
                    publisher.publish(3)
                else:
                    publisher.close()
                    break
        return taken

    assert run(main()) == [1, 2, 3]


@pytest.mark.parametrize("where", ["in the loop", "in a thread"])
def test_close_ends_waiting_tasks(run: Run, where: str) -> None:
    async def iterate(subscriber: "Subscriber[int]") -> str:
        async for _ in subscriber:
            pass
        return "ended"

    async def main() -> None:
        with Publisher("topic", 0):
            subscriber = Subscriber("topic", 0)
            waiting = [asyncio.ensure_future(subscriber.arecv()) for _ in range(3)]
            iterating = asyncio.ensure_future(iterate(subscriber))
            await asyncio.sleep(0.05)
            start = time.monotonic()
            if where == "in the loop":
                subscriber.close()
            else:
                thread = threading.Thread(target=subscriber.close)
                thread.start()
            found = await asyncio.gather(*waiting, iterating, return_exceptions=True)
            assert time.monotonic() - start < SLACK
            assert [type(error) for error in found[:3]] == [ClosedError] * 3
            assert found[3] == "ended"
            if where == "in a thread":
                thread.join()
            with pytest.raises(ClosedError):
                async for _ in subscriber:
                    pass
            with pytest.raises(ClosedError):
                await subscriber.arecv()

    run(main())


def test_several_tasks_share_one_subscriber(run: Run, peer: Peer) -> None:
    count = 2000

    async def take(subscriber: "Subscriber[int]", taken: list[int]) -> None:
        async for value in subscriber:
            taken.append(value)
            await asyncio.sleep(0)
            if value == count:
                subscriber.close()

    async def main() -> list[list[int]]:
        taken: list[list[int]] = [[] for _ in range(5)]
        subscriber = Subscriber("topic", 0)
        tasks = [asyncio.ensure_future(take(subscriber, mine)) for mine in taken]
        peer.begin(remote.publish, "topic", *range(1, count + 1))
        await asyncio.gather(*tasks)
        peer.answer()
        assert subscriber.lost == 0
        return taken

    peer.call(remote.make_publisher, "topic", 0, count)
    taken = run(main())
    assert sorted(value for mine in taken for value in mine) == list(range(1, count + 1))
    assert all(mine == sorted(mine) for mine in taken)


def test_each_waiting_task_is_woken_by_a_value_of_its_own(run: Run) -> None:
    async def main() -> None:
        with Publisher("topic", 0, 8) as publisher, Subscriber("topic", 0) as subscriber:
            waiting = [asyncio.ensure_future(subscriber.arecv()) for _ in range(5)]
            await asyncio.sleep(0.02)
            publisher.publish_many(range(3))
            while sum(task.done() for task in waiting) < 3:
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED, timeout=0.01)
            done, rest = await asyncio.wait(waiting, timeout=0.05)
            assert sorted(task.result() for task in done) == [0, 1, 2]
            publisher.publish_many(range(3, 5))
            assert sorted(await asyncio.gather(*rest)) == [3, 4]

    run(main())


def test_a_task_that_always_finds_values_lets_others_run(run: Run) -> None:
    async def main() -> None:
        with Publisher("topic", 0, 1000) as publisher, Subscriber("topic", 0) as subscriber:
            turns = 0

            async def count() -> None:
                nonlocal turns
                while True:
                    turns += 1
                    await asyncio.sleep(0)

            other = asyncio.ensure_future(count())
            publisher.publish_many(range(1000))
            for value in range(1000):
                assert await subscriber.arecv() == value
            assert turns >= 10
            other.cancel()

    run(main())


def test_no_reader_stays_busy_when_nobody_waits(run: Run) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        with Publisher("topic", 0) as publisher, Subscriber("topic", 0) as subscriber:
            with pytest.raises(TimeoutError):
                await subscriber.arecv(0.01)
            publisher.publish(1)
            waiters = subscriber._waiters[loop]  # type: ignore[attr-defined]
            while waiters._fd != -1:  # until the loop has found it readable, with no task waiting
                await asyncio.sleep(0.01)
            assert not loop.remove_reader(subscriber.fileno())
            used = time.process_time()
            await asyncio.sleep(0.3)
            assert time.process_time() - used < 0.1
            assert await subscriber.arecv(1) == 1

    run(main())


def test_a_subscriber_that_is_collected_leaves_nothing_behind(run: Run) -> None:
    async def main() -> None:
        for _ in range(3):
            subscriber = Subscriber("topic", 0)
            with pytest.raises(TimeoutError):
                await subscriber.arecv(0.01)
            gone = weakref.ref(subscriber)
            del subscriber
            gc.collect()
            assert gone() is None
        await asyncio.sleep(0.05)
        until(lambda: watchers() == 0, "the end of the watchers")

    run(main())  # loads the library
    before = descriptors()
    run(main())
    gc.collect()
    assert descriptors() == before


def test_a_number_is_not_used_again_while_the_loop_reads_it(run: Run) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        for _ in range(20):
            subscriber = Subscriber("topic", 0)
            with pytest.raises(TimeoutError):
                await subscriber.arecv(0.001)
            subscriber.close()
            # A file opened now must not get a number that the loop still calls us for.
            ends = os.pipe()
            called = asyncio.Event()
            loop.add_reader(ends[0], called.set)
            os.write(ends[1], b"x")
            await asyncio.wait_for(called.wait(), 5)
            await asyncio.sleep(0)
            loop.remove_reader(ends[0])
            for end in ends:
                os.close(end)

    run(main())


def test_a_subscriber_outlives_its_loops(run: Run) -> None:
    publisher, subscriber = Publisher("topic", 0), Subscriber("topic", 0)
    run(asyncio.sleep(0))  # uvloop keeps some for all of its loops
    before = descriptors()

    async def take(value: int) -> None:
        waiting = asyncio.ensure_future(subscriber.arecv(20))
        await asyncio.sleep(0.01)
        publisher.publish(value)
        assert await waiting == value

    for value in range(20):
        run(take(value))
    assert descriptors() == before + 1
    assert len(subscriber._waiters) == 1, "of the last one"  # type: ignore[attr-defined]
    publisher.close()
    subscriber.close()


def test_loops_in_several_threads_share_one_subscriber(run: Run, peer: Peer) -> None:
    count, taken = 1000, list[int]()
    peer.call(remote.make_publisher, "topic", 0, count)
    subscriber = Subscriber("topic", 0)

    async def take() -> None:
        with suppress(ClosedError):  # of one that begins when the others have taken all
            async for value in subscriber:
                taken.append(value)
                if value == count:
                    subscriber.close()

    threads = [threading.Thread(target=run, args=(take(),)) for _ in range(3)]
    for thread in threads:
        thread.start()
    peer.call(remote.publish, "topic", *range(1, count + 1))
    for thread in threads:
        thread.join(60)
    assert sorted(taken) == list(range(1, count + 1))


def test_an_error_of_the_topic_reaches_a_waiting_task(run: Run) -> None:
    async def main() -> None:
        with Subscriber("topic", 0) as subscriber:
            waiting = asyncio.ensure_future(subscriber.arecv(20))
            await asyncio.sleep(0.02)
            with Publisher("topic", 0.5):
                with pytest.raises(TopicTypeError):
                    await waiting
                used = time.process_time()
                await asyncio.sleep(0.2)
                assert time.process_time() - used < 0.1

    run(main())


def test_asyncio_is_not_imported_before_it_is_used(run_python: Any) -> None:
    ended = run_python(
        "import sys, shm_pub_sub\n"
        "sub = shm_pub_sub.Subscriber('topic', 0)\n"
        "sub.fileno(), sub.try_recv(), shm_pub_sub.select([sub], 0)\n"
        "print('asyncio' in sys.modules)\n"
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "False\n", "")


@pytest.mark.parametrize("end", ["", "sys.exit()", "raise SystemExit"])
def test_a_program_that_ends_while_a_task_waits(run_python: Any, end: str) -> None:
    ended = run_python(
        "import asyncio, sys, shm_pub_sub\n"
        "async def main():\n"
        "    sub = shm_pub_sub.Subscriber('topic', 0)\n"
        "    waiting = asyncio.ensure_future(sub.arecv())\n"
        f"    await asyncio.sleep(0.01)\n    {end}\n"
        "asyncio.run(main())\n"
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_a_subscriber_that_was_never_set_up_is_closed() -> None:
    sub: Subscriber[int] = Subscriber.__new__(Subscriber)

    async def main() -> None:
        with pytest.raises(ClosedError):
            await sub.arecv()

    asyncio.run(main())
