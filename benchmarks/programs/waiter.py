"""A subscriber that waits: python waiter.py KIND TOPIC.

KIND is "blocked" (recv), "asyncio", "selecting" (select), or "polling" (recv without write
permission). It prints "ready" before it waits, and ends with its parent.
"""

import asyncio
import ctypes
import os
import signal
import sys

import shm_pub_sub

NOBODY = 65534
"""The user that root becomes, because permissions do not restrict root."""


def ready():
    print("ready", flush=True)


def blocked(subscriber):
    receive = subscriber.recv
    ready()
    while True:
        receive()


def selecting(subscriber):
    ready()
    while True:
        for readable in shm_pub_sub.select([subscriber]):
            readable.drain()


def in_asyncio(subscriber):
    async def read():
        ready()
        async for _ in subscriber:
            pass

    asyncio.run(read())


KINDS = {
    "blocked": blocked,
    "polling": blocked,
    "selecting": selecting,
    "asyncio": in_asyncio,
}


def main():
    kind, topic = sys.argv[1:]
    parent = os.getppid()
    shm_pub_sub.topics()  # imports everything while the files are readable
    if kind == "polling" and os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # after setuid, which resets it
    if os.getppid() == parent:
        KINDS[kind](shm_pub_sub.Subscriber(topic, 0.0))


if __name__ == "__main__":
    main()
