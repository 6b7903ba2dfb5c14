"""How late values are: python late.py KIND KERNEL COUNT TOPIC...

KIND is "asyncio", "selecting" (select), "descriptors" (fileno and poll), or "following" (follow).
KERNEL is "new" or "old": then futex_waitv is refused. Values are the times of their publication, by
time.monotonic_ns(). Prints "ready", and after COUNT values how late each was, in ns.
"""

import asyncio
import select
import sys
import time

import old_kernel
import shm_pub_sub


def take(subscriber, late):
    late.extend(time.monotonic_ns() - value for value in subscriber.drain())


def selecting(subscribers, late, count):
    while len(late) < count:
        for subscriber in shm_pub_sub.select(subscribers):
            take(subscriber, late)


def descriptors(subscribers, late, count):
    poll = select.poll()
    by_fd = {}
    for subscriber in subscribers:
        poll.register(subscriber, select.POLLIN)
        by_fd[subscriber.fileno()] = subscriber
    while len(late) < count:
        for fd, _ in poll.poll():
            take(by_fd[fd], late)


def following(subscribers, late, count):
    follow = shm_pub_sub.follow(*(subscriber.name for subscriber in subscribers))
    while len(late) < count:
        value = follow.recv()[1].value
        late.append(time.monotonic_ns() - value)


def in_asyncio(subscribers, late, count):
    async def receive(subscriber):
        async for value in subscriber:
            late.append(time.monotonic_ns() - value)
            if len(late) >= count:
                done.set()

    async def receive_all():
        tasks = [asyncio.create_task(receive(subscriber)) for subscriber in subscribers]
        await done.wait()
        for task in tasks:
            task.cancel()

    done = asyncio.Event()
    asyncio.run(receive_all())


KINDS = {
    "asyncio": in_asyncio,
    "selecting": selecting,
    "descriptors": descriptors,
    "following": following,
}


def main():
    kind, kernel, count, *topics = sys.argv[1:]
    if kernel == "old":
        old_kernel.refuse_futex_waitv()
    subscribers = [shm_pub_sub.Subscriber(topic, 0, history=0) for topic in topics]
    shm_pub_sub.follow(*topics).close()  # imports what following needs
    late = []
    print("ready", flush=True)
    KINDS[kind](subscribers, late, int(count))
    print(*late, flush=True)


if __name__ == "__main__":
    main()
