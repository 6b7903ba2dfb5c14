"""Threads that each repeat something, all at once."""

import threading
import time
from collections.abc import Callable

SECONDS = 1.0
DEADLINE = 60.0


def run_threads(workers: list[Callable[[], None]], seconds: float = SECONDS) -> None:
    """Repeats each worker in a thread of its own for a while; any error is the test's."""
    errors: list[BaseException] = []
    end = time.monotonic() + seconds
    start = threading.Barrier(len(workers))

    def repeat(worker: Callable[[], None]) -> None:
        start.wait(DEADLINE)
        try:
            while time.monotonic() < end and not errors:
                worker()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=repeat, args=(worker,), daemon=True) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
        assert not thread.is_alive(), "hangs"
    if errors:
        raise errors[0]
