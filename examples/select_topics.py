"""One loop over several topics: select() waits until one of them has a new value.

    python examples/machine_publisher.py      # in one terminal
    python examples/select_topics.py          # in another, in any order

Stop it with Ctrl-C.
"""

import time
from contextlib import ExitStack, suppress
from typing import Any

import shm_pub_sub
from _options import parser
from machine_publisher import ALARM, AVAILABLE, BUSY

TOPICS: dict[str, bool | int | float] = {BUSY: 0.0, AVAILABLE: 0, ALARM: False}


def main() -> None:
    options = parser(__doc__).parse_args()
    end = time.monotonic() + options.seconds
    with suppress(KeyboardInterrupt), ExitStack() as stack:
        topics: list[Any] = [
            stack.enter_context(shm_pub_sub.Subscriber(name, default))
            for name, default in TOPICS.items()
        ]
        while (left := end - time.monotonic()) > 0:
            ready = shm_pub_sub.select(topics, timeout=min(1.0, left))
            for topic in ready:
                for value in topic.drain():
                    print(f"{topic.name}: {value}", flush=True)
            if not ready:
                print("nothing new", flush=True)


if __name__ == "__main__":
    main()
