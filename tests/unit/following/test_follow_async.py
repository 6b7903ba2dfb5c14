"""follow() in asyncio: arecv() and `async for`."""

import asyncio
from typing import Any

import pytest
from shm_pub_sub import ClosedError, Follow, Publisher, WaitTimeoutError, follow
from support.forked import ForkChild

LONG = 30.0

Received = list[tuple[str, Any]]


async def collect(follower: Follow, into: Received) -> None:
    async for name, sample in follower:
        into.append((name, sample.value))


async def reaches(into: Received, n: int) -> None:
    while len(into) < n:
        await asyncio.sleep(0.001)


def test_topics_that_appear_later_are_received() -> None:
    async def main() -> Received:
        received: Received = []
        with follow("robot/*") as follower:
            task = asyncio.create_task(collect(follower, received))
            for n in range(3):
                await asyncio.sleep(0.01)
                with Publisher(f"robot/{n}", 0, 5) as pub, Publisher("other", 0) as other:
                    other.publish(n)
                    pub.publish_many([n, n + 10])
                    await asyncio.wait_for(reaches(received, 2 * n + 2), LONG)
        await asyncio.wait_for(task, LONG)
        return received

    assert asyncio.run(main()) == [(f"robot/{n % 10}", n) for n in (0, 10, 1, 11, 2, 12)]


def test_tasks_share_one_and_each_value_comes_once() -> None:
    async def main() -> Received:
        received: Received = []
        follower = follow()
        tasks = [asyncio.create_task(collect(follower, received)) for _ in range(3)]
        with Publisher("a", 0, 500) as a, Publisher("b", "", 500) as b:
            for n in range(100):
                a.publish(n)
                b.publish(str(n))
                if n % 7 == 0:
                    await asyncio.sleep(0)
            await asyncio.wait_for(reaches(received, 200), LONG)
        follower.close()
        await asyncio.wait_for(asyncio.gather(*tasks), LONG)
        return received

    received = asyncio.run(main())
    assert [value for name, value in received if name == "a"] == [*range(100)]
    assert [value for name, value in received if name == "b"] == [*map(str, range(100))]


def test_waiting_ends_in_time_and_with_close() -> None:
    async def main() -> None:
        follower = follow("none")
        with pytest.raises(WaitTimeoutError, match=r"found no value within 0\.01 s"):
            await follower.arecv(0.01)
        waiting = asyncio.create_task(follower.arecv())
        await asyncio.sleep(0.01)
        follower.close()
        with pytest.raises(ClosedError):
            await asyncio.wait_for(waiting, LONG)
        with pytest.raises(ClosedError):
            await follower.arecv()
        assert [item async for item in follower] == []

    asyncio.run(main())


def test_a_cancelled_wait_loses_no_value() -> None:
    async def main() -> Received:
        received: Received = []
        with follow() as follower, Publisher("topic", 0, 500) as pub:
            for n in range(50):
                task = asyncio.create_task(follower.arecv())
                await asyncio.sleep(0)
                pub.publish(n)
                for _ in range(n % 4):
                    await asyncio.sleep(0)
                task.cancel()
                try:
                    name, sample = await task
                except asyncio.CancelledError:
                    continue
                received.append((name, sample.value))
            while len(received) < 50:
                name, sample = await follower.arecv(LONG)
                received.append((name, sample.value))
        return received

    assert [value for _, value in asyncio.run(main())] == [*range(50)]


def test_a_loop_after_another_goes_on() -> None:
    with follow() as follower, Publisher("topic", 0, 5) as pub:
        for n in range(3):
            pub.publish(n)
            assert asyncio.run(follower.arecv(LONG))[1].value == n
            with pytest.raises(WaitTimeoutError):
                asyncio.run(follower.arecv(0.01))


def test_a_forked_child_has_a_loop_of_its_own(fork_child: ForkChild) -> None:
    with follow() as follower, Publisher("topic", 0, 5) as pub:
        with pytest.raises(WaitTimeoutError):
            asyncio.run(follower.arecv(0.01))

        def steps() -> Any:
            yield asyncio.run(follower.arecv(LONG))[1].value

        child = fork_child(steps)
        pub.publish(1)
        assert asyncio.run(follower.arecv(LONG))[1].value == child.next() == 1


def test_what_was_published_before_the_call_is_there_without_waiting() -> None:
    async def main() -> None:
        with Publisher("a", 0) as a, follow() as follower:
            for n in range(500):
                a.publish(n)
                _, sample = await follower.arecv(0)
                assert sample.value == n

    asyncio.run(main())
