"""Three topics in one asyncio loop: one task per topic, no threads.

    python examples/machine_publisher.py      # in one terminal
    python examples/asyncio_watch.py          # in another, in any order

Stop it with Ctrl-C.
"""

import asyncio
import math
from contextlib import suppress

import shm_pub_sub
from _options import parser
from machine_publisher import ALARM, AVAILABLE, BUSY


async def watch_load() -> None:
    """Print the mean of ten values."""
    with shm_pub_sub.Subscriber(BUSY, 0.0) as topic:
        while True:
            tenth = [await topic.arecv() for _ in range(10)]
            print(f"busy: {100 * sum(tenth) / len(tenth):.0f} %", flush=True)


async def watch_alarm() -> None:
    """Print each change of the alarm."""
    alarm = False
    with shm_pub_sub.Subscriber(ALARM, False) as topic:
        async for value in topic:
            if value != alarm:
                print("alarm" if value else "no alarm", flush=True)
            alarm = value


async def watch_memory() -> None:
    """Print the lowest value so far, or that nothing arrived for a second."""
    least = math.inf
    with shm_pub_sub.Subscriber(AVAILABLE, 0) as topic:
        while True:
            try:
                mib = await topic.arecv(timeout=1.0)
            except TimeoutError:
                print("memory: no new value", flush=True)
                continue
            if mib < least:
                least = mib
                print(f"memory: {least} MiB", flush=True)


async def watch(seconds: float) -> None:
    tasks = [asyncio.create_task(job()) for job in (watch_load, watch_alarm, watch_memory)]
    # Tasks end only with an error. asyncio.run() cancels the others.
    ended, _ = await asyncio.wait(
        tasks,
        timeout=None if math.isinf(seconds) else seconds,
        return_when=asyncio.FIRST_EXCEPTION,
    )
    for task in ended:
        task.result()


def main() -> None:
    options = parser(__doc__).parse_args()
    with suppress(KeyboardInterrupt):
        asyncio.run(watch(options.seconds))


if __name__ == "__main__":
    main()
