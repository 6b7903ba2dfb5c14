"""Many subscribers in one loop, and tasks that are cancelled at any moment."""

import asyncio
import contextlib
import random
import time

from shm_pub_sub import Publisher, Subscriber
from support import remote
from support.peer import Peer
from support.waiting import until

from ._descriptors import watchers
from .conftest import Run

SUBSCRIBERS = 500
TIMEOUTS = (asyncio.TimeoutError, TimeoutError)  # two of them in Python 3.10


def publish_everywhere(count: int, rounds: int) -> None:
    """In a Peer: publishes to each topic in turn, again and again."""
    for number in range(count):
        remote.make_publisher(f"topic/{number}", 0, rounds)
    for value in range(1, rounds + 1):
        for number in range(count):
            remote.publish(f"topic/{number}", value)


def test_500_subscribers_in_one_loop(run: Run, peer: Peer) -> None:
    rounds = 10

    async def take(subscriber: "Subscriber[int]") -> list[int]:
        return [await subscriber.arecv(60) for _ in range(rounds)]

    async def main() -> list[list[int]]:
        subscribers = [Subscriber(f"topic/{n}", 0, history=rounds) for n in range(SUBSCRIBERS)]
        tasks = [asyncio.ensure_future(take(subscriber)) for subscriber in subscribers]
        await asyncio.sleep(0)
        assert watchers() <= 4, "one for 127 of them"
        peer.begin(publish_everywhere, SUBSCRIBERS, rounds)
        taken = await asyncio.gather(*tasks)
        for subscriber in subscribers:
            subscriber.close()
        peer.answer()
        return taken

    assert run(main()) == [list(range(1, rounds + 1))] * SUBSCRIBERS
    until(lambda: watchers() == 0, "the end of the watchers")


def test_500_idle_subscribers_cost_next_to_nothing(run: Run, peer: Peer) -> None:
    async def main() -> None:
        subscribers = [Subscriber(f"topic/{number}", 0) for number in range(SUBSCRIBERS)]
        tasks = [asyncio.ensure_future(subscriber.arecv()) for subscriber in subscribers]
        await asyncio.sleep(0.5)
        used = time.process_time()
        await asyncio.sleep(1)
        assert time.process_time() - used < 0.3
        for subscriber in subscribers:
            subscriber.close()
        await asyncio.gather(*tasks, return_exceptions=True)

    run(main())


def test_no_value_is_lost_by_cancelling(run: Run, peer: Peer) -> None:
    print("seed", seed := random.randrange(2**32))
    chance = random.Random(seed)
    count = 3000
    taken: list[int] = []

    async def take(subscriber: "Subscriber[int]") -> None:
        while True:
            taken.append(await subscriber.arecv())

    async def main() -> None:
        subscriber = Subscriber("topic", 0)
        tasks = [asyncio.ensure_future(take(subscriber)) for _ in range(4)]
        peer.begin(remote.publish, "topic", *range(1, count + 1))
        while len(taken) < count:
            number = chance.randrange(len(tasks))
            tasks[number].cancel()
            tasks[number] = asyncio.ensure_future(take(subscriber))
            if chance.random() < 0.3:
                await asyncio.sleep(chance.choice([0, 0.0001, 0.001]))
            with contextlib.suppress(*TIMEOUTS):
                taken.append(await asyncio.wait_for(subscriber.arecv(), 0.0005))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert subscriber.try_recv() is None
        assert subscriber.lost == 0
        subscriber.close()
        peer.answer()

    peer.call(remote.make_publisher, "topic", 0, count)
    run(main())
    assert sorted(taken) == list(range(1, count + 1))


def test_a_task_that_is_woken_and_cancelled_passes_the_value_on(run: Run) -> None:
    async def main() -> None:
        with Publisher("topic", 0, 8) as publisher, Subscriber("topic", 0) as subscriber:
            for value in range(200):
                first, second = (asyncio.ensure_future(subscriber.arecv(20)) for _ in range(2))
                await asyncio.sleep(0)
                publisher.publish(value)
                # `first` is woken in one of these turns of the loop, and cancelled before or after.
                for _ in range(value % 4):
                    await asyncio.sleep(0)
                first.cancel()
                result = (await asyncio.gather(first, return_exceptions=True))[0]
                if isinstance(result, asyncio.CancelledError):
                    assert await second == value
                else:
                    assert result == value
                    second.cancel()
                    await asyncio.gather(second, return_exceptions=True)

    run(main())
